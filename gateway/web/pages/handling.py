"""Cases on the side that decides: the list, the case, and a small page for each deed.

The officer's inbox and the desk of a partner are the same pages; each says in a Side where it stands and how its deeds
are done.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.lifecycle import State
from gateway.attachments.errors import NotFound
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import (
    case_shown,
    chips,
    forms,
    handling_bodies,
    handling_deeds,
    handling_shown,
    queue_shown,
)
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.handling_deeds import Deed
from gateway.web.posted import Posted
from gateway.web.rendering import page

PAGE, EVENTS = 50, 200
# To-do tabs of the handler: name -> (label, state or view, urgent)
VIEWS: Mapping[str, tuple[str, Mapping[str, str], bool]] = {
    "SUBMITTED": ("待受理", {"state": "SUBMITTED"}, True),
    "ACCEPTED": ("办理中", {"state": "ACCEPTED"}, False),
    "SUPPLEMENT": ("待补正", {"state": "SUPPLEMENT"}, False),
    "SUSPENDED": ("特别程序中", {"state": "SUSPENDED"}, False),
    "withdrawal": ("撤回待答复", {"view": "withdrawal"}, True),
    "due_soon": ("快超期", {"view": "due_soon"}, True),
    "overdue": ("已超期", {"view": "overdue"}, True),
}
ENDED = (State.DECIDED, State.HANDED_OVER, State.DECLINED, State.WITHDRAWN, State.EXPIRED)
HOW = {
    "stored": ("info", "已提交，系统正在登记，稍后自动显示。"),
    "recorded": ("warn", "已登记，但到达时本件状态已经变化，没有改变状态。请看办理过程。"),
    "held": ("warn", "已提交，附件还没有存妥，正在等待。"),
    "parked": ("bad", "已提交，但系统未能处理，清单协调员会在“投递异常”中查看。"),
}

Act = Callable[[web.Request, str, str, Json, str | None], Awaitable[str]]
"""(request, number, deed, body, key of the form) -> what became of it: applied, recorded, held, parked or stored."""


@dataclass(frozen=True)
class Side:
    """Where these pages stand, who reads them, and how a case is opened and a deed done."""

    key: str  # entry of the bar
    address: str
    title: str
    about: str
    readers: Sequence[str]
    hands: Sequence[str]
    role: str  # of the legs that are listed
    open: Callable[[web.Request], Awaitable[Case]]
    act: Act
    why_closed: Callable[[web.Request], str | None]  # why nothing can be done here; None: it can


# the list


def listing(side: Side) -> Any:
    """The handler's list, narrowed by its address."""

    @signed_in(*side.readers)
    async def show(request: web.Request) -> web.StreamResponse:
        return page(request, "handling/list.html", await _list(request, side))

    return show


async def _list(request: web.Request, side: Side) -> Json:
    room, actor, query = request.app[keys.CASE_ROOM], request[keys.ACTOR], request.query
    cursor = await request.app[keys.NOTIFIER].latest()  # before reading, so that no change falls between
    counts, tab, q = await room.counts(actor, side.role), _tab(query), query.get("q", "").strip()[:64]
    narrow: dict[str, Any] = {**(VIEWS[tab][1] if tab in VIEWS else {"state": tab} if tab else {})}
    narrow |= {name: value for name in ("found", "after") if (value := query.get(name))}
    try:
        found = await room.listing(actor, role=side.role, q=q or None, limit=PAGE, **narrow)
    except Invalid:  # an address from elsewhere
        raise web.HTTPSeeOther(side.address) from None
    today = local_day(request.app[keys.CLOCK]())
    rows = queue_shown.rows(found["items"], today, room.house.calendar)
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


# the case


def case_page(side: Side) -> Any:
    """One case; it fetches itself when something changed."""

    @signed_in(*side.readers)
    async def show(request: web.Request) -> web.StreamResponse:
        room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
        cursor = await request.app[keys.NOTIFIER].latest()
        case = await _of_side(request, side)
        number = case.application.number
        found, now = await room.events(actor, number, EVENTS), request.app[keys.CLOCK]()
        closed = side.why_closed(request)
        done = handling_deeds.BY_PATH.get(request.query.get("done", ""))
        context = {
            **handling_shown.whole(case, found["items"], request.app[keys.MATTERS].forms, actor, now),
            "here": side.key,
            "wide": True,
            "side": side,
            "number": number,
            "address": f"{side.address}/{number}",
            "stream": f"/stream?number={number}&after={cursor}",
            "closed": closed,
            "deeds": [] if closed else handling_deeds.possible(case, actor.role),
            "main_deeds": handling_deeds.MAIN,
            "told": _told(done, request.query.get("how", "")),
            "reveal": _reveal(side, number) if roles.may(actor.role, "reveal") else None,
            "may_download": roles.may(actor.role, "file.get"),
            "more_events": found["next"] is not None,
        }
        return page(request, "handling/case.html", context)

    return show


def _reveal(side: Side, number: str) -> str:
    return f"/applications/{number}/reveal?back={quote(f'{side.address}/{number}', safe='')}"


def _told(done: Deed | None, how: str) -> tuple[str, str] | None:
    if done is None:
        return None
    return HOW.get(how) or ("good", done.done)


async def _of_side(request: web.Request, side: Side) -> Case:
    """The case, when it is one that this side decides; the other side's pages otherwise."""
    case = await side.open(request)
    if case.leg.role != side.role:
        raise web.HTTPSeeOther(f"/applications/{case.application.number}")
    if request.match_info["number"] != case.application.number:
        raise web.HTTPSeeOther(f"{side.address}/{case.application.number}")
    return case


# the deeds


def asking(side: Side, deed: Deed) -> Any:
    """The form of a deed."""

    @signed_in(*side.hands)
    async def show(request: web.Request) -> web.StreamResponse:
        case = await _of_side(request, side)
        fresh = handling_bodies.FORMS[deed.path].fresh(case, request[keys.ACTOR], request.app[keys.CLOCK]())
        return _form(request, side, deed, case, fresh)

    return show


def doing(side: Side, deed: Deed) -> Any:
    """The deed itself, and back to the case; a fault brings the form again with its words."""

    @signed_in(*side.hands, streams_body=True)
    async def do(request: web.Request) -> web.StreamResponse:
        posted = await posting.read(request)
        case = await _of_side(request, side)
        if posted.get("_add"):
            return _form(request, side, deed, case, _another_row(posted), posted, [])
        try:
            if posted.faults:
                raise Invalid([Finding("/document", "type", fault.text) for fault in posted.faults])
            if side.why_closed(request):
                raise WrongState(side.why_closed(request))
            name, body = handling_bodies.FORMS[deed.path].body(posted, deed.name)
            body = await _with_paper(request, body)
            how = await side.act(request, case.application.number, name, body, posted.get("key") or None)
        except Invalid as error:
            return _form(request, side, deed, case, dict(posted.pairs), posted, error.findings)
        raise web.HTTPSeeOther(f"{side.address}/{case.application.number}?done={deed.path}&how={how}")

    return do


def _another_row(posted: Posted) -> dict[str, str]:
    most = handling_bodies.MOST_ITEMS
    return dict(posted.pairs) | {"rows": str(min(handling_bodies.rows(posted.get) + 1, most))}


async def _with_paper(request: web.Request, body: Json) -> Json:
    """A paper of the deed as messages name it: all of what is known of the file."""
    paper = body.get("document")
    if not paper:
        return body
    try:
        kept, _ = await request.app[keys.ATTACHMENTS].open(paper["sha256"], request[keys.ACTOR].jurisdiction)
    except NotFound:
        raise Invalid([Finding("/document", "file_missing", "没有找到这个文件，请重新上传")]) from None
    return body | {"document": kept.to_json()}


def _form(
    request: web.Request,
    side: Side,
    deed: Deed,
    case: Case,
    values: Mapping[str, str],
    posted: Posted | None = None,
    findings: Sequence[Finding] = (),
) -> web.Response:
    actor, today = request[keys.ACTOR], local_day(request.app[keys.CLOCK]())
    wrong: dict[str, str] = {}
    for finding in findings:
        wrong.setdefault(handling_bodies.field_of(deed.path, finding.pointer, posted or Posted()), finding.detail)
    schema = case_shown.schema_of(request.app[keys.MATTERS].forms, case)
    context = {
        "here": side.key,
        "side": side,
        "deed": deed,
        "number": case.application.number,
        "address": f"{side.address}/{case.application.number}",
        "matter": case.application.matter_name,
        "origin": handling_shown.place(case.application.origin),
        "values": _Values(values),
        "files": _files(posted),
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
        "possible": deed in handling_deeds.possible(case, actor.role) and not side.why_closed(request),
        "key": (posted.get("key") if posted else "") or secrets.token_urlsafe(24),
        "today": today.isoformat(),
        "case": case,
        "overdue": handling_deeds.overdue(case, today),
        "ways": handling_bodies.ways_of(case),
        "rows": handling_bodies.rows(lambda name: values.get(name, "")),
        "places": _places(schema, case, actor.role) if deed.path == "supplement-notice" else None,
    }
    return page(request, f"handling/{deed.path}.html", context, status=422 if findings else 200)


class _Values(dict[str, str]):
    """A form's values; what was not given is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _files(posted: Posted | None) -> Mapping[str, Mapping[str, str]]:
    named = ("document", *handling_bodies.PAPERS)
    if posted is None:
        return {}
    return {name: {"sha256": posted.get(f"file:{name}"), "name": posted.get(f"filename:{name}")} for name in named}


def _places(schema: forms.FormSchema, case: Case, role: str | None) -> Json:
    return handling_shown.places_to_name(schema, case, case_shown.answers(schema, case, role))


def routes(side: Side) -> list[web.RouteDef]:
    """List, search, case, and a page for each deed."""
    found = [
        web.get(side.address, listing(side)),
        web.post(f"{side.address}/search", searching(side)),
        web.get(f"{side.address}/{{number}}", case_page(side)),
    ]
    for deed in handling_deeds.DEEDS:
        path = f"{side.address}/{{number}}/{deed.path}"
        found += [web.get(path, asking(side, deed)), web.post(path, doing(side, deed))]
    return found
