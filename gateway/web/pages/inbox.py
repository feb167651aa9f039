"""外地来件: cases that other counties' windows sent to us, where our officers decide."""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json
from gateway.applications.case_room import CaseRoom
from gateway.web.handling_side import Side
from gateway.web.pages import handling

DEEDS: Mapping[str, Callable[..., Any]] = {
    "accept": CaseRoom.accept,
    "decline": CaseRoom.decline,
    "request_supplement": CaseRoom.request_supplement,
    "suspend": CaseRoom.suspend,
    "resume": CaseRoom.resume,
    "extend_limit": CaseRoom.extend_limit,
    "decide": CaseRoom.decide,
    "decide_at_once": CaseRoom.decide_at_once,
    "grant_withdrawal": CaseRoom.grant_withdrawal,
    "refuse_withdrawal": CaseRoom.refuse_withdrawal,
    "note": CaseRoom.note,
    "move_original": CaseRoom.move_original,
}


async def _open(request: web.Request) -> Case:
    return await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])


async def _act(request: web.Request, number: str, deed: str, body: Json, key: str | None) -> str:
    await DEEDS[deed](request.app[keys.CASE_ROOM], request[keys.ACTOR], number, body, key)
    return "applied"


async def _preview(request: web.Request, number: str, deed: str, body: Json) -> list[Json]:
    return await request.app[keys.CASE_ROOM].preview(request[keys.ACTOR], number, deed, body)


def _why_closed(request: web.Request) -> str | None:
    return None


SIDE = Side(
    key="inbox",
    address="/inbox",
    title="外地来件",
    about="协作地区窗口收件、由本地决定的申请",
    readers=("officer", "clerk", "coordinator", "auditor"),
    hands=("officer",),
    role="handler",
    open=_open,
    act=_act,
    why_closed=_why_closed,
    preview=_preview,
)


def routes() -> list[web.RouteDef]:
    """The officer's pages."""
    return handling.routes(SIDE)
