"""The drawing table: the Jinja environment of all pages, with the names, filters and words that templates use."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from gateway import keys
from gateway.attachments import thumbnails
from gateway.auth.roles import ROLES
from gateway.web import assets, chips, masking, navigation
from matters_map import regions

TEMPLATES = Path(__file__).resolve().parent / "templates"
LOCAL = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"


class Renderer(jinja2.Environment):
    """Templates escape by themselves, and a name that a page forgot to give is an error."""

    def __init__(self) -> None:
        super().__init__(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        cast(Any, self).install_null_translations(newstyle=True)  # Chinese stands in the templates
        self.globals.update(v=assets.vendored, static=assets.static, chips=chips, roles=ROLES)
        self.filters.update(moment=moment, day=day, clock=clock, size=size, mask=_mask, region=_region)
        self.tests.update(drawn=thumbnails.FORMATS.__contains__)  # of a file's media type: there is a thumbnail

    def page(
        self, request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> web.Response:
        """The page with the frame's own context (see base.html) and what the page gives."""
        text = self.get_template(template).render({**frame(request), **(context or {})})
        return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def page(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """As Renderer.page, for handlers."""
    return cast(Renderer, request.app[keys.RENDERER]).page(request, template, context, status=status)


def frame(request: web.Request) -> dict[str, Any]:
    """What base.html needs: whose pages these are, who is signed in, where they may go, the form token."""
    person = request.get(keys.ACTOR)
    ours = person.jurisdiction if person is not None else request.app[keys.SETTINGS].home
    return {
        "home": regions.name_of(ours) or ours,
        "person": person,
        "entries": navigation.entries(person.role if person is not None else None),
        "here": None,
        "csrf": request.get(keys.CSRF, ""),
    }


def moment(value: datetime | str | None, *, seconds: bool = False) -> str:
    """An instant as a clerk reads it, in Asia/Shanghai: 2026-11-24 09:30. Takes a datetime or RFC 3339 text."""
    local = _local(value)
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M") if local else ""


def clock(value: datetime | str | None) -> str:
    """Only the time of day: 09:30."""
    local = _local(value)
    return local.strftime("%H:%M") if local else ""


def day(value: date | datetime | str | None) -> str:
    """A date with its weekday: 2026-12-01 周二. Takes a date, a datetime, or either as text."""
    if isinstance(value, str) and len(value) == len("2026-12-01"):
        value = date.fromisoformat(value)
    found = value if isinstance(value, date) and not isinstance(value, datetime) else _local(value)
    return f"{found:%Y-%m-%d} 周{WEEKDAYS[found.weekday()]}" if found else ""


def _local(value: Any) -> datetime | None:
    found = datetime.fromisoformat(value) if isinstance(value, str) and value else value
    return found.astimezone(LOCAL) if isinstance(found, datetime) else None


def size(count: int | None) -> str:
    """Bytes in words: 834 字节, 12.3 KB, 1.2 MB."""
    if count is None:
        return ""
    if count < 1024:
        return f"{count} 字节"
    return f"{count / 1024:.1f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _mask(value: Any, kind: str) -> str:
    return masking.mask(kind, str(value)) if value else ""


def _region(code: str | None) -> str:
    """The name of a region by its code, else the code."""
    return (regions.name_of(code) or code) if code else ""
