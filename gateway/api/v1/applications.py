"""Applications: filing one, seeing one, and the list of them."""

from aiohttp import web

from gateway import keys, logs
from gateway.api import answers, requests
from gateway.api.operations import AFTER, LIMIT, Body, Operation, Query
from gateway.api.schemas.parts import STATES
from gateway.api.security import actor_of
from gateway.applications import numbers
from gateway.auth.decisions import token

FILTERS = ("state", "handler", "q", "since")


@token("applications")
async def post(request: web.Request) -> web.Response:
    """File a case; the same key and body give the same answer again."""
    key = requests.key(request, required=True)
    body = await requests.object_(request)
    room = request.app[keys.CASE_ROOM]
    answer = await room.submit(actor_of(request), body, source=numbers.API, key=key, trace=logs.traceparent())
    headers = {"Location": answer.location or str(answer.body["links"]["self"])}
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    return answers.json(answer.body, status=answer.status, headers=headers)


@token("applications")
async def listing(request: web.Request) -> web.Response:
    """Cases, newest first."""
    given = requests.query(request, *FILTERS, "limit", "after")
    narrow = {name: given[name] for name in (*FILTERS, "after") if name in given}
    limit = requests.limit(given)
    return answers.json(await request.app[keys.CASE_ROOM].listing(actor_of(request), limit=limit, **narrow))


@token("applications")
async def get(request: web.Request) -> web.Response:
    """One case."""
    requests.query(request)
    return answers.json(await request.app[keys.CASE_ROOM].view(actor_of(request), request.match_info["number"]))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications",
        post,
        id="fileApplication",
        tag="办件",
        says="提交办件",
        takes=(Body("Filing"),),
        answers={201: Body("Application")},
        problems=(400, 401, 403, 409, 413, 415, 422, 429, 503),
        repeatable="required",
        more="申请人、代理人、材料、送达方式都写在 answers 里；matterCode、targetRegion、acceptRegion 不填时由系统填写。"
        "“扫描上传”的材料须先 PUT attachments，再在 attachments 里写明。",
    ),
    Operation(
        "GET",
        "/api/v1/applications",
        listing,
        id="listApplications",
        tag="办件",
        says="办件列表，新的在前",
        query=(
            Query("state", "状态", {"type": "string", "enum": STATES}),
            Query("handler", "业务属地的六位代码"),
            Query("q", "办件编号、对方编号、姓名、拼音或首字母"),
            Query("since", "此时之后有变化的，RFC 3339 带时区"),
            LIMIT,
            AFTER,
        ),
        answers={200: Body("ApplicationList")},
        problems=(401, 403, 422, 429, 503),
    ),
    Operation(
        "GET",
        "/api/v1/applications/{number}",
        get,
        id="getApplication",
        tag="办件",
        says="一件办件",
        answers={200: Body("Application")},
        problems=(401, 403, 404, 429, 503),
        more="材料、文书、结果里的每个附件另有 scanned：在本地查过毒、没有发现病毒的为 true；当时查毒服务不在，或没有设查毒的为 false。"
        "只有这里写：提交和各步操作的回答、列表都不写。",
    ),
)
