"""Answers: JSON bodies, and pages of lists that are held in memory."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson
from aiohttp import web

from gateway.api import requests
from gateway.api.requests import BadQuery
from gateway.applications.errors import Finding

T = TypeVar("T")


def json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer, UTF-8, members in the order given."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json", headers=headers)


def page(given: Mapping[str, str], every: Sequence[T], show: Callable[[T], Any]) -> web.Response:
    """One page of a list in memory: `{"items","next"}`. Raises BadQuery."""
    limit, start = requests.limit(given), _place(given)
    items = every[start : start + limit]
    following = str(start + limit) if start + limit < len(every) else None
    return json({"items": [show(one) for one in items], "next": following})


def _place(given: Mapping[str, str]) -> int:
    text = given.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadQuery([Finding("/after", "format", "翻页位置不对，请从第一页开始")])
    return int(text)
