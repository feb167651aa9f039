"""Our public keys, as partners pin them: they are fetched when a link is set up, never while verifying."""

from aiohttp import web

from gateway import keys
from gateway.api import answers
from gateway.api.operations import Body, Operation
from gateway.auth.decisions import public


@public
async def jwks(request: web.Request) -> web.Response:
    """`{"keys":[…]}`, public members only."""
    ours = [{name: value for name, value in key.items() if name != "d"} for key in request.app[keys.PUBLIC_KEYS]]
    return answers.json({"keys": ours}, headers={"Cache-Control": "public, max-age=300"})


OPERATIONS = (
    Operation(
        "GET",
        "/.well-known/jwks.json",
        jwks,
        id="publicKeys",
        tag="公钥",
        says="本系统的验签公钥",
        answers={200: Body("KeySet")},
    ),
)
