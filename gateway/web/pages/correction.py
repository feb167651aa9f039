"""窗口更正: the clerk names the places that were typed wrong, then types them right; the rest of the case is not shown.

What stands there now is shown masked, and personal values begin empty, so that nobody reads a case by correcting it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications import corrections, supplements
from gateway.applications.case import Case, Json
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.auth.decisions import signed_in
from gateway.web import case_deeds_shown, case_shown, corrections_shown, forms, forms_faults, masking
from gateway.web import posted as posting
from gateway.web.forms import Fault, Filled, Supplement
from gateway.web.forms_shown import Shown
from gateway.web.posted import Posted
from gateway.web.rendering import page
from gateway.web.supplement_form import Asked
from matters_map import regions

MOST = 20  # places in one correction


@dataclass(frozen=True)
class _Open:
    case: Case
    asked: Asked
    shown: Mapping[str, Shown]  # every place that may be corrected, as it stands


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """The places to choose from; or the chosen ones, to be typed anew."""
    found = await _open(request, request.query.getall("p", []))
    return _page(request, found)


@signed_in("clerk", streams_body=True)
async def submit(request: web.Request) -> web.StreamResponse:
    """Send it; all faults at once."""
    posted = await posting.read(request)
    found = await _open(request, [value for name, value in posted.pairs if name == "p"])
    given = replace(found.asked.read(posted), materials=found.asked.document.get("materials") or [])
    findings = found.asked.check(given, request.app[keys.CLOCK]())
    if findings or posted.faults or given.filled.command:
        return _page(request, found, posted, given, findings)
    room, actor, number = request.app[keys.CASE_ROOM], request[keys.ACTOR], found.case.application.number
    answers = {pointer: value for pointer, value in given.answers.items() if value is not None}
    try:
        body = {"answers": answers, "reason": posted.get("reason").strip()}
        await room.correct(actor, number, body, posted.get("key") or None)
    except Invalid as error:
        return _page(request, found, posted, given, error.findings)
    except WrongState as refusal:
        return _page(request, found, posted, given, [Finding("/reason", "state", str(refusal))])
    raise web.HTTPSeeOther(f"/applications/{number}?done=correction")


async def _open(request: web.Request, chosen: Sequence[str]) -> _Open:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.is_origin:
        raise web.HTTPSeeOther(f"/inbox/{case.application.number}")
    form, mask = case_shown.form_of(request.app[keys.MATTERS].forms, case), masking.for_role("clerk")
    asked = Asked(case, form, (), ())
    without = corrections_shown.WITHOUT
    parts = forms.shown(asked.schema, asked.document, mask=mask, regions=regions.in_use(), without=without)
    leaves = corrections_shown.leaves(parts)
    allowed = [place for one in corrections.places(case) if (place := forms_faults.place(one)) in leaves]
    pointers = tuple(one for one in allowed if one in chosen)[:MOST]
    return _Open(case, Asked(case, form, pointers, ()), {one: leaves[one] for one in allowed})


def _fresh(found: _Open) -> Supplement:
    """The chosen places before anything was typed: personal values are left out, the rest stands as it is."""
    personal = [one for one in found.asked.pointers if found.shown[one].sensitive]
    document = supplements.set_pointers(found.asked.document, {f"/answers{one}": "" for one in personal})
    return Supplement({}, [], Filled(document))


def _page(
    request: web.Request,
    found: _Open,
    posted: Posted | None = None,
    given: Supplement | None = None,
    findings: Sequence[Finding] = (),
) -> web.Response:
    case, number = found.case, found.case.application.number
    own = {finding.pointer: finding.detail for finding in findings if finding.pointer in ("/reason", "/answers")}
    view = found.asked.view(given or _fresh(found), findings) if found.asked.pointers else None
    faults = list(posted.faults) if posted else []
    faults += [one for one in view.faults if one.text not in own.values()] if view else []
    faults += [Fault(text, "#f-reason" if at == "/reason" else "#corrected") for at, text in own.items()]
    possible = [deed.path for deed in case_deeds_shown.possible(case, request[keys.ACTOR].role)]
    context: dict[str, Any] = {
        "here": "applications",
        "number": number,
        "address": f"/applications/{number}",
        "matter": case.application.matter_name,
        "handler": case.handler_name,
        "places": _places(found),
        "now": [one for one in _places(found) if one["chosen"]],
        "view": view,
        "faults": faults,
        "reason": posted.get("reason") if posted else "",
        "reason_wrong": own.get("/reason"),
        "accepted": case.leg.accepted_at is not None,
        "possible": "correction" in possible,
        "key": (posted.get("key") if posted else "") or secrets.token_urlsafe(24),
    }
    return page(request, "correction/correction.html", context, status=422 if faults else 200)


def _places(found: _Open) -> list[Json]:
    """Every place with its name and what stands there, masked."""
    document = found.asked.document
    return [
        {
            "pointer": pointer,
            "label": forms.label(found.asked.schema, document, pointer) or one.label,
            "text": one.text,
            "chosen": pointer in found.asked.pointers,
        }
        for pointer, one in found.shown.items()
    ]


def routes() -> list[web.RouteDef]:
    """Choosing and typing at one address, and the deed."""
    path = "/applications/{number}/correction"
    return [web.get(path, show), web.post(path, submit)]
