"""Agreements and the versions of their lists."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import AFTER, LIMIT, Body, Operation
from gateway.api.security import actor_of
from gateway.applications.errors import NotFound
from gateway.auth.decisions import token


@token("agreements")
async def listing(request: web.Request) -> web.Response:
    """The agreements that the asking county is a member of, in the order of the house."""
    given = requests.query(request, "limit", "after")
    every = await request.app[keys.AGREEMENTS].all(actor_of(request))
    return answers.page(given, every, lambda agreement: agreement)


@token("agreements")
async def version(request: web.Request) -> web.Response:
    """One version of a list, with its lines and signatures."""
    agreement, number = request.match_info["id"], request.match_info["n"]
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise NotFound
    found = await request.app[keys.AGREEMENTS].version(actor_of(request), agreement, int(number))
    if found is None:
        raise NotFound
    return answers.json(found)


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/agreements",
        listing,
        id="listAgreements",
        tag="协议与清单",
        says="本县参加的通办协议",
        query=(LIMIT, AFTER),
        answers={200: Body("AgreementList")},
        problems=(401, 403, 422, 429, 503),
    ),
    Operation(
        "GET",
        "/api/v1/agreements/{id}/versions/{n}",
        version,
        id="getListVersion",
        tag="协议与清单",
        says="清单的一个版本",
        answers={200: Body("ListVersion")},
        problems=(401, 403, 404, 429, 503),
    ),
)
