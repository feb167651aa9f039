"""收件凭证 on one printable page."""

from aiohttp import web
from markupsafe import Markup

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web import slip_shown
from gateway.web.rendering import page


@signed_in("clerk", "officer")
async def show(request: web.Request) -> web.StreamResponse:
    """The slip of a case that was received here."""
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.is_origin:
        raise web.HTTPNotFound
    slip = slip_shown.of(case)
    drawn = Markup(slip_shown.code(slip.number))  # noqa: S704  # our own drawing of a number that we gave
    context = {
        "here": "applications",
        "slip": slip,
        "code": drawn,
        "address": f"/applications/{slip.number}",
        "printed_at": request.app[keys.CLOCK](),
    }
    return page(request, "slip/slip.html", context)


def routes() -> list[web.RouteDef]:
    """The slip."""
    return [web.get("/applications/{number}/slip", show)]
