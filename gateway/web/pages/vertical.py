"""系统编号: the case's number in the province's or a vertical system, written down by whoever works on the case."""

from collections.abc import Mapping

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case
from gateway.applications.deeds.vertical import SYSTEMS
from gateway.applications.errors import Invalid
from gateway.auth.decisions import signed_in
from gateway.web import case_place
from gateway.web.forms import Fault
from gateway.web.rendering import page

HANDS = ("clerk", "officer")


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """The number as it is written down."""
    case = await _case(request)
    return _page(request, case, {"system": case.leg.vertical_system or "", "number": case.leg.vertical_number or ""})


@signed_in(*HANDS)
async def keep(request: web.Request) -> web.StreamResponse:
    """Another number, or none."""
    form = {name: str(value).strip() for name, value in (await request.post()).items()}
    case, body = await _case(request), {name: form.get(name, "") for name in ("system", "number")}
    try:
        await request.app[keys.CASE_ROOM].note_vertical(request[keys.ACTOR], case.number, body)
    except Invalid as error:
        return _page(request, case, body, {one.pointer.strip("/"): one.detail for one in error.findings})
    raise web.HTTPSeeOther(case_place.address(case))


async def _case(request: web.Request) -> Case:
    return await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])


def _page(
    request: web.Request, case: Case, values: Mapping[str, str], wrong: Mapping[str, str] | None = None
) -> web.Response:
    links = request.app[keys.SETTINGS].vertical_urls
    context = {
        **case_place.around(case),
        "systems": [(name, name) for name in dict.fromkeys([*links, *SYSTEMS])],
        "values": values,
        "wrong": wrong or {},
        "faults": [Fault(text, f"#f-{name}") for name, text in (wrong or {}).items()],
    }
    return page(request, "vertical/vertical.html", context, status=422 if wrong else 200)


def routes() -> list[web.RouteDef]:
    """At one address for both directions."""
    path = "/applications/{number}/vertical"
    return [web.get(path, show), web.post(path, keep)]
