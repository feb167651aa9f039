"""The list of cases on the side that decides: to-do tabs, search, page by page; it fetches itself when something changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway import keys
from gateway.applications.case import Json
from gateway.applications.clocks import local_day
from gateway.applications.errors import Invalid
from gateway.applications.lifecycle import State
from gateway.auth.decisions import signed_in
from gateway.web import chips, queue_shown
from gateway.web.handling_side import Side
from gateway.web.rendering import page

PAGE = 50
# To-do tabs of the handler: name -> (label, state or view, urgent)
VIEWS: Mapping[str, tuple[str, Mapping[str, str], bool]] = {
    "mine": ("我的", {"view": "mine"}, False),
    "unclaimed": ("待认领", {"view": "unclaimed"}, True),
    "department": ("本部门", {"view": "department"}, False),
    "SUBMITTED": ("待受理", {"state": "SUBMITTED"}, True),
    "ACCEPTED": ("办理中", {"state": "ACCEPTED"}, False),
    "SUPPLEMENT": ("待补正", {"state": "SUPPLEMENT"}, False),
    "SUSPENDED": ("特别程序中", {"state": "SUSPENDED"}, False),
    "withdrawal": ("撤回待答复", {"view": "withdrawal"}, True),
    "due_soon": ("快超期", {"view": "due_soon"}, True),
    "overdue": ("已超期", {"view": "overdue"}, True),
}
ENDED = (State.DECIDED, State.HANDED_OVER, State.DECLINED, State.WITHDRAWN, State.EXPIRED)


def listing(side: Side) -> Any:
    """The handler's list, narrowed by its address."""

    @signed_in(*side.readers)
    async def show(request: web.Request) -> web.StreamResponse:
        return page(request, "handling/list.html", await _context(request, side))

    return show


async def _context(request: web.Request, side: Side) -> Json:
    room, actor, query = request.app[keys.CASE_ROOM], request[keys.ACTOR], request.query
    cursor = await request.app[keys.NOTIFIER].latest()  # before reading, so that no change falls between
    counts, tab, q = await room.counts(actor, side.role), _tab(query), query.get("q", "").strip()[:64]
    narrow: dict[str, Any] = dict(VIEWS[tab][1]) if tab and tab in VIEWS else {"state": tab}
    narrow |= {name: value for name in ("found", "after") if (value := query.get(name))}
    try:
        found = await room.listing(actor, role=side.role, q=q or None, limit=PAGE, **narrow)
    except Invalid:  # an address from elsewhere
        raise web.HTTPSeeOther(side.address) from None
    today = local_day(request.app[keys.CLOCK]())
    rows = queue_shown.rows(found["items"], today, room.house)
    searching = bool(q or query.get("found"))
    here = _address(side, tab=tab, q=q, found=query.get("found"))
    return {
        "here": side.key,
        "wide": True,
        "side": side,
        "stream": f"/stream?after={cursor}",
        "tabs": _tabs(side, counts, tab, searching),
        "rows": [replace(row, href=f"{side.address}/{row.number}") for row in rows],
        "origins": {item["number"]: item["origin"]["name"] for item in found["items"]},
        "next": _address(side, tab=tab, q=q, found=query.get("found"), after=found["next"]) if found["next"] else None,
        "first": here if query.get("after") else None,
        "address": _address(side, tab=tab, q=q, found=query.get("found"), after=query.get("after")),
        "q": q,
        "searching": searching,
        "tab": tab,
        "closed": side.why_closed(request),
    }


def _tab(query: Mapping[str, str]) -> str | None:
    asked = query.get("tab")
    return asked if asked in VIEWS or asked in {state.value for state in ENDED} else None


def _address(side: Side, **asked: str | None) -> str:
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"{side.address}?{given}" if given else side.address


def _tabs(side: Side, counts: Mapping[str, int], tab: str | None, searching: bool) -> list[Json]:
    everything = {"label": "全部", "href": side.address, "count": counts.get("all", 0)}
    shown = [everything | {"current": tab is None and not searching}]
    for name, (label, _, urgent) in VIEWS.items():
        count = counts.get(name, 0)
        if count or tab == name or name == "SUBMITTED":
            href = _address(side, tab=name)
            shown.append(
                {"label": label, "href": href, "count": count, "current": tab == name, "urgent": urgent and count > 0}
            )
    for state in ENDED:
        count = counts.get(state.value, 0)
        if count or tab == state.value:
            href, label = _address(side, tab=state.value), chips.state(state.value).text
            shown.append({"label": label, "href": href, "count": count, "current": tab == state.value})
    return shown


def searching(side: Side) -> Any:
    """A search: posted, so that no name and no ID number stands in an address."""

    @signed_in(*side.readers)
    async def search(request: web.Request) -> web.StreamResponse:
        q = str((await request.post()).get("q", "")).strip()[: queue_shown.MOST]
        if q and queue_shown.is_personal(q):
            found = request.app[keys.CASE_ROOM].cases.keyed(q)
            raise web.HTTPSeeOther(_address(side, found=found))
        raise web.HTTPSeeOther(_address(side, q=q))

    return search
