"""Resource `contacts` of an application: the deed `log_contact` of the case room."""

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
    key, body = requests.key(request), await requests.body(request, "Contact")
    deed = request.app[keys.CASE_ROOM].log_contact
    return answers.json(await deed(actor_of(request), request.match_info["number"], body, key))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications/{number}/contacts",
        post,
        id="logContact",
        tag="办件",
        says="登记告知申请人",
        takes=(Body("Contact"),),
        answers={200: Body("Application")},
        problems=DEED_PROBLEMS,
        repeatable="optional",
    ),
)
