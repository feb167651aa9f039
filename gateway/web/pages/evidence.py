"""Giving out a case's evidence: why, then the package; both stand on the case's audit chain with the package's digest."""

import hashlib
from urllib.parse import quote

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web.rendering import page

HANDS = ("clerk", "officer")  # the package holds what was filed in full: nobody who sees cases masked
REASONS = ("行政复议或诉讼需要", "纪检监察或督查调取", "与协作地区核对", "申请人申请查阅")


@signed_in(*HANDS)
async def ask(request: web.Request) -> web.StreamResponse:
    """What the package is, and for which reason it is given out."""
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    return _page(request, case.application.number)


@signed_in(*HANDS)
async def give(request: web.Request) -> web.StreamResponse:
    """The package as a download. A reason that is not in the list is asked for again."""
    room, actor, form = request.app[keys.CASE_ROOM], request[keys.ACTOR], await request.post()
    case, reason = await room.open(actor, request.match_info["number"]), str(form.get("reason", ""))
    number = case.application.number
    if reason not in REASONS:
        return _page(request, number, status=422)
    archive = await request.app[keys.EVIDENCE](number)
    await room.gave_evidence(actor, number, hashlib.sha256(archive).hexdigest(), reason)
    disposition = f'attachment; filename="evidence-{number}.zip"'
    return web.Response(body=archive, content_type="application/zip", headers={"Content-Disposition": disposition})


def _page(request: web.Request, number: str, *, status: int = 200) -> web.Response:
    address = f"/applications/{quote(number, safe='')}"
    context = {"here": "applications", "number": number, "address": address, "reasons": REASONS}
    return page(request, "evidence/evidence.html", context, status=status)


def routes() -> list[web.RouteDef]:
    """Ask, then give."""
    return [web.get("/applications/{number}/evidence", ask), web.post("/applications/{number}/evidence", give)]
