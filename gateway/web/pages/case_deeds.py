"""Deeds of the window on a case, each a small page of its own: urging, a note, withdrawal, hand-over, rating.

One way for all: the form, the deed of the case room, back to the case; a fault brings the form again with its words.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json
from gateway.applications.case_room import CaseRoom
from gateway.applications.errors import Finding, Invalid
from gateway.auth.actor import Actor
from gateway.auth.decisions import signed_in
from gateway.web import case_deeds_shown, deed_bodies, sharing_shown
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.posted import Posted
from gateway.web.rendering import page


@dataclass(frozen=True)
class Page:
    """One deed's page: `fresh` gives the first values from the case, `body` what the deed takes."""

    path: str
    deed: Callable[[CaseRoom, Actor, str, Json, str | None], Any]
    fresh: Callable[[Case, datetime], Mapping[str, str]]
    body: Callable[[Posted], Json]
    fields: Sequence[str]


PAGES = (
    Page("urges", CaseRoom.urge, deed_bodies.nothing, deed_bodies.urge, ("text",)),
    Page("notes", CaseRoom.note, deed_bodies.nothing, deed_bodies.note, ("text",)),
    Page("contacts", CaseRoom.log_contact, deed_bodies.nothing, deed_bodies.contact, ("way", "reached", "text")),
    Page("withdrawal", CaseRoom.withdraw, deed_bodies.nothing, deed_bodies.withdrawal, ("reason",)),
    Page(
        "handover",
        CaseRoom.hand_over,
        deed_bodies.fresh_hand_over,
        deed_bodies.hand_over,
        ("method", "to", "at", "waybill"),
    ),
    Page("rating", CaseRoom.rate, deed_bodies.nothing, deed_bodies.rating, ("window", "handler", "text")),
)


def _show(of: Page) -> Any:
    @signed_in("clerk", "officer")
    async def show(request: web.Request) -> web.StreamResponse:
        case = await _case(request)
        elsewhere = request.app[keys.SETTINGS].rating_url if of.path == "rating" else None
        if elsewhere:
            raise web.HTTPSeeOther(elsewhere.replace("{number}", case.application.number))
        return _page(request, of, case, of.fresh(case, request.app[keys.CLOCK]()))

    return show


def _do(of: Page) -> Any:
    @signed_in("clerk", "officer", streams_body=True)
    async def do(request: web.Request) -> web.StreamResponse:
        posted = await posting.read(request)
        case = await _case(request)
        if of.path == "rating" and request.app[keys.SETTINGS].rating_url:  # asked there, not here
            raise web.HTTPSeeOther(f"/applications/{case.number}")
        room, actor, number = request.app[keys.CASE_ROOM], request[keys.ACTOR], case.number
        try:
            if posted.faults:
                raise Invalid([Finding("/file", "type", fault.text) for fault in posted.faults])
            await of.deed(room, actor, number, of.body(posted), posted.get("key") or None)
        except Invalid as error:
            return _page(request, of, case, {name: posted.get(name) for name in of.fields}, posted, error.findings)
        raise web.HTTPSeeOther(f"/applications/{case.application.number}?done={of.path}")

    return do


async def _case(request: web.Request) -> Case:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.at_window:
        raise web.HTTPSeeOther(f"/inbox/{case.number}")
    return case


def _page(
    request: web.Request,
    of: Page,
    case: Case,
    values: Mapping[str, str],
    posted: Posted | None = None,
    findings: Sequence[Finding] = (),
) -> web.Response:
    possible = [deed.path for deed in case_deeds_shown.possible(case, request[keys.ACTOR].role)]
    wrong = {finding.pointer.strip("/").split("/")[0]: finding.detail for finding in findings}
    context = {
        "here": "applications",
        "number": case.number,
        "address": f"/applications/{case.number}",
        "matter": case.application.matter_name,
        "handler": sharing_shown.places(case),
        "values": values,
        "file": {"sha256": posted.get("file:file"), "name": posted.get("filename:file")} if posted else {},
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
        "possible": of.path in possible,
        "key": (posted.get("key") if posted else "") or secrets.token_urlsafe(24),
    }
    return page(request, f"case_deeds/{of.path}.html", context, status=422 if findings else 200)


def routes() -> list[web.RouteDef]:
    """A page and a deed for each."""
    found = []
    for of in PAGES:
        path = f"/applications/{{number}}/{of.path}"
        found += [web.get(path, _show(of)), web.post(path, _do(of))]
    return found
