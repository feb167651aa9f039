"""交接班: what a shift leaves to the next, printed, and confirmed by who takes over."""

from collections.abc import Mapping

from aiohttp import web

from gateway import keys
from gateway.applications.case_door import window_of
from gateway.applications.errors import Invalid, WrongState
from gateway.applications.shifts import LISTS
from gateway.auth.decisions import signed_in
from gateway.web import daily_shown
from gateway.web.forms import Fault
from gateway.web.rendering import page


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """What stands at the window now, a place for a note, and the last hand-overs."""
    return await _page(request, {}, "")


async def _page(request: web.Request, wrong: Mapping[str, str], note: str) -> web.Response:
    actor, shifts = request[keys.ACTOR], request.app[keys.SHIFTS]
    context = {
        "here": "daily",
        "wide": True,
        "tabs": daily_shown.tabs("shift", actor.role),
        "now": await shifts.standing_now(actor),
        "recent": await shifts.recent(actor),
        "names": LISTS,
        "window": window_of(actor),
        "note": note,
        "wrong": wrong,
        "faults": [Fault(text, f"#f-{name}") for name, text in wrong.items()],
    }
    return page(request, "daily/shifts.html", context, status=422 if wrong else 200)


@signed_in("clerk")
async def give(request: web.Request) -> web.StreamResponse:
    """交班: kept as it stands."""
    note = str((await request.post()).get("note", ""))
    try:
        given = await request.app[keys.SHIFTS].give(request[keys.ACTOR], note)
    except Invalid as error:
        return await _page(request, {one.pointer.strip("/"): one.detail for one in error.findings}, note)
    raise web.HTTPSeeOther(f"/shifts/{given}")


@signed_in("clerk")
async def one(request: web.Request) -> web.StreamResponse:
    """One hand-over as it was given; it prints."""
    return await _one(request, None)


async def _one(request: web.Request, fault: str | None) -> web.Response:
    actor = request[keys.ACTOR]
    handed = await request.app[keys.SHIFTS].one(actor, request.match_info["shift"])
    context = {
        "here": "daily",
        "wide": True,
        "shift": handed,
        "names": LISTS,
        "may_take": handed.taken_at is None and handed.given_by != actor.id,
        "told": fault,
        "printed_at": request.app[keys.CLOCK](),
    }
    return page(request, "daily/shift.html", context, status=409 if fault else 200)


@signed_in("clerk")
async def take(request: web.Request) -> web.StreamResponse:
    """接班: by name, once."""
    shift = request.match_info["shift"]
    try:
        await request.app[keys.SHIFTS].take(request[keys.ACTOR], shift)
    except WrongState as refusal:
        return await _one(request, str(refusal))
    raise web.HTTPSeeOther(f"/shifts/{shift}")


def routes() -> list[web.RouteDef]:
    """The window's hand-overs."""
    return [
        web.get("/shifts", show),
        web.post("/shifts", give),
        web.get("/shifts/{shift}", one),
        web.post("/shifts/{shift}/taking", take),
    ]
