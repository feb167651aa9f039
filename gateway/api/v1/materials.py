"""Resource `materials` of an application: the deed `bring_later` of the case room."""

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
    key, body = requests.key(request), await requests.body(request, "MaterialsLater")
    deed = request.app[keys.CASE_ROOM].bring_later
    return answers.json(await deed(actor_of(request), request.match_info["number"], body, key))


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/applications/{number}/materials",
        post,
        id="bringMaterialsLater",
        tag="办件",
        says="补交承诺后补的材料",
        takes=(Body("MaterialsLater"),),
        answers={200: Body("Application")},
        problems=DEED_PROBLEMS,
        repeatable="optional",
        more="只收收件时承诺后补、还没有补交的；以 note.sent 报文发往业务属地，其中 materials 写明是哪一份材料。",
    ),
)
