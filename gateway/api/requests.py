"""Reading requests: bodies held against their schema, query parameters, and the Idempotency-Key."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from aiohttp import hdrs, web

from gateway.api.schemas import catalogue
from gateway.applications.errors import Finding, Invalid
from matters_map import validation
from matters_map.forms import Form
from messaging import strict_json

BODY_WITHIN = 30.0  # seconds in which a body of at most 1 MiB has to arrive
DEFAULT_LIMIT, MOST = 50, 200
EVENT_TYPE = "application/cloudevents+json"


class MediaType(Exception):
    """The Content-Type, or the Content-Encoding of a file, is not one that this resource takes."""


class MissingKey(Exception):
    """The Idempotency-Key is missing where it is needed, or is no key; the text says which."""


class BadQuery(Exception):
    """Query parameters that are unknown or out of range; all of them at once."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(", ".join(f"{f.pointer} {f.code}" for f in findings))
        self.findings = findings


async def raw(request: web.Request, *types: str) -> bytes:
    """The bytes of a body of one of these media types, at most 1 MiB when unpacked, within 30 seconds.

    Raises MediaType, HTTPRequestEntityTooLarge, HTTPRequestTimeout.
    """
    if request.content_type not in types or hdrs.CONTENT_TYPE not in request.headers:
        raise MediaType
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def document(request: web.Request) -> Any:
    """The JSON value of the body, not yet held against anything. Raises what `raw` raises, and Malformed."""
    return strict_json.loads(await raw(request, "application/json"))


async def object_(request: web.Request) -> dict[str, Any]:
    """The JSON object of the body, for a deed that judges its members itself. Raises Invalid for another value."""
    value = await document(request)
    if not isinstance(value, dict):
        raise Invalid([Finding("", "type", "请求内容应为一个 JSON 对象")])
    return value


async def body(request: web.Request, schema: str) -> dict[str, Any]:
    """The JSON object of the body, right by the named schema. Raises Invalid with every finding, and as `document`."""
    value = await document(request)
    found = validation.check(_form(schema), value, datetime.now(UTC).date(), pointer_prefix="")
    if found:
        raise Invalid([Finding(one.pointer, one.code, one.detail) for one in found])
    return dict(value)


def key(request: web.Request, *, required: bool = False) -> str | None:
    """The Idempotency-Key: 1 to 255 visible characters. Raises MissingKey."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        if required:
            raise MissingKey("缺少 Idempotency-Key 请求头。")
        return None
    if not 1 <= len(given) <= 255 or not given.isprintable():
        raise MissingKey("Idempotency-Key 须为 1～255 个可见字符。")
    return given


def query(request: web.Request, *allowed: str) -> dict[str, str]:
    """The query parameters by name, once each. Raises BadQuery for others, and for one that is given twice."""
    wrong = [
        Finding(f"/{_escaped(name)}", "unknown", "没有这个查询参数") for name in request.query if name not in allowed
    ]
    wrong += [
        Finding(f"/{name}", "uniqueItems", "查询参数重复")
        for name in allowed
        if len(request.query.getall(name, ())) > 1
    ]
    if wrong:
        raise BadQuery(wrong)
    return {name: value for name, value in request.query.items() if value != ""}


def limit(given: Mapping[str, str]) -> int:
    """`limit` of a list: 50 unless given, never more than 200. Raises BadQuery."""
    return min(whole(given, "limit", DEFAULT_LIMIT, low=1), MOST)


def whole(given: Mapping[str, str], name: str, default: int, *, low: int = 0) -> int:
    """A whole number among the query parameters. Raises BadQuery."""
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadQuery([Finding(f"/{name}", "type", "应为整数")])
    if int(text) < low:
        raise BadQuery([Finding(f"/{name}", "minimum", f"不能小于 {low}")])
    return int(text)


def choice(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    """One of some words among the query parameters. Raises BadQuery."""
    text = given.get(name)
    if text is not None and text not in choices:
        raise BadQuery([Finding(f"/{name}", "enum", f"可用的值：{'、'.join(choices)}")])
    return text


@lru_cache(maxsize=64)
def _form(schema: str) -> Form:
    return Form(schema, 1, catalogue.SCHEMAS[schema])


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
