"""The events of an application: its time line, oldest first."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import AFTER, LIMIT, Body, Operation
from gateway.api.security import actor_of
from gateway.auth.decisions import token


@token("applications")
async def listing(request: web.Request) -> web.Response:
    """Every step, with who took it and which message brought it."""
    given = requests.query(request, "limit", "after")
    room, number = request.app[keys.CASE_ROOM], request.match_info["number"]
    return answers.json(await room.events(actor_of(request), number, requests.limit(given), given.get("after")))


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/applications/{number}/events",
        listing,
        id="listApplicationEvents",
        tag="办件",
        says="办件的经过，旧的在前",
        query=(LIMIT, AFTER),
        answers={200: Body("EventList")},
        problems=(401, 403, 404, 422, 429, 503),
    ),
)
