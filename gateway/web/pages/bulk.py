"""Several cases at once from the list: their papers in one print, their results handed over with one signature list."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications import lifecycle
from gateway.applications.case import Case
from gateway.applications.errors import CaseError, Finding, Invalid, NotFound
from gateway.applications.papers.kinds import KINDS
from gateway.auth.decisions import signed_in
from gateway.web import deed_bodies
from gateway.web import posted as posting
from gateway.web.forms import Fault
from gateway.web.pages.papers import printed_page
from gateway.web.posted import Posted
from gateway.web.rendering import page
from matters_map import codes

ADDRESS = "/applications/bulk/handover"
MOST = 100


@signed_in("clerk")
async def choose(request: web.Request) -> web.StreamResponse:
    """What is to be done with the chosen cases."""
    form = await request.post()
    chosen = [number for one in form.getall("case", []) if codes.valid_number(number := str(one))][:MOST]
    if not chosen:
        raise web.HTTPSeeOther("/applications?none=1")
    if form.get("do") == "handover":
        raise web.HTTPSeeOther(f"{ADDRESS}?n={','.join(chosen)}")
    return await _print(request, chosen, everything=form.get("do") == "papers")


async def _print(request: web.Request, chosen: Sequence[str], *, everything: bool) -> web.Response:
    """The newest version of each paper; each print has its own line in the book."""
    actor, wanted = request[keys.ACTOR], []
    for case in await _cases(request, chosen):
        newest = {one["number"]: one for one in case.papers if KINDS[one["kind"]].side == "origin"}
        wanted += [one["number"] for one in newest.values() if everything or one["kind"] == "receipt"]
    room = request.app[keys.PAPERS]
    opened = [await room.printed(actor, number, None, "page") for number in wanted[:MOST]]
    if not opened:
        raise web.HTTPSeeOther("/applications?none=1")
    return await printed_page(request, opened)


async def _cases(request: web.Request, numbers: Sequence[str]) -> list[Case]:
    """Those that were received here; others are left out."""
    room, found = request.app[keys.CASE_ROOM], []
    for number in dict.fromkeys(numbers):
        try:
            case = await room.open(request[keys.ACTOR], number)
        except NotFound:
            continue
        if case.is_origin:
            found.append(case)
    return found


@signed_in("clerk")
async def ask(request: web.Request) -> web.StreamResponse:
    """The signature list of the chosen ones, to be printed, and the form that tells of the hand-over."""
    cases = await _cases(request, request.query.get("n", "").split(",")[:MOST])
    return _page(request, cases, Posted(), {})


def _page(
    request: web.Request,
    cases: Sequence[Case],
    posted: Posted,
    wrong: Mapping[str, str],
    results: Sequence[tuple[str, bool, str]] = (),
) -> web.Response:
    now = request.app[keys.CLOCK]()
    ready = [case for case in cases if lifecycle.may_say(case.state, "result.handed_over")]
    rows = [_row(case, posted, now) for case in ready]
    context = {
        "here": "applications",
        "wide": True,
        "rows": rows,
        "left_out": [case.application.number for case in cases if case not in ready] if not results else [],
        "method": posted.get("method") or (rows[0]["method"] if rows else "window"),
        "at": posted.get("at") or deed_bodies.fresh_hand_over(ready[0], now)["at"] if ready else "",
        "waybill": posted.get("waybill"),
        "file": {"sha256": posted.get("file:file"), "name": posted.get("filename:file")},
        "key": posted.get("key") or secrets.token_urlsafe(24),
        "results": results,
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
        "printed_at": now,
    }
    return page(request, "bulk/handover.html", context, status=422 if wrong else 200)


def _row(case: Case, posted: Posted, now: Any) -> dict[str, Any]:
    fresh, result = deed_bodies.fresh_hand_over(case, now), case.said.get("result") or {}
    number = case.application.number
    papers = [f"{one['name']} {one['number']}" for one in result.get("certificates") or []]
    papers += [str(one["name"]) for one in result.get("documents") or []]
    return {
        "number": number,
        "matter": case.application.matter_name,
        "handler": case.handler_name,
        "applicant": case.person.get("name") or "",
        "papers": "、".join(papers),
        "method": fresh["method"],
        "to": posted.get(f"to-{number}") or fresh["to"],
    }


@signed_in("clerk", streams_body=True)
async def hand_over(request: web.Request) -> web.StreamResponse:
    """Each its own deed with the one proof; what could not be handed over is told and stays on the list."""
    posted = await posting.read(request)
    numbers = [value for name, value in posted.pairs if name == "case"][:MOST]
    cases = await _cases(request, numbers)
    if posted.faults:
        return _page(request, cases, posted, {"file": posted.faults[0].text})
    results: list[tuple[str, bool, str]] = []
    wrong: dict[str, str] = {}
    for case in cases:
        number = case.application.number
        try:
            await _hand_over(request, number, posted)
        except Invalid as error:
            wrong |= {_place(one, number): one.detail for one in error.findings}
            results.append((number, False, "；".join(one.detail for one in error.findings)))
        except CaseError as refusal:
            results.append((number, False, str(refusal) or "没有登记"))
        else:
            results.append((number, True, "已登记送达"))
    if wrong and not any(done for _, done, _ in results):
        return _page(request, cases, posted, wrong)
    return _page(request, await _cases(request, numbers), posted, {}, results)


def _place(finding: Finding, number: str) -> str:
    member = finding.pointer.strip("/")
    return f"to-{number}" if member == "to" else "file" if member == "proof" else member


async def _hand_over(request: web.Request, number: str, posted: Posted) -> None:
    body = {**deed_bodies.hand_over(posted), "to": posted.get(f"to-{number}").strip()}
    room, key = request.app[keys.CASE_ROOM], posted.get("key")
    await room.hand_over(request[keys.ACTOR], number, body, f"{key} {number}" if key else None)


def routes() -> list[web.RouteDef]:
    """Choosing, and handing over together."""
    return [
        web.post("/applications/bulk", choose),
        web.get(ADDRESS, ask),
        web.post(ADDRESS, hand_over),
    ]
