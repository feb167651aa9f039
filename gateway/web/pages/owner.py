"""首问负责: who looks after a case; taking it, and handing it on with a reason."""

from collections.abc import Mapping

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case
from gateway.applications.errors import Invalid, WrongState
from gateway.auth.actor import Actor
from gateway.auth.decisions import signed_in
from gateway.web import case_place
from gateway.web.forms import Fault
from gateway.web.rendering import page

HANDS = ("clerk", "officer")


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """Who looks after it, and to whom it can be handed on."""
    return await _page(request, await _case(request))


@signed_in(*HANDS)
async def take(request: web.Request) -> web.StreamResponse:
    """From now on it is mine."""
    case = await _case(request)
    try:
        await request.app[keys.CASE_ROOM].take(request[keys.ACTOR], case.number)
    except WrongState as refusal:
        return await _page(request, case, {"take": str(refusal)})
    raise web.HTTPSeeOther(case_place.address(case))


@signed_in(*HANDS)
async def hand_on(request: web.Request) -> web.StreamResponse:
    """From now on it is somebody else's."""
    form, case = await request.post(), await _case(request)
    body = {"to": str(form.get("to", "")), "reason": str(form.get("reason", "")).strip()}
    people = await _people(request)
    try:
        await request.app[keys.CASE_ROOM].hand_on(request[keys.ACTOR], case.number, body, people)
    except Invalid as error:
        wrong = {finding.pointer.strip("/"): finding.detail for finding in error.findings}
        return await _page(request, case, wrong, body)
    except WrongState as refusal:
        return await _page(request, case, {"to": str(refusal)}, body)
    raise web.HTTPSeeOther(case_place.address(case))


@signed_in("officer")
async def pass_on(request: web.Request) -> web.StreamResponse:
    """From now on it is another department's."""
    form, case = await request.post(), await _case(request)
    body = {"department": str(form.get("department", "")), "reason": str(form.get("why", "")).strip()}
    room, departments = request.app[keys.CASE_ROOM], await _departments(request)
    try:
        await room.pass_on(request[keys.ACTOR], case.number, body, departments)
    except Invalid as error:
        names = {"reason": "why"}
        said = {one.pointer.strip("/"): one.detail for one in error.findings}
        wrong = {names.get(name, name): text for name, text in said.items()}
        if not body["reason"]:
            wrong["why"] = "请填写转交部门的理由"
        return await _page(request, case, wrong, body | {"why": body["reason"], "reason": ""})
    except WrongState as refusal:
        return await _page(request, case, {"department": str(refusal)}, body | {"why": body["reason"], "reason": ""})
    raise web.HTTPSeeOther(case_place.address(case))


async def _departments(request: web.Request) -> list[str]:
    """Departments of our own house in which somebody may decide."""
    home, every = request.app[keys.SETTINGS].home, await request.app[keys.USERS].all()
    hands = [one for one in every if one.role == "officer" and one.jurisdiction == home and not one.disabled]
    return sorted({one.department for one in hands if one.department})


@signed_in(*HANDS)
async def give_back(request: web.Request) -> web.StreamResponse:
    """From now on it is for somebody to take."""
    form, case = await request.post(), await _case(request)
    body = {"reason": str(form.get("back", "")).strip()}
    try:
        await request.app[keys.CASE_ROOM].give_back(request[keys.ACTOR], case.number, body)
    except Invalid as error:
        return await _page(request, case, {"back": error.findings[0].detail}, {"back": body["reason"]})
    except WrongState as refusal:
        return await _page(request, case, {"back": str(refusal)})
    raise web.HTTPSeeOther(case_place.address(case))


async def _case(request: web.Request) -> Case:
    return await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])


async def _people(request: web.Request) -> dict[str, str]:
    """Those of the same work in our own house, username -> name."""
    actor: Actor = request[keys.ACTOR]
    every = await request.app[keys.USERS].all()
    same = [one for one in every if one.role == actor.role and one.jurisdiction == actor.jurisdiction]
    return {one.username: one.name for one in same if not one.disabled}


async def _page(
    request: web.Request, case: Case, wrong: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> web.Response:
    people, mine = await _people(request), case.leg.owner == request[keys.ACTOR].username
    away = {one.username for one in await request.app[keys.ABSENCES].people() if one.away}
    context = {
        **case_place.around(case),
        "owner": case.leg.owner_name,
        "may_take": case.leg.owner is None or (case.leg.owner in away and not mine),
        "away": case.leg.owner in away,
        "mine": mine,
        "people": [(username, name) for username, name in people.items() if username not in {case.leg.owner, *away}],
        "department": None if case.is_origin else case.leg.department,
        "departments": [] if case.is_origin else [(one, one) for one in await _departments(request)],
        "values": values or {},
        "wrong": wrong or {},
        "faults": [Fault(text, f"#f-{name}") for name, text in (wrong or {}).items()],
    }
    return page(request, "owner/owner.html", context, status=422 if wrong else 200)


def routes() -> list[web.RouteDef]:
    """The page, taking, giving back, handing on; at one address for both directions."""
    path = "/applications/{number}/owner"
    return [
        web.get(path, show),
        web.post(f"{path}/take", take),
        web.post(f"{path}/department", pass_on),
        web.post(f"{path}/return", give_back),
        web.post(path, hand_on),
    ]
