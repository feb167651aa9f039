"""Progress: what an applicant who has the slip is told. One answer for every question that does not fit."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import Body, Operation
from gateway.api.security import actor_of
from gateway.applications.errors import NotFound
from gateway.auth.decisions import token


@token("progress")
async def post(request: web.Request) -> web.Response:
    """The case's progress. Wrong codes are counted per number, whether it exists or not."""
    asked = await requests.body(request, "ProgressQuestion")
    number, limit = asked["number"], request.app[keys.LIMITS].progress_number
    limit.look(number)
    try:
        found = await request.app[keys.PROGRESS].ask(actor_of(request), number, asked["code"])
    except NotFound:
        limit.take(number)
        raise
    return answers.json(found)


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/progress",
        post,
        id="askProgress",
        tag="进度查询",
        says="凭办件编号和查询码查询进度，不含个人信息",
        takes=(Body("ProgressQuestion"),),
        answers={200: Body("Progress")},
        problems=(400, 401, 403, 404, 413, 415, 422, 429, 503),
        more="供公众查询前端使用，权限范围 `progress` 只能做这一件事。编号不存在和查询码不对，回答和用时都一样（404）；"
        "同一编号连续错十次后限速，不论编号是否存在。",
    ),
)
