"""Auth decisions: each route carries one, in sight, and a house with a route that has none does not start."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from aiohttp import web

from gateway.auth.roles import ROLES, SCOPES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Decision:
    """Who may use a route: everybody, signed-in people in one of `roles`, or tokens with one of `scopes`.

    No roles or scopes means any. `streams_body`: the handler reads a large body itself and checks the form token.
    """

    kind: Literal["public", "signed_in", "token"]
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    streams_body: bool = False


class UndecidedRoute(Exception):
    """A route has no auth decision; the text names it. The house does not start."""


def public(handler: H) -> H:
    """Everybody may: sign-in, health, documentation."""
    return _decide(handler, Decision("public"))


def signed_in(*roles: str, streams_body: bool = False) -> Callable[[H], H]:
    """People with a session, in one of `roles`; no roles: everybody who is signed in."""
    _known(roles, ROLES)
    return lambda handler: _decide(handler, Decision("signed_in", roles=frozenset(roles), streams_body=streams_body))


def token(*scopes: str, streams_body: bool = False) -> Callable[[H], H]:
    """Programs with a bearer token that has one of `scopes`; a session cookie is no token."""
    _known(scopes, SCOPES)
    return lambda handler: _decide(handler, Decision("token", scopes=frozenset(scopes), streams_body=streams_body))


def of(handler: object) -> Decision | None:
    """The decision that a handler carries."""
    decision = getattr(handler, "__auth__", None)
    return decision if isinstance(decision, Decision) else None


def check_routes(app: web.Application) -> None:
    """Raise UndecidedRoute when a route lacks a decision. Folders of static files are public by what they are."""
    for route in app.router.routes():
        if isinstance(route.resource, web.StaticResource):
            continue
        if of(route.handler) is None:
            where = route.resource.canonical if route.resource is not None else "?"
            raise UndecidedRoute(f"{route.method} {where}: say @public, @signed_in(…) or @token(…)")


def _decide(handler: H, decision: Decision) -> H:
    handler.__auth__ = decision  # type: ignore[attr-defined]
    return handler


def _known(given: tuple[str, ...], known: object) -> None:
    for name in given:
        if name not in known:  # type: ignore[operator]
            raise ValueError(f"{name}: no such role or scope")
