"""Resource `corrections` of an application: the deed `correct` of the case room."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import Body, Operation
from gateway.api.security import actor_of
from gateway.api.v1.parts import DEED_PROBLEMS
from gateway.auth.decisions import token


@token("applications")
async def post(request: web.Request) -> web.Response:
    """Do it, and answer with the application as it stands then."""
    key, body = requests.key(request), await requests.body(request, "Correction")
    deed = request.app[keys.CASE_ROOM].correct
    return answers.json(await deed(actor_of(request), request.match_info["number"], body, key))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications/{number}/corrections",
        post,
        id="correctApplication",
        tag="办件",
        says="窗口更正录入有误的内容",
        takes=(Body("Correction"),),
        answers={200: Body("Application")},
        problems=DEED_PROBLEMS,
        repeatable="optional",
        more="不改变状态，不算补正。申请人身份、业务属地和材料不能这样更正。",
    ),
)
