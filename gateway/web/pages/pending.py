"""撤销提交: the seconds between the button and the number, in which a submission can still be undone."""

from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.errors import NotFound
from gateway.applications.pending import Waiting
from gateway.auth.decisions import signed_in
from gateway.web.rendering import page
from matters_map import regions

ADDRESS = "/applications/new/pending/{draft}"
DRAFT = "/applications/new?draft="


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """The countdown with its button; for the script that counts, `{"address": where to go now, or null}`."""
    draft = request.match_info["draft"]
    try:
        waiting = await request.app[keys.PENDING].one(request[keys.ACTOR], draft)
    except NotFound:
        raise web.HTTPSeeOther(DRAFT + draft) from None
    there = _address(waiting)
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({"address": there})
    if there:
        raise web.HTTPSeeOther(there)
    return page(request, "new_application/pending.html", _context(request, waiting))


def _address(waiting: Waiting) -> str | None:
    if waiting.number:
        return f"/applications/{waiting.number}?filed=1"
    return DRAFT + waiting.id if waiting.refusal else None


def _context(request: web.Request, waiting: Waiting) -> dict[str, Any]:
    matter = request.app[keys.MATTERS].index.get(waiting.matter)
    return {
        "here": "new",
        "draft": waiting.id,
        "matter": matter.name if matter else "",
        "handler": regions.name_of(waiting.handler or "") or "",
        "seconds": waiting.seconds or 0,
        "late": "late" in request.query,
    }


@signed_in("clerk")
async def undo(request: web.Request) -> web.StreamResponse:
    """Back to the draft, as if the button had not been pressed; too late is told."""
    draft = request.match_info["draft"]
    if await request.app[keys.PENDING].undo(request[keys.ACTOR], draft):
        raise web.HTTPSeeOther(f"{DRAFT}{draft}&told=undone")
    raise web.HTTPSeeOther(f"{ADDRESS.format(draft=draft)}?late=1")


@signed_in("clerk")
async def hurry(request: web.Request) -> web.StreamResponse:
    """Submit it without waiting."""
    draft = request.match_info["draft"]
    await request.app[keys.PENDING].hurry(request[keys.ACTOR], draft)
    raise web.HTTPSeeOther(ADDRESS.format(draft=draft))


def routes() -> list[web.RouteDef]:
    """The page and its two buttons."""
    return [
        web.get(ADDRESS, show),
        web.post(f"{ADDRESS}/undo", undo),
        web.post(f"{ADDRESS}/now", hurry),
    ]
