"""协议清单: the agreements, the list versions in force, and their lines; to read."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web import agreements_shown, chips
from gateway.web.agreements_shown import Narrow
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
    index, narrow = agreements_shown.index_of(found), Narrow.of(request.query)
    address = f"/agreements/{agreement}/versions/{number}"
    context = {
        "agreement": every[agreement],
        "version": found,
        "state": STATES.get(found["state"], found["state"]),
        "names": {agreement: every[agreement]["name"]},
        **_lines(request, index, narrow, [agreement], address),
    }
    return page(request, "agreements/version.html", context)


STATES: Mapping[str, str] = {
    "draft": "草稿",
    "proposed": "待对方确认",
    "returned": "已退回",
    "signed": "已确认，待生效",
    "in_force": "生效中",
    "superseded": "已被新版本替代",
    "suspended": "暂停",
    "ended": "已终止",
}


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
