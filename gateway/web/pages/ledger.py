"""当日台账: the day's book on a page, printed, and as a CSV."""

import csv
import io

from aiohttp import web

from gateway import keys
from gateway.applications.case_door import window_of
from gateway.applications.clocks import local_day
from gateway.applications.ledger import KINDS, Day
from gateway.auth.decisions import signed_in
from gateway.web import daily_shown
from gateway.web.rendering import moment, page

READERS = ("clerk", "officer", "coordinator", "auditor")
COLUMNS = ("时间", "类别", "办件编号", "事项", "收件地", "业务属地", "内容", "经办", "窗口", "系统编号")


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """A day, of one's own window or of all."""
    found, window = await _day(request)
    today, role = local_day(request.app[keys.CLOCK]()), request[keys.ACTOR].role
    context = {
        "here": "daily",
        "wide": True,
        "tabs": daily_shown.tabs("ledger", role),
        "ledger": found,
        "kinds": {kind: label for kind, (label, _) in KINDS.items()},
        "day": found.day.isoformat(),
        "today": today.isoformat(),
        "window": window,
        "own": window_of(request[keys.ACTOR]) if role == "clerk" else None,
        "printed_at": request.app[keys.CLOCK](),
    }
    return page(request, "daily/ledger.html", context)


async def _day(request: web.Request) -> tuple[Day, str | None]:
    actor, today = request[keys.ACTOR], local_day(request.app[keys.CLOCK]())
    day = daily_shown.day(request.query.get("day", ""), today)
    window = window_of(actor) if actor.role == "clerk" and request.query.get("of") == "own" else None
    return await request.app[keys.LEDGER].of_day(actor, day, window), window


@signed_in(*READERS)
async def export(request: web.Request) -> web.StreamResponse:
    """The same as a file; that it was taken is written down."""
    found, _ = await _day(request)
    await request.app[keys.LEDGER].exported(request[keys.ACTOR], found)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in found.lines:
        cells = (
            moment(line.at), KINDS[line.kind][0], line.number, line.matter, line.origin, line.handler, line.text, line.who,
            line.window, line.vertical,
        )  # fmt: skip
        writer.writerow([daily_shown.cell(one) for one in cells])
    for kind, count in found.totals.items():
        writer.writerow(["合计", KINDS[kind][0], count])
    name = f'attachment; filename="ledger-{found.day.isoformat()}.csv"'
    return web.Response(
        body=("\ufeff" + text.getvalue()).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": name},
    )


def routes() -> list[web.RouteDef]:
    """The page and the file."""
    return [web.get("/ledger", show), web.get("/ledger.csv", export)]
