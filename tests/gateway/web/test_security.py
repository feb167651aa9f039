"""The door of the pages: sessions, roles, forged requests, headers and error pages, over a real socket."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, ClientResponse, FormData, web
from aiohttp.test_utils import TestClient, TestServer

from gateway import keys, settings
from gateway.applications import errors as case
from gateway.auth.rate_limit import TooMany
from gateway.auth.sessions import Sessions, csrf_of
from gateway.auth.users import Person, Users
from gateway.logs import AccessLog
from gateway.metrics import Metrics
from gateway.web import forgery, security
from gateway.web.rendering import Renderer
from gateway.web.security import public, signed_in
from tests.gateway.conftest import AUDITOR, CLERK, OFFICER, Clock

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@public
async def open_page(request: web.Request) -> web.Response:
    actor = request.get(keys.ACTOR)
    return web.Response(text=actor.name if actor is not None else "nobody")


@signed_in()
async def any_person(request: web.Request) -> web.Response:
    return web.Response(text=request[keys.ACTOR].name)


@signed_in("officer")
async def officers_only(request: web.Request) -> web.Response:
    return web.Response(text="officer")


@signed_in("clerk")
async def deed(request: web.Request) -> web.Response:
    form = await request.post()
    return web.Response(text=str(form.get("name")))


@signed_in("clerk", streams_body=True)
async def upload(request: web.Request) -> web.Response:
    reader = await request.multipart()
    part = await reader.next()
    assert isinstance(part, BodyPartReader)
    forgery.check_form_token(request, (await part.read()).decode())
    return web.Response(text="taken")


def failing(error: Exception) -> Callable[[web.Request], Awaitable[web.Response]]:
    @signed_in()
    async def fail(request: web.Request) -> web.Response:
        raise error

    return fail


FAULTS = {
    "not-found": (case.NotFound("421321200001019998"), 404),
    "forbidden": (case.Forbidden("x"), 403),
    "state": (case.WrongState("本件已经办结"), 409),
    "busy": (case.Busy(3), 503),
    "often": (TooMany(7), 429),
    "full": (OSError(28, "No space left on device"), 503),
    "broken": (RuntimeError("张三 421321200001019998"), 500),
    "http": (web.HTTPNotFound(), 404),
}


@dataclass
class Hall:
    """A small hall with one page of each kind."""

    client: TestClient[web.Request, web.Application]
    sessions: Sessions
    log: io.StringIO

    async def enter(self, person: Person = CLERK) -> str:
        """Sign somebody in; the form token of the session."""
        token = await self.sessions.begin(person, ip="127.0.0.1")
        self.client.session.cookie_jar.update_cookies({"session": token})
        return csrf_of(token)

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """An answer, read whole."""
        async with self.client.get(path, headers=headers, allow_redirects=False) as answer:
            await answer.read()
        return answer

    async def post(self, path: str, data: object = None, **headers: str) -> ClientResponse:
        """An answer to a form, read whole."""
        async with self.client.post(path, data=data, headers=headers, allow_redirects=False) as answer:
            await answer.read()
        return answer


def application(sessions: Sessions, data: Path, log: io.StringIO, public_url: str) -> web.Application:
    """The pages' door with a few pages behind it."""
    app = web.Application()
    app[keys.SETTINGS] = settings.read({}, data=data, public_url=public_url)
    app[keys.SESSIONS] = sessions
    app[keys.METRICS] = Metrics()
    app[keys.ACCESS_LOG] = AccessLog(log)
    app[keys.RENDERER] = Renderer()
    security.install(app)
    app.router.add_get("/open", open_page)
    app.router.add_post("/sign-in", open_page)
    app.router.add_get("/any", any_person)
    app.router.add_get("/any/{number}", any_person)
    app.router.add_get("/officers", officers_only)
    app.router.add_post("/deed", deed)
    app.router.add_post("/upload", upload)
    for name, (error, _) in FAULTS.items():
        app.router.add_get(f"/fail/{name}", failing(error))
    app.router.add_static("/static", data)
    security.check_routes(app)
    return app


@pytest.fixture
async def hall(users: Users, sessions: Sessions, tmp_path: Path) -> AsyncIterator[Hall]:
    log = io.StringIO()
    (tmp_path / "app.css").write_text("body{}")
    app = application(sessions, tmp_path, log, "http://127.0.0.1")
    async with TestClient(TestServer(app)) as client:
        yield Hall(client, sessions, log)


async def test_nobody_is_sent_to_sign_in_and_back_again(hall: Hall) -> None:
    answer = await hall.get("/any?x=1")
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/any?x%3D1")
    answer = await hall.get("/any", **{"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=%2Fany")
    assert (await hall.get("/any", Accept="text/event-stream")).status == 401
    assert (await hall.post("/deed", {"name": "x"})).status == 401


async def test_somebody_signed_in_comes_through_and_is_known_on_open_pages_too(hall: Hall) -> None:
    assert await (await hall.get("/open")).text() == "nobody"
    await hall.enter()
    assert await (await hall.get("/any")).text() == "张三"
    assert await (await hall.get("/open")).text() == "张三"


async def test_a_role_opens_only_its_own_pages(hall: Hall) -> None:
    await hall.enter(CLERK)
    assert (await hall.get("/officers")).status == 403
    await hall.enter(OFFICER)
    assert (await hall.get("/officers")).status == 200


async def test_a_spoiled_cookie_is_nobody(hall: Hall) -> None:
    for cookie in ("x", "x" * 500, "../..", '"', "é"):
        answer = await hall.get("/any", Cookie=f"session={cookie}")
        assert answer.status == 303


async def test_a_session_that_is_over_is_nobody(hall: Hall, clock: Clock) -> None:
    await hall.enter()
    clock.move(minutes=31)
    assert (await hall.get("/any")).status == 303


async def test_a_deed_needs_the_sessions_form_token(hall: Hall) -> None:
    token = await hall.enter()
    assert (await hall.post("/deed", {"name": "x"})).status == 403
    assert (await hall.post("/deed", {"name": "x", "_csrf": "wrong"})).status == 403
    assert (await hall.post("/deed", {"name": "x", "_csrf": csrf_of("another session")})).status == 403
    assert (await hall.post("/deed", {"name": "x", "_csrf": token})).status == 200
    assert (await hall.post("/deed", {"name": "x"}, **{"X-CSRF-Token": token})).status == 200
    assert (await hall.post("/deed", {"name": "x", "_csrf": token}, **{"X-CSRF-Token": "wrong"})).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
        ({}, 200),
    ],
)
async def test_a_request_from_another_site_is_refused_even_with_the_token(
    hall: Hall, headers: dict[str, str], status: int
) -> None:
    token = await hall.enter()
    assert (await hall.post("/deed", {"name": "x", "_csrf": token}, **headers)).status == status


async def test_signing_in_cannot_be_forged_from_another_site(hall: Hall) -> None:
    assert (await hall.post("/sign-in", {"username": "x"}, **{"Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await hall.post("/sign-in", {"username": "x"})).status == 200


async def test_a_streamed_body_is_checked_by_its_handler_or_by_the_header(hall: Hall) -> None:
    token = await hall.enter()
    for value, status in ((token, 200), ("wrong", 403)):
        form = FormData()
        form.add_field("_csrf", value, content_type="text/plain")
        assert (await hall.post("/upload", form)).status == status


async def test_an_auditor_who_is_no_clerk_cannot_do_a_clerks_deed(hall: Hall) -> None:
    token = await hall.enter(AUDITOR)
    assert (await hall.post("/deed", {"name": "x", "_csrf": token})).status == 403


async def test_every_page_carries_the_strict_policy(hall: Hall) -> None:
    await hall.enter()
    for path in ("/any", "/open", "/nothing", "/fail/broken"):
        answer = await hall.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy == security.POLICY
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "Tongban"
        assert "Strict-Transport-Security" not in answer.headers


async def test_static_files_may_be_kept_when_their_address_says_which_they_are(hall: Hall) -> None:
    assert (await hall.get("/static/app.css?v=3f2a")).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await hall.get("/static/app.css")).headers["Cache-Control"] == "no-cache"


async def test_behind_https_the_cookie_is_bound_to_the_host(users: Users, sessions: Sessions, tmp_path: Path) -> None:
    app = application(sessions, tmp_path, io.StringIO(), "https://tongban.example")
    assert security.cookie_name(app) == "__Host-session"

    @public
    async def enter(request: web.Request) -> web.Response:
        response = web.Response()
        security.set_cookie(request, response, "t" * 43)
        return response

    app.router.add_get("/enter", enter)
    async with TestClient(TestServer(app)) as client, client.get("/enter") as answer:
        cookie = answer.headers["Set-Cookie"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


@pytest.mark.parametrize("name", list(FAULTS))
async def test_what_goes_wrong_becomes_a_page_that_says_what_to_do(hall: Hall, name: str) -> None:
    await hall.enter()
    answer = await hall.get(f"/fail/{name}", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    text = await answer.text()
    assert answer.status == FAULTS[name][1]
    assert TRACE in text
    assert "421321200001019998" not in text
    assert answer.content_type == "text/html"
    assert ("Retry-After" in answer.headers) == (answer.status in {429, 503})


async def test_a_script_gets_the_words_alone(hall: Hall) -> None:
    await hall.enter()
    answer = await hall.get("/fail/state", **{"HX-Request": "true"})
    assert (answer.status, await answer.text()) == (409, "现在不能这样做：本件已经办结")


async def test_a_page_that_does_not_exist_is_a_page_too(hall: Hall) -> None:
    answer = await hall.get("/nothing")
    assert (answer.status, answer.content_type) == (404, "text/html")
    answer = await hall.post("/open")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_the_access_log_knows_the_route_and_the_kind_of_person_but_no_names(hall: Hall) -> None:
    await hall.enter()
    await hall.get("/any/421321202611242000001G?q=%E5%BC%A0%E4%B8%89", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")
    app = hall.client.app
    assert app is not None
    app[keys.ACCESS_LOG].flush()
    text = hall.log.getvalue()
    told = json.loads(text.splitlines()[-1])
    assert (told["route"], told["actor"], told["trace"], told["status"]) == ("/any/{number}", "person", TRACE, 200)
    assert "421321" not in text
    assert "张三" not in text
    assert "zhangsan" not in text
