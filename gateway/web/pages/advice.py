"""一次性告知单 without filing: from a matter alone, or from a form that was filled in and looked through."""

from collections.abc import Sequence

from aiohttp import web

from gateway import keys
from gateway.applications.errors import Finding
from gateway.auth.decisions import signed_in
from gateway.web import matters_shown, paper_shown
from gateway.web import posted as posting
from gateway.web.filing_form import OURS, Filing
from gateway.web.posted import Posted
from gateway.web.rendering import page
from matters_map.matters import Matter, Member

ADDRESS = "/papers/advice"


@signed_in("clerk")
async def show(request: web.Request) -> web.StreamResponse:
    """What the paper would say of a matter."""
    matter, handler = _matter(request, request.query.get("matter", ""), request.query.get("handler", ""))
    content = request.app[keys.PAPERS].preview_advice(
        request[keys.ACTOR], matter, handler, [], _hint(request, matter, handler)
    )
    context = {"here": "new", "sheet": paper_shown.preview(content), "matter": matter, "handler": handler}
    return page(request, "papers/advice.html", context)


@signed_in("clerk", streams_body=True)
async def issue(request: web.Request) -> web.StreamResponse:
    """Issue it. A filled form that comes along is looked through as before filing, and what is found is told."""
    posted = await posting.read(request)
    matter, handler = _matter(request, posted.get("matter"), posted.get("handler"))
    findings = await _found(request, posted, matter, handler)
    room, hint = request.app[keys.PAPERS], _hint(request, matter, handler)
    number = await room.advise(request[keys.ACTOR], matter, handler, findings, hint)
    raise web.HTTPSeeOther(f"/papers/{number}")


def _matter(request: web.Request, matter_id: str, place: str) -> tuple[Matter, Member]:
    matter = request.app[keys.MATTERS].index.get(matter_id)
    handler = (matter.handler(place) or (matter.handlers[0] if not place else None)) if matter else None
    if matter is None or handler is None:
        raise web.HTTPNotFound
    return matter, handler


def _hint(request: web.Request, matter: Matter, handler: Member) -> str | None:
    return matters_shown.refusal(request.app[keys.MATTERS].index, matter, handler.code)


async def _found(request: web.Request, posted: Posted, matter: Matter, handler: Member) -> Sequence[Finding]:
    """Errors and missing materials of the form; nothing when only the matter was named."""
    if not posted.form or _hint(request, matter, handler):
        return []
    filing = Filing.of(request.app[keys.MATTERS].forms, matter, handler, request.app[keys.SETTINGS].home)
    body = filing.body(filing.read(posted.form, posted.digests))
    checked = await request.app[keys.CASE_ROOM].check(request[keys.ACTOR], body, files=True)
    told = [Finding(**one) for one in (*checked["errors"], *checked["warnings"])]
    return [one for one in told if not one.pointer.startswith(OURS)]


def routes() -> list[web.RouteDef]:
    """To look at, and to issue."""
    return [web.get(ADDRESS, show), web.post(ADDRESS, issue)]
