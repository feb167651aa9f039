"""The API's door: bearer tokens and scopes before a handler, and a problem body for whatever goes wrong behind it."""

from aiohttp import web

from gateway import keys
from gateway.api import problems
from gateway.api.problems import MissingScope
from gateway.auth import decisions
from gateway.auth.actor import Actor
from gateway.auth.addresses import address_of
from gateway.auth.decisions import Decision, Handler
from gateway.auth.tokens import BadToken

PATHS = ("/api/", "/.well-known/", "/healthz", "/readyz", "/metrics")
LONGEST_TOKEN = 4096


@web.middleware
async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let programs in by token, never by a browser's cookie."""
    if not request.path.startswith(PATHS):
        return await handler(request)
    try:
        decision = decisions.of(request.match_info.handler)
        if decision is not None and decision.kind != "public":
            await _admit(request, decision)
        return await handler(request)
    except Exception as error:
        return problems.answer(request, error)


def actor_of(request: web.Request) -> Actor:
    """The program that asks; only behind a route that needs a token."""
    return request[keys.ACTOR]


async def _admit(request: web.Request, decision: Decision) -> None:
    limits, address = request.app[keys.LIMITS], address_of(request)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN or decision.kind != "token":
            raise BadToken("none")
        actor = await request.app[keys.TOKENS].verify(token.strip(), ip=address)
    except BadToken:
        limits.bad_token_address.take(address)
        raise
    limits.client.take(actor.id)
    request[keys.ACTOR] = actor
    if decision.scopes and not decision.scopes & actor.scopes:
        raise MissingScope
