"""材料预览: the files of a case to look at, turned and put in order, and printed; the files themselves stay as they are."""

from typing import Any

from aiohttp import web

from gateway import keys, transfer
from gateway.applications import arranging, views
from gateway.applications.case import Case
from gateway.attachments import thumbnails
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import case_place
from gateway.web.rendering import page

READERS = ("clerk", "officer")
SHOWN = frozenset({"image/png", "image/jpeg", "image/bmp"})  # what every browser draws, told by content


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """Every file of the case; what is no image stands as a line that downloads it."""
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    files = arranging.ordered(views.files(case), case.application.arranged)
    unscanned = await request.app[keys.ATTACHMENTS].unscanned([one["attachment"]["sha256"] for one in files])
    context: dict[str, Any] = {
        **case_place.around(case),
        "back": case_place.address(case),
        "address": f"/materials/{case.number}",
        "files": [_file(case, one, unscanned) for one in files],
        "may_arrange": roles.may(request[keys.ACTOR].role, "arrange"),
        "moved": request.query.get("moved", ""),
    }
    return page(request, "materials/materials.html", context)


def _file(case: Case, one: dict[str, Any], unscanned: set[str]) -> dict[str, Any]:
    rows = case.document["answers"].get("materials") or []
    pages = next((row.get("pages") for row in rows if one["code"] and row.get("code") == one["code"]), None)
    digest, media_type = one["attachment"]["sha256"], one["attachment"]["media_type"]
    return {
        **one,
        "sha256": digest,
        "image": media_type in SHOWN,
        "drawn": media_type in thumbnails.FORMATS,
        "pages": pages,
        "unscanned": digest in unscanned,
    }


@signed_in(*READERS)
async def arrange(request: web.Request) -> web.StreamResponse:
    """One file one step up, down, left or right; the next page has it in focus."""
    form, number = await request.post(), request.match_info["number"]
    sha256, _, step = str(form.get("step", "")).partition(":")
    await request.app[keys.CASE_ROOM].arrange(request[keys.ACTOR], number, sha256, step)
    raise web.HTTPSeeOther(f"/materials/{number}?moved={sha256}:{step}")


@signed_in(*READERS, "partner_operator")
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
