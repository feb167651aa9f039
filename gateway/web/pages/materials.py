"""材料预览: the files of a case to look at, turned and put in order, and printed; the files themselves stay as they are."""

from typing import Any

from aiohttp import web

from gateway import keys, transfer
from gateway.applications import arranging, views
from gateway.applications.case import Case
from gateway.applications.errors import NotFound
from gateway.attachments import thumbnails
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import case_place
from gateway.web.rendering import page

READERS = ("clerk", "officer", "partner_operator")
HANDS = ("clerk", "officer")
SHOWN = frozenset({"image/png", "image/jpeg", "image/bmp"})  # what every browser draws, told by content


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Every file of the case; what is no image, or no longer open to the reader's county, stands as a line."""
    actor, store = request[keys.ACTOR], request.app[keys.ATTACHMENTS]
    case = await _opened(request)
    files = arranging.ordered(views.files(case), case.application.arranged)
    digests = [one["attachment"]["sha256"] for one in files]
    unscanned, readable = await store.unscanned(digests), await store.readable(digests, actor.jurisdiction)
    context: dict[str, Any] = {
        **case_place.around(case, actor.role),
        "back": case_place.address(case, actor.role),
        "address": f"/materials/{case.number}",
        "files": [_file(case, one, unscanned, readable) for one in files],
        "may_arrange": roles.may(actor.role, "arrange"),
        "moved": request.query.get("moved", ""),
    }
    return page(request, "materials/materials.html", context)


async def _opened(request: web.Request) -> Case:
    """At the desk this is an opening like any other: the county's receipt. What it does not decide has no page there."""
    actor, number = request[keys.ACTOR], request.match_info["number"]
    case = await request.app[keys.CASE_ROOM].open(actor, number)
    if case_place.place(case, actor.role) is not case_place.DESK:
        return case
    if not case.is_origin:
        raise NotFound(number)
    return await request.app[keys.DESK_ROOM].open(actor, number)


def _file(case: Case, one: dict[str, Any], unscanned: set[str], readable: set[str]) -> dict[str, Any]:
    rows = case.document["answers"].get("materials") or []
    pages = next((row.get("pages") for row in rows if one["code"] and row.get("code") == one["code"]), None)
    digest, media_type = one["attachment"]["sha256"], one["attachment"]["media_type"]
    return {
        **one,
        "sha256": digest,
        "open": digest in readable,
        "image": digest in readable and media_type in SHOWN,
        "drawn": digest in readable and media_type in thumbnails.FORMATS,
        "pages": pages,
        "unscanned": digest in unscanned,
    }


@signed_in(*HANDS)
async def arrange(request: web.Request) -> web.StreamResponse:
    """One file one step up, down, left or right; the next page has it in focus."""
    form, number = await request.post(), request.match_info["number"]
    sha256, _, step = str(form.get("step", "")).partition(":")
    await request.app[keys.CASE_ROOM].arrange(request[keys.ACTOR], number, sha256, step)
    raise web.HTTPSeeOther(f"/materials/{number}?moved={sha256}:{step}")


@signed_in(*READERS)
async def image(request: web.Request) -> web.StreamResponse:
    """An image for an <img>, never a page: what its content does not show to be an image is not found here."""
    sha256 = request.match_info["sha256"]
    kept, pieces = await request.app[keys.ATTACHMENTS].open(sha256, request[keys.ACTOR].jurisdiction)
    if kept.media_type not in SHOWN:
        raise web.HTTPNotFound
    return await transfer.give(request, kept, pieces, inline=True)


def routes() -> list[web.RouteDef]:
    """The page, its steps, and the images on it."""
    return [
        web.get("/materials/{number}", show),
        web.post("/materials/{number}", arrange),
        web.get("/files/{sha256}/image", image),
    ]
