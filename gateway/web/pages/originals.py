"""原件: where each paper is, and telling the other side that some were sent, came, were given back or lost.

The same page stands at the window, at the officer's inbox and at a partner's desk.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json, place
from gateway.applications.errors import Finding, Invalid
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import originals_shown
from gateway.web.deed_bodies import instant
from gateway.web.forms import Fault
from gateway.web.handling_side import Side, case_of
from gateway.web.originals_shown import OriginalShown
from gateway.web.pages import desk, inbox
from gateway.web.rendering import page

DEED = "move_original"
MOST = 40  # papers of one form


@dataclass(frozen=True)
class Door:
    """Where the page stands, who works there, how a case is opened and a step told."""

    key: str
    title: str
    address: str
    readers: Sequence[str]
    hands: Sequence[str]
    as_handler: bool
    open: Callable[[web.Request], Awaitable[Case]]
    act: Callable[[web.Request, str, Json, str | None], Awaitable[Any]]
    why_closed: Callable[[web.Request], str | None]


@dataclass(frozen=True)
class Asked:
    """What the form says."""

    papers: tuple[str, ...] = ()
    other: str = ""
    step: str = ""
    waybill: str = ""
    at: str = ""
    key: str = ""

    @property
    def names(self) -> list[str]:
        """The papers that were ticked, and the one that was typed."""
        return list(dict.fromkeys([*self.papers, *([self.other] if self.other else [])]))


def _showing(door: Door) -> Any:
    @signed_in(*door.readers)
    async def show(request: web.Request) -> web.StreamResponse:
        case = await door.open(request)
        loose = [one.name for one in originals_shown.shown(case, as_handler=door.as_handler) if one.steps]
        return _page(request, door, case, Asked(papers=tuple(loose) if len(loose) == 1 else ()))

    return show


def _telling(door: Door) -> Any:
    @signed_in(*door.hands)
    async def tell(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        case = await door.open(request)
        papers = tuple(str(name) for name in form.getall("paper", []))[:MOST]
        typed = {name: str(form.get(name, "")).strip() for name in ("other", "step", "waybill", "at", "key")}
        asked = Asked(papers, **typed)
        try:
            _check(originals_shown.shown(case, as_handler=door.as_handler), asked)
            for place, name in enumerate(asked.names):
                body = {"name": name, "step": asked.step, "at": instant(asked.at)}
                body |= {"waybill": asked.waybill} if asked.waybill else {}
                await door.act(request, case.number, body, f"{asked.key}-{place}" if asked.key else None)
        except Invalid as error:
            return _page(request, door, await door.open(request), asked, error.findings)
        raise web.HTTPSeeOther(f"{door.address}/{case.number}/originals?done={len(asked.names)}")

    return tell


def _check(shown: Sequence[OriginalShown], asked: Asked) -> None:
    """Before the first one is told: all of them can be. Raises Invalid."""
    wrong = []
    if not asked.names:
        wrong.append(Finding("/paper", "required", "请至少选一份原件"))
    if not asked.step:
        wrong.append(Finding("/step", "required", "请选择去向"))
    for one in shown:
        if asked.step and one.name in asked.names and asked.step not in dict(one.steps):
            tells = originals_shown.TELLS.get(asked.step, asked.step)
            wrong.append(Finding("/paper", "enum", f"“{one.name}”现在{one.where.text}，不能登记为“{tells}”"))
    if wrong:
        raise Invalid(wrong)


def _page(request: web.Request, door: Door, case: Case, asked: Asked, findings: Sequence[Finding] = ()) -> web.Response:
    wrong = {finding.pointer.strip("/"): finding.detail for finding in findings}
    closed, number = door.why_closed(request), case.number
    context = {
        "here": door.key,
        "title": door.title,
        "list_address": door.address,
        "address": f"{door.address}/{number}",
        "number": number,
        "matter": case.application.matter_name,
        "other_side": case.partner_name if not door.as_handler else place(case.application.origin),
        "originals": originals_shown.shown(case, as_handler=door.as_handler),
        "tells": list(originals_shown.TELLS.items()),
        "asked": asked,
        "may": not closed and roles.may(request[keys.ACTOR].role, DEED),
        "done": request.query.get("done"),
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
        "key": asked.key or secrets.token_urlsafe(24),
    }
    return page(request, "originals/originals.html", context, status=422 if findings else 200)


async def _at_window(request: web.Request) -> Case:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.is_origin:
        raise web.HTTPSeeOther(f"/inbox/{case.number}/originals")
    return case


async def _window_tells(request: web.Request, number: str, body: Json, key: str | None) -> Any:
    return await request.app[keys.CASE_ROOM].move_original(request[keys.ACTOR], number, body, key)


WINDOW = Door(
    "applications", "办件", "/applications", ("clerk", "officer", "coordinator", "auditor"), ("clerk", "officer"),
    False, _at_window, _window_tells, lambda request: None,
)  # fmt: skip


def _door_of(side: Side) -> Door:
    async def opened(request: web.Request) -> Case:
        return await case_of(request, side)

    async def tells(request: web.Request, number: str, body: Json, key: str | None) -> Any:
        return await side.act(request, number, DEED, body, key)

    return Door(side.key, side.title, side.address, side.readers, side.hands, True, opened, tells, side.why_closed)


def routes() -> list[web.RouteDef]:
    """At the window, at the inbox, at the desk."""
    found = []
    for door in (WINDOW, _door_of(inbox.SIDE), _door_of(desk.SIDE)):
        path = f"{door.address}/{{number}}/originals"
        found += [web.get(path, _showing(door)), web.post(path, _telling(door))]
    return found
