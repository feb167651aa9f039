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
    return await _shown(request)


@token("agreements")
async def sign(request: web.Request) -> web.Response:
    """The county confirms a version by its own key; the same confirmation again is answered the same."""
    requests.key(request)
    body = await requests.body(request, "ListSignature")
    agreement, number = _named(request)
    await request.app[keys.LIST_ROOM].sign_for(actor_of(request), agreement, number, body["hash"], body["jws"])
    return await _shown(request)


@token("agreements")
async def give_back(request: web.Request) -> web.Response:
    """The county wants something otherwise, line by line."""
    requests.key(request)
    body = await requests.body(request, "ListReturn")
    agreement, number = _named(request)
    await request.app[keys.LIST_ROOM].give_back(actor_of(request), agreement, number, body["comments"])
    return await _shown(request)


async def _shown(request: web.Request) -> web.Response:
    agreement, number = _named(request)
    found = await request.app[keys.AGREEMENTS].version(actor_of(request), agreement, number)
    if found is None:
        raise NotFound
    return answers.json(found)


def _named(request: web.Request) -> tuple[str, int]:
    number = request.match_info["n"]
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise NotFound
    return request.match_info["id"], int(number)


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
    Operation(
        "POST",
        "/api/v1/agreements/{id}/versions/{n}/signature",
        sign,
        id="signListVersion",
        tag="协议与清单",
        says="确认清单的一个版本：以本县登记的密钥签名",
        takes=(Body("ListSignature"),),
        answers={200: Body("ListVersion")},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        repeatable="optional",
        more="jws 是对 {agreement,version,hash} 的紧凑 JWS，typ 为 tongban-list+jws。约定的生效时刻之后不能再确认。",
    ),
    Operation(
        "POST",
        "/api/v1/agreements/{id}/versions/{n}/return",
        give_back,
        id="returnListVersion",
        tag="协议与清单",
        says="退回清单的一个版本，附逐行意见",
        takes=(Body("ListReturn"),),
        answers={200: Body("ListVersion")},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
        repeatable="optional",
    ),
)
