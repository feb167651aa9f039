"""协议清单: the agreements, the list versions in force, and their lines; to read."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.auth.decisions import signed_in
from gateway.coordination import list_shelf
from gateway.web import agreements_shown, chips, lists_shown
from gateway.web.agreements_shown import Narrow
from gateway.web.lists_shown import VersionShown
from gateway.web.pages.lists import RETURN_ROWS, TOLD
from gateway.web.rendering import page
from matters_map.lookup import MatterIndex

READERS = ("clerk", "officer", "coordinator", "signatory", "auditor", "administrator", "partner_operator")


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Every agreement of the actor's county, and the lines in force that the address asks for."""
    every = await request.app[keys.AGREEMENTS].all(request[keys.ACTOR])
    ids, narrow = [str(one["id"]) for one in every], Narrow.of(request.query)
    index = request.app[keys.MATTERS].index
    counts: dict[str, int] = {}
    for matter in index.matters():
        counts[matter.agreement] = counts.get(matter.agreement, 0) + 1
    context = {
        "agreements": every,
        "names": {one["id"]: one["name"] for one in every},
        "counts": counts,
        "sees_cases": roles.may(request[keys.ACTOR].role, "list"),
        **_lines(request, index, narrow, ids, "/agreements"),
    }
    return page(request, "agreements/agreements.html", context)


@signed_in(*READERS)
async def version(request: web.Request) -> web.StreamResponse:
    """One list version with its lines."""
    agreement, number = request.match_info["agreement"], int(request.match_info["version"])
    actor, shown = request[keys.ACTOR], request.app[keys.AGREEMENTS]
    every = {str(one["id"]): one for one in await shown.all(actor)}
    found = await shown.version(actor, agreement, number)
    if found is None:
        raise web.HTTPNotFound
    shelf = await list_shelf.shelf(request.app[keys.SETTINGS].home, actor, agreement)
    row = next(one for one in shelf.versions if one.version == number)
    shown_version = lists_shown.version(row, shelf.signatures, request.app[keys.CLOCK]())
    index, narrow = agreements_shown.index_of(found), Narrow.of(request.query)
    address = f"/agreements/{agreement}/versions/{number}"
    context = {
        "agreement": every[agreement],
        "version": found,
        "shown": shown_version,
        "comments": shelf.said_of(number),
        "before": shelf.before(number),
        "differences": lists_shown.differences(shelf.lines(shelf.before(number) or 0), shelf.lines(number)),
        "may_sign": _may_answer(actor, shown_version, "lists.sign"),
        "may_return": _may_answer(actor, shown_version, "lists.return"),
        "return_rows": range(RETURN_ROWS),
        "told": TOLD.get(request.query.get("told", "")),
        "names": {agreement: every[agreement]["name"]},
        **_lines(request, index, narrow, [agreement], address),
    }
    return page(request, "agreements/version.html", context)


def _may_answer(actor: Actor, shown: VersionShown, deed: str) -> bool:
    """May this person confirm, or return, the version for the own county now?"""
    own = next((one for one in shown.parties if one.code == actor.jurisdiction), None)
    return shown.open and own is not None and own.at is None and roles.may(actor.role, deed)


def _lines(
    request: web.Request, index: MatterIndex, narrow: Narrow, agreements: Iterable[str], address: str
) -> dict[str, Any]:
    actor, ids = request[keys.ACTOR], list(agreements)
    at_home = actor.jurisdiction == request.app[keys.SETTINGS].home
    return {
        "here": "agreements",
        "wide": True,
        "narrow": narrow,
        "address": address,
        "lines": agreements_shown.lines(index, narrow, ids, at_home=at_home),
        "places": agreements_shown.places(index, ids),
        "modes": list(chips.MODES.items()),
        "directions": list(chips.DIRECTIONS.items()),
        "may_file": actor.role == "clerk",
    }


def routes() -> list[web.RouteDef]:
    """The agreements, and one version."""
    return [
        web.get("/agreements", show),
        web.get(r"/agreements/{agreement}/versions/{version:\d{1,6}}", version),
    ]
