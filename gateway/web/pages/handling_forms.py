"""A small page for each deed of the side that decides: the form, the deed, back to the case."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.auth.decisions import signed_in
from gateway.web import case_shown, handling_bodies, handling_deeds, handling_shown, paper_shown
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.handling_bodies import Reader
from gateway.web.handling_deeds import Deed
from gateway.web.handling_side import Side, case_of
from gateway.web.posted import Posted
from gateway.web.rendering import page


def asking(side: Side, deed: Deed) -> Any:
    """The form of a deed."""

    @signed_in(*side.hands)
    async def show(request: web.Request) -> web.StreamResponse:
        case = await case_of(request, side)
        fresh = handling_bodies.FORMS[deed.path].fresh(case, request[keys.ACTOR], request.app[keys.CLOCK]())
        if side.told is not None:  # the contact is theirs, whom we do not know yet
            fresh = {**fresh, "name": "", "phone": ""}
        return _form(request, side, deed, case, fresh)

    return show


def doing(side: Side, deed: Deed) -> Any:
    """The deed itself, and back to the case; a fault brings the form again with its words."""

    @signed_in(*side.hands, streams_body=True)
    async def do(request: web.Request) -> web.StreamResponse:
        posted = await posting.read(request)
        case = await case_of(request, side)
        if posted.get("_add"):
            return _form(request, side, deed, case, _another_row(posted), posted, [])
        try:
            if posted.faults:
                at = "/documents/0" if deed.path in handling_bodies.DECISIONS else "/document"
                raise Invalid([Finding(at, "type", fault.text) for fault in posted.faults])
            if side.why_closed(request):
                raise WrongState(side.why_closed(request))
            body = _body(side, deed, posted)
            name = handling_bodies.deed_of(deed.name, posted)
            if side.preview is not None:
                body |= handling_bodies.choice(deed.name, posted)
                if posted.get("_preview"):
                    papers = await side.preview(request, case.number, name, body)
                    return _form(request, side, deed, case, dict(posted.pairs), posted, [], papers)
            how = await side.act(request, case.number, name, body, posted.get("key") or None)
        except Invalid as error:
            return _form(request, side, deed, case, dict(posted.pairs), posted, error.findings)
        raise web.HTTPSeeOther(f"{side.address}/{case.number}?done={deed.path}&how={how}")

    return do


def _body(side: Side, deed: Deed, posted: Posted) -> dict[str, Any]:
    """What the deed takes, and on whose word it is done where that is asked. Raises Invalid with the faults of both."""
    parts = [handling_bodies.FORMS[deed.path].body, *([side.told] if side.told is not None else [])]
    body: dict[str, Any] = {}
    findings: list[Finding] = []
    for read in parts:
        try:
            body |= read(Reader(posted))
        except Invalid as error:
            findings += error.findings
    if findings:
        raise Invalid(findings)
    return body


def _another_row(posted: Posted) -> dict[str, str]:
    most = handling_bodies.MOST_ITEMS
    return dict(posted.pairs) | {"rows": str(min(handling_bodies.rows(posted.get("rows")) + 1, most))}


def _form(
    request: web.Request,
    side: Side,
    deed: Deed,
    case: Case,
    values: Mapping[str, str],
    posted: Posted | None = None,
    findings: Sequence[Finding] = (),
    papers: Sequence[Mapping[str, Any]] | None = None,
) -> web.Response:
    actor, today = request[keys.ACTOR], local_day(request.app[keys.CLOCK]())
    wrong: dict[str, str] = {}
    for finding in findings:
        wrong.setdefault(handling_bodies.field_of(deed.path, finding.pointer), finding.detail)
    schema = case_shown.schema_of(request.app[keys.MATTERS].forms, case)
    context = {
        "here": side.key,
        "side": side,
        "deed": deed,
        "number": case.number,
        "address": f"{side.address}/{case.number}",
        "matter": case.application.matter_name,
        "origin": place(case.application.origin),
        "values": _Values(values),
        "files": _files(posted),
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
        "possible": deed in handling_deeds.possible(case, side.acts_as or actor.role) and not side.why_closed(request),
        "closed": side.why_closed(request),
        "key": (posted.get("key") if posted else "") or secrets.token_urlsafe(24),
        "today": today.isoformat(),
        "case": case,
        "overdue": handling_deeds.overdue(case, today),
        "ways": [(way, way) for way in handling_bodies.ways_of(case)],
        "rows": handling_bodies.rows(values.get("rows", "")),
        "own": handling_bodies.OWN_PAPERS.get(deed.name) if side.preview is not None else None,
        "sheets": [paper_shown.preview(paper) for paper in papers or []],
        "no_paper": papers is not None and not papers,
        "places": handling_shown.places_to_name(schema, case) if deed.path == "supplement-notice" else None,
    }
    return page(request, f"handling/{deed.path}.html", context, status=422 if findings else 200)


class _Values(dict[str, str]):
    """A form's values; what was not given is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _files(posted: Posted | None) -> Mapping[str, Mapping[str, str]]:
    named = ("document", "told_scan", *handling_bodies.PAPERS)
    if posted is None:
        return {}
    return {name: {"sha256": posted.get(f"file:{name}"), "name": posted.get(f"filename:{name}")} for name in named}
