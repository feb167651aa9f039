"""Checks: would this be taken? Nothing is stored."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import Body, Operation
from gateway.api.security import actor_of
from gateway.auth.decisions import token


@token("applications")
async def post(request: web.Request) -> web.Response:
    """Everything that is wrong with a body, and what the list would still like to see."""
    body = await requests.object_(request)
    return answers.json(await request.app[keys.CASE_ROOM].check(actor_of(request), body))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications/check",
        post,
        id="checkApplication",
        tag="办件",
        says="核对办件内容，不保存",
        takes=(Body("Filing"),),
        answers={200: Body("Checked")},
        problems=(400, 401, 403, 413, 415, 422, 429),
        more="只需要 matter、handler、answers；不查文件。",
    ),
)
