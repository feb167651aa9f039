"""补正: the case's own form with only those places open that the handler asked about, and its materials to upload."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case
from gateway.applications.errors import Finding, Invalid
from gateway.auth.decisions import signed_in
from gateway.web import case_deeds_shown, case_shown, case_told, supplement_form
from gateway.web import posted as posting
from gateway.web.forms import Fault, Supplement
from gateway.web.posted import Posted
from gateway.web.rendering import page
from gateway.web.supplement_form import Asked


@dataclass(frozen=True)
class _Open:
    case: Case
    asked: Asked


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """The open part of the form, as it was filed."""
    found = await _open(request)
    return _page(request, found)


@signed_in("clerk", streams_body=True)
async def again(request: web.Request) -> web.StreamResponse:
    """The form as posted, drawn anew."""
    posted = await posting.read(request)
    found = await _open(request)
    return _page(request, found, posted, found.asked.read(posted), others=posted.faults)


@signed_in("clerk", streams_body=True)
async def submit(request: web.Request) -> web.StreamResponse:
    """Send what was asked for; all faults at once."""
    posted = await posting.read(request)
    found = await _open(request)
    given = found.asked.read(posted)
    now = request.app[keys.CLOCK]()
    findings = found.asked.check(given, now)
    if findings or posted.faults or given.filled.command:
        return _page(request, found, posted, given, findings, posted.faults)
    room, actor, number = request.app[keys.CASE_ROOM], request[keys.ACTOR], found.case.number
    body = supplement_form.body(given, posted.get("note").strip())
    try:
        await room.supplement(actor, number, body, posted.get("key") or None)
    except Invalid as error:
        return _page(request, found, posted, given, supplement_form.on_the_form(error.findings, given), posted.faults)
    raise web.HTTPSeeOther(f"/applications/{found.case.application.number}?done=supplement")


@signed_in("clerk")
async def start_over(request: web.Request) -> web.StreamResponse:
    """A page that only a posted form has was asked for by its address."""
    raise web.HTTPSeeOther(f"/applications/{request.match_info['number']}/supplement")


async def _open(request: web.Request) -> _Open:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.at_window:
        raise web.HTTPSeeOther(f"/inbox/{case.number}")
    return _Open(case, Asked.of(case, case_shown.form_of(request.app[keys.MATTERS].forms, case)))


def _page(
    request: web.Request,
    found: _Open,
    posted: Posted | None = None,
    given: Supplement | None = None,
    findings: Sequence[Finding] = (),
    others: Sequence[Fault] = (),
) -> web.Response:
    case, number = found.case, found.case.number
    view = found.asked.view(given, findings)
    note_wrong = next((finding.detail for finding in findings if finding.pointer == "/note"), None)
    faults = [*others, *supplement_form.faults(view, findings)]
    possible = [deed.path for deed in case_deeds_shown.possible(case, request[keys.ACTOR].role)]
    context: dict[str, Any] = {
        "here": "applications",
        "number": number,
        "address": f"/applications/{number}",
        "matter": case.application.matter_name,
        "handler": case.handler_name,
        "asked": case_told.supplement(found.asked.schema, case),
        "view": view,
        "faults": faults,
        "note": posted.get("note") if posted else "",
        "note_wrong": note_wrong,
        "possible": "supplement" in possible,
        "key": (posted.get("key") if posted else "") or secrets.token_urlsafe(24),
    }
    return page(request, "supplement/supplement.html", context, status=422 if faults else 200)


def routes() -> list[web.RouteDef]:
    """The form, its refreshing, and the deed."""
    path = "/applications/{number}/supplement"
    return [
        web.get(path, show),
        web.post(path, submit),
        web.post(f"{path}/form", again),
        web.get(f"{path}/form", start_over),
    ]
