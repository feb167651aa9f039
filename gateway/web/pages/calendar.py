"""工作日历: the years by which limits are counted; an administrator loads the next one from a file, looked over before."""

from datetime import date

from aiohttp import web
from aiohttp.web_request import FileField

from gateway import keys
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.coordination.errors import Refused
from gateway.coordination.working_days import DEED, Checked
from gateway.web.forms import Fault
from gateway.web.rendering import page

READERS = ("clerk", "officer", "coordinator", "signatory", "auditor", "administrator", "partner_operator")
SHOWN = 40  # changed days that are listed


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The years in force, with their days off and make-up days."""
    return await _years(request)


async def _years(request: web.Request, fault: str | None = None) -> web.Response:
    years = await request.app[keys.WORKING_DAYS].years()
    today: date = request.app[keys.CLOCK]().date()
    context = {
        "here": "calendar",
        "years": years,
        "missing": [year for year in (today.year, today.year + 1) if year not in {one.year for one in years}],
        "may_load": roles.may(request[keys.ACTOR].role, DEED),
        "loaded": request.query.get("loaded"),
        "faults": [Fault(fault, "#f-file")] if fault else [],
    }
    return page(request, "calendar/calendar.html", context, status=422 if fault else 200)


@signed_in("administrator")
async def check(request: web.Request) -> web.StreamResponse:
    """What the file would change; nothing is changed."""
    given = (await request.post()).get("file")
    if not isinstance(given, FileField):
        return await _years(request, "请选择日历文件（CSV）")
    content = given.file.read()
    try:
        checked = await request.app[keys.WORKING_DAYS].check(content)
    except Refused as refusal:
        return await _years(request, str(refusal))
    return _preview(request, checked, content)


def _preview(request: web.Request, checked: Checked, content: bytes) -> web.Response:
    context = {
        "here": "calendar",
        "years": checked.years,
        "changes": checked.changes[:SHOWN],
        "more": max(len(checked.changes) - SHOWN, 0),
        "new": sum(change.before is None for change in checked.changes),
        "turned": sum(change.before is not None for change in checked.changes),
        "past": checked.past,
        "content": content.hex(),
    }
    return page(request, "calendar/preview.html", context)


@signed_in("administrator")
async def load(request: web.Request) -> web.StreamResponse:
    """Put the file that was looked over in force."""
    try:
        content = bytes.fromhex(str((await request.post()).get("content", "")))
        checked = await request.app[keys.WORKING_DAYS].load(request[keys.ACTOR], content)
    except ValueError:
        return await _years(request, "日历文件没有完整传来，请重新选择")
    except Refused as refusal:
        return await _years(request, str(refusal))
    raise web.HTTPSeeOther("/calendar?loaded=" + "-".join(str(year.year) for year in checked.years))


def routes() -> list[web.RouteDef]:
    """The calendar, looking a file over, and loading it."""
    return [web.get("/calendar", show), web.post("/calendar/check", check), web.post("/calendar", load)]
