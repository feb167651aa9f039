"""好差评 for supervisors: grades by window and by county, and low ones to be followed up."""

from aiohttp import web

from gateway import keys
from gateway.applications.ratings import GRADES
from gateway.auth.decisions import signed_in
from gateway.web import daily_shown
from gateway.web.rendering import page

PERIODS = {"30": "近 30 天", "90": "近 90 天", "365": "近一年"}


@signed_in("coordinator", "auditor")
async def show(request: web.Request) -> web.StreamResponse:
    """Counts by grade; never to who was rated."""
    ratings, actor = request.app[keys.RATINGS], request[keys.ACTOR]
    days = request.query.get("days", "")
    days = days if days in PERIODS else "90"
    context = {
        "here": "daily",
        "tabs": daily_shown.tabs("ratings", actor.role),
        "periods": PERIODS,
        "days": days,
        "grades": GRADES,
        "tables": [
            ("按收件窗口（申请人对窗口的评价）", await ratings.windows(actor, int(days))),
            ("按业务属地（申请人对办理的评价）", await ratings.handlers(actor, int(days))),
        ],
        "low": await ratings.low(actor, int(days)),
        "elsewhere": request.app[keys.SETTINGS].rating_url,
    }
    return page(request, "daily/ratings.html", context)


def routes() -> list[web.RouteDef]:
    """The one page."""
    return [web.get("/ratings", show)]
