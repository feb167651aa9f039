"""The front's pages: a form, an answer, and one and the same word for whatever does not fit."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Protocol

import jinja2
from aiohttp import hdrs, web

from gateway.auth.addresses import HERE as HERE_ALONE
from gateway.auth.addresses import PROXIES, Networks, address_of
from gateway.auth.decisions import Handler
from gateway.auth.rate_limit import RateLimit, TooMany
from gateway.front.asking import Later, Unavailable

log = logging.getLogger("tongban.front")
HERE = Path(__file__).resolve().parent
BODY_MOST = 4096  # bytes of a question
BODY_WITHIN = 10.0  # seconds in which it has to arrive
NUMBER = re.compile(r"[0-9]{21}[0-9A-Z]")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cache-Control": "no-store",
}
NO_MATCH = "没有查到。请核对办件编号和查询码，两样都印在收件凭证上；不清楚的，请问收件窗口。"
TOO_MANY = "查询得太频繁了，请过 {minutes} 分钟再查；急的请打电话给收件窗口。"
AWAY = "现在查不到，不是您的问题。请过一会儿再查；急的请打电话给收件窗口。"


class Asks(Protocol):
    """Whoever knows the answer: the gateway."""

    async def ask(self, number: str, code: str) -> Mapping[str, Any] | None:
        """The progress, or None. Raises Unavailable and Later."""


@dataclass(frozen=True)
class Sign:
    """What stands above the door."""

    name: str  # whose front this is
    phone: str  # where people call


class Limits:
    """Questions per address and per number; each process counts for itself, and the gateway counts wrong codes."""

    def __init__(self) -> None:
        self.address = RateLimit(1 / 6, 20)  # an office or a telephone network may share one
        self.number = RateLimit(1 / 60, 8)


ASKS: web.AppKey[Asks] = web.AppKey("asks")
SIGN = web.AppKey("sign", Sign)
LIMITS = web.AppKey("limits", Limits)
PAGES = web.AppKey("pages", jinja2.Environment)


def build(asks: Asks, sign: Sign, proxies: Networks = HERE_ALONE) -> web.Application:
    """The whole front; the X-Forwarded-For of `proxies` is believed."""
    app = web.Application(client_max_size=BODY_MOST, middlewares=[_guard])
    app[ASKS], app[SIGN], app[LIMITS], app[PROXIES] = asks, sign, Limits(), proxies
    app[PAGES] = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.router.add_get("/", form)
    app.router.add_post("/", answer)
    app.router.add_get("/front.css", style)
    app.router.add_get("/healthz", health)
    app.router.add_get("/{number}", form)
    app.on_response_prepare.append(_headers)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong becomes a page in plain words."""
    try:
        return await handler(request)
    except TooMany as many:
        return _later(request, many.seconds)
    except Later as later:
        return _later(request, later.seconds)
    except Unavailable:
        return _page(request, "word.html", 503, {"Retry-After": "60"}, word=AWAY)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        word = "没有这一页。" if error.status in (404, 405) else "提交的内容读不出来，请重新填写。"
        return _page(request, "word.html", error.status, {}, word=word)
    except Exception as error:  # also an answer of the gateway that is not as agreed
        log.error("request failed: %s", type(error).__name__, exc_info=error)
        return _page(request, "word.html", 503, {"Retry-After": "60"}, word=AWAY)


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers[hdrs.SERVER] = "Tongban"


async def form(request: web.Request) -> web.Response:
    """The question; the slip's QR code fills in the number."""
    number = request.match_info.get("number", "")
    if number and not NUMBER.fullmatch(number):
        raise web.HTTPNotFound
    return _page(request, "ask.html", number=number, code="", errors={})


async def answer(request: web.Request) -> web.Response:
    """Where the case stands. A number that does not exist and a wrong code get the same page."""
    number, code = await _question(request)
    errors = _errors(number, code)
    if errors:
        return _page(request, "ask.html", 422, number=number, code=code, errors=errors)
    limits = request.app[LIMITS]
    limits.address.take(_network(address_of(request)))
    limits.number.take(number)
    found = await request.app[ASKS].ask(number, code)
    if found is None:
        return _page(request, "ask.html", 422, number=number, code=code, errors={"code": NO_MATCH})
    return _page(request, "answer.html", told=found)


async def _question(request: web.Request) -> tuple[str, str]:
    try:
        async with asyncio.timeout(BODY_WITHIN):
            given = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return tuple("".join(str(given.get(name, "")).split())[:40] for name in ("number", "code"))  # type: ignore[return-value]


def _errors(number: str, code: str) -> dict[str, str]:
    """What is not filled in, or cannot be a number: seen without asking anybody."""
    errors = {}
    if not NUMBER.fullmatch(number):
        errors["number"] = (
            "请填写办件编号：22 位，印在收件凭证右上角" if not number else "办件编号应为 22 位，请对照收件凭证"
        )
    if not code:
        errors["code"] = "请填写查询码，印在收件凭证下方"
    return errors


def _network(address: str) -> str:
    """Who counts as one: an IPv4 address, or the network of 64 bits that a household has in IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ip_network((found, 64), strict=False))


async def style(request: web.Request) -> web.FileResponse:
    """The one style sheet."""
    return web.FileResponse(HERE / "front.css", headers={"Cache-Control": "public, max-age=3600"})


async def health(request: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"status": "ok"})


def _later(request: web.Request, seconds: int) -> web.Response:
    word = TOO_MANY.format(minutes=-(-seconds // 60))
    return _page(request, "word.html", 429, {"Retry-After": str(seconds)}, word=word)


def _page(
    request: web.Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> web.Response:
    text = request.app[PAGES].get_template(template).render(sign=request.app[SIGN], **context)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8", headers=headers)
