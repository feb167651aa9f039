"""The work queue: to-do views, state tabs, search, page by page; it fetches itself when something changed."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.clocks import local_day
from gateway.applications.errors import Invalid, NotFound
from gateway.auth.decisions import signed_in
from gateway.web import matters_shown, queue_shown
from gateway.web.queue_shown import Narrow
from gateway.web.rendering import page
from matters_map import codes

READERS = ("clerk", "officer", "coordinator", "auditor")
PAGE = 50


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The queue as its address asks. What was searched for by a full value goes to an address without it."""
    narrow = Narrow.of(request.query)
    if narrow.q and "HX-Request" not in request.headers:
        await _go_on(request, narrow.q, narrow, request.query.get("q", ""))
    return page(request, "queue/queue.html", await _context(request, narrow))


@signed_in(*READERS)
async def search(request: web.Request) -> web.StreamResponse:
    """A search from the bar: posted, so that no name and no ID number stands in an address."""
    asked = str((await request.post()).get("q", "")).strip()
    q = asked[: queue_shown.MOST]
    await _go_on(request, q, Narrow(), asked)
    raise web.HTTPSeeOther(Narrow(q=q or None).address())


async def _go_on(request: web.Request, q: str, narrow: Narrow, asked: str) -> None:
    """A scanned number or paper opens its case; a full personal value becomes its keyed index."""
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    number = queue_shown.scanned(asked)
    if codes.valid_number(number):
        try:
            case = await room.open(actor, number)
        except NotFound:
            return
        raise web.HTTPSeeOther(f"{'/applications' if case.is_origin else '/inbox'}/{case.application.number}")
    if q and queue_shown.is_personal(q):
        raise web.HTTPSeeOther(narrow.address(q=None, found=room.cases.keyed(q)))


async def _context(request: web.Request, narrow: Narrow) -> Mapping[str, Any]:
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    cursor = await request.app[keys.NOTIFIER].latest()  # before reading, so that no change falls between
    counts = await room.counts(actor, "origin")
    try:
        found = await room.listing(
            actor,
            role="origin",
            view=narrow.view,
            state=narrow.state,
            handler=narrow.handler,
            q=narrow.q,
            found=narrow.found,
            limit=PAGE,
            after=narrow.after,
        )
    except Invalid:  # an address from elsewhere
        raise web.HTTPSeeOther(narrow.address(found=None)) from None
    today = local_day(request.app[keys.CLOCK]())
    return {
        "here": "applications",
        "wide": True,
        "stream": f"/stream?after={cursor}",
        "narrow": narrow,
        "views": queue_shown.views(narrow, counts),
        "states": queue_shown.states(narrow, counts),
        "places": matters_shown.places(request.app[keys.MATTERS].index),
        "rows": queue_shown.rows(found["items"], today, room.house),
        "next": narrow.address(after=found["next"]) if found["next"] else None,
        "first": narrow.address() if narrow.after else None,
        "nothing_chosen": "none" in request.query,
        "empty": queue_shown.empty(narrow),
        "may_file": actor.role == "clerk",
        "address": narrow.address(after=narrow.after),
    }


def routes() -> list[web.RouteDef]:
    """The queue."""
    return [web.get("/applications", show), web.post("/applications/search", search)]
