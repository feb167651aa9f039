"""Resource `rating` of an application: the deed `rate` of the case room."""

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
    key, body = requests.key(request), await requests.body(request, "Rating")
    deed = request.app[keys.CASE_ROOM].rate
    return answers.json(await deed(actor_of(request), request.match_info["number"], body, key))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications/{number}/rating",
        post,
        id="rateApplication",
        tag="办件",
        says="评价：分数告诉对方，意见与姓名不告诉",
        takes=(Body("Rating"),),
        answers={200: Body("Application")},
        problems=DEED_PROBLEMS,
        repeatable="optional",
    ),
)
