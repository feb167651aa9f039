"""Every route carries an auth decision, and keeps it: nobody comes through a door that is not public."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app, database, resources, settings
from gateway.auth import decisions

PUBLIC = {
    "/.well-known/jwks.json",
    "/api/asyncapi.json",
    "/api/docs",
    "/api/openapi.json",
    "/api/v1/token",
    "/healthz",
    "/metrics",
    "/papers/check",
    "/readyz",
    "/sign-in",
}
CLOSED = {401, 403}
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[web.Application]:
    """The whole web application on a database of its own."""
    configured = settings.read({}, data=tmp_path, public_url="http://127.0.0.1")
    await database.migrate(configured)
    async with resources.built(configured) as parts:
        yield app.build(parts, None)


@pytest.fixture
async def client(house: web.Application) -> AsyncIterator[Client]:
    """Somebody from outside, without session and token."""
    async with TestClient(TestServer(house)) as outside:
        yield outside


async def test_every_route_has_an_auth_decision(house: web.Application) -> None:
    undecided = [f"{method} {path}" for method, path, route in _routes(house) if decisions.of(route.handler) is None]
    assert undecided == []


async def test_a_house_with_an_undecided_route_does_not_start(house: web.Application) -> None:
    async def anybody(request: web.Request) -> web.Response:
        return web.Response()

    house.router.add_get("/side-door", anybody)
    with pytest.raises(decisions.UndecidedRoute, match="/side-door"):
        decisions.check_routes(house)


async def test_only_these_routes_are_public(house: web.Application) -> None:
    kinds = {path: _kind(route) for _, path, route in _routes(house)}
    assert {path for path, kind in kinds.items() if kind == "public"} == PUBLIC


async def test_programs_use_tokens_and_people_use_sessions(house: web.Application) -> None:
    kinds = {(path, _kind(route)) for _, path, route in _routes(house) if path not in PUBLIC}
    assert {kind for path, kind in kinds if path.startswith("/api/v1/")} == {"token"}
    assert {kind for path, kind in kinds if not path.startswith("/api/")} == {"signed_in"}


async def test_nobody_comes_in_without_a_session_or_a_token(client: Client, house: web.Application) -> None:
    let_in = []
    for method, path, _ in [row for row in _routes(house) if row[1] not in PUBLIC]:
        address = (
            path.replace("{number}", "421321202611242000001G")
            .replace("{sha256}", "0" * 64)
            .replace("{version}", "1")
            .replace("{", "")
            .replace("}", "")
        )
        async with client.request(method, address, allow_redirects=False) as answer:
            sent_away = answer.status == 303 and answer.headers["Location"].startswith("/sign-in")
            if answer.status not in CLOSED and not sent_away:
                let_in.append(f"{method} {path}: {answer.status}")
    assert let_in == []


def _routes(house: web.Application) -> Iterator[tuple[str, str, web.AbstractRoute]]:
    for route in house.router.routes():
        if route.resource is not None and not isinstance(route.resource, web.StaticResource):
            yield route.method, route.resource.canonical, route


def _kind(route: web.AbstractRoute) -> str:
    decision = decisions.of(route.handler)
    return decision.kind if decision else "undecided"
