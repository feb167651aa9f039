"""What stands before every page and every answer: trace id, headers, who is signed in, and the guard against forgery."""

import asyncio
import time
from urllib.parse import quote, urlsplit, urlunsplit

from aiohttp import hdrs, web

from gateway import keys, logs
from gateway.auth import decisions, sessions
from gateway.auth.addresses import address_of
from gateway.auth.decisions import Decision, Handler, check_routes, public, signed_in, token
from gateway.web import assets, errors, forgery

__all__ = ["address_of", "check_routes", "cookie_name", "guard", "install", "public", "signed_in", "token", "trace"]

LIVE = "X-Live"  # a page that fetches itself because something changed says so
BODY_WITHIN = 30.0  # seconds in which a form has to arrive
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}
PROGRAM_PATHS = ("/api/", "/.well-known/", "/healthz", "/readyz", "/metrics")  # the API's door looks after these

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# `same-origin` and not `no-referrer`: under the latter a browser sends `Origin: null` with our own forms.
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(self)",
    "Cache-Control": "no-store",
}
PROGRAM_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def install(app: web.Application) -> None:
    """Put trace and guard before every route. The API's own door is installed after it and stands further inside."""
    app.middlewares.append(trace)
    app.middlewares.append(guard)
    app.on_response_prepare.append(_headers)
    app.on_cleanup.append(_write_access_log)


async def _write_access_log(app: web.Application) -> None:
    """The last requests are written before the process ends."""
    app[keys.ACCESS_LOG].flush()


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request a trace id, and note it in the access log and the counters when it was answered."""
    id_ = logs.trace_of(request.headers.get("traceparent"))
    logs.trace_id.set(id_)
    started, status = time.perf_counter(), 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        _note(request, status, time.perf_counter() - started, id_)


def _note(request: web.Request, status: int, seconds: float, trace_id: str) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "-"
    method = request.method if request.method in METHODS else "OTHER"
    actor = request.get(keys.ACTOR)
    request.app[keys.ACCESS_LOG].note(
        method, route, status, seconds * 1000, actor.kind if actor is not None else "-", trace_id
    )
    request.app[keys.METRICS].note(method, route, status, seconds)


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer; what a handler set itself stays, but for the server's name."""
    if isinstance(request.match_info.route.resource, web.StaticResource):
        versioned = "v" in request.query or "/vendor/" in request.path
        response.headers.setdefault("Cache-Control", assets.KEPT_FOR if versioned else "no-cache")
    for name, value in (PROGRAM_HEADERS if for_programs(request) else HEADERS).items():
        response.headers.setdefault(name, value)
    if (request.app[keys.SETTINGS].public_url or "").startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers[hdrs.SERVER] = "Tongban"
    response.headers["traceparent"] = logs.traceparent()


def for_programs(request: web.Request) -> bool:
    """Whether the API's door answers this; its reference page alone is a page."""
    return request.path.startswith(PROGRAM_PATHS) and request.path != "/api/docs"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The door of the pages: who is signed in, may they, and did the form come from us. Errors become pages."""
    resource = request.match_info.route.resource
    if request.path.startswith(PROGRAM_PATHS) or isinstance(resource, web.StaticResource):
        return await handler(request)
    try:
        return await _admit(request, handler)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return errors.page(request, error)
    except Exception as error:
        return errors.page(request, error)


async def _admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    decision = decisions.of(request.match_info.handler)
    if decision is None:  # no such page, or no such method on it; the error page still knows who is signed in
        await identify(request)
        return await handler(request)
    changes = request.method not in SAFE
    if changes:
        forgery.check_origin(request)
    await identify(request)
    if decision.kind == "token":
        raise web.HTTPForbidden  # a program's route outside the API's paths: refuse rather than guess
    if decision.kind == "signed_in":
        actor = request.get(keys.ACTOR)
        if actor is None:
            return sign_in_first(request)
        if decision.roles and actor.role not in decision.roles:
            raise web.HTTPForbidden
    if changes:
        await _read_form(request, decision)
    return await handler(request)


def cookie_name(app: web.Application) -> str:
    """`__Host-session` over https, plain `session` where the public address is http."""
    return "__Host-session" if (app[keys.SETTINGS].public_url or "").startswith("https://") else "session"


def set_cookie(request: web.Request, response: web.StreamResponse, session_token: str) -> None:
    """Hand the session's token to the browser: not readable by scripts, not sent along from other sites."""
    name = cookie_name(request.app)
    response.set_cookie(name, session_token, path="/", httponly=True, samesite="Lax", secure=name.startswith("__Host-"))


def drop_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Take the session's token back from the browser."""
    name = cookie_name(request.app)
    response.del_cookie(name, path="/", httponly=True, samesite="Lax", secure=name.startswith("__Host-"))


def session_token(request: web.Request) -> str | None:
    """The token that the browser sent, whatever it is worth."""
    return request.cookies.get(cookie_name(request.app))


async def identify(request: web.Request) -> None:
    """Put the signed-in person, if any, and the form token on the request."""
    cookie = session_token(request)
    if not cookie or len(cookie) > 128:
        return
    by_itself = LIVE in request.headers or "text/event-stream" in request.headers.get(hdrs.ACCEPT, "")
    actor = await request.app[keys.SESSIONS].actor(cookie, ip=address_of(request), sign_of_life=not by_itself)
    if actor is not None:
        request[keys.ACTOR] = actor
        request[keys.CSRF] = sessions.csrf_of(cookie)


def sign_in_first(request: web.Request) -> web.StreamResponse:
    """To the sign-in page and back; scripts and streams are told in their own way, and a form is not sent twice."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))  # a script asks for a part of this page
    back = urlunsplit(("", "", page.path, page.query, "")) or (request.path_qs if request.method == "GET" else "/")
    target = "/sign-in" + ("" if back == "/" else "?next=" + quote(back, safe=""))
    if "HX-Request" in request.headers:
        return web.Response(status=401, headers={"HX-Redirect": target})
    if request.method not in SAFE or "text/event-stream" in request.headers.get(hdrs.ACCEPT, ""):
        raise web.HTTPUnauthorized
    raise web.HTTPSeeOther(target)


async def _read_form(request: web.Request, decision: Decision) -> None:
    """Read the body while the clock runs, and check its form token; handlers find it already read."""
    if not decision.streams_body:
        await _body(request)
    elif forgery.HEADER not in request.headers:
        return  # the handler finds the token as it reads
    if decision.kind == "signed_in":
        forgery.check_form_token(request, await forgery.token_in(request))


async def _body(request: web.Request) -> None:
    """Read the body while the clock runs; handlers find it already there."""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            if request.content_type == "multipart/form-data":
                await request.post()
            else:
                await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
