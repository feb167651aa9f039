"""不在岗: who is away until when; the coordinator gives what is theirs to colleagues, many cases at once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.errors import CaseError, Invalid
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.coordination.absences import FOR_OTHERS, Colleague
from gateway.coordination.errors import Refused
from gateway.web import daily_shown
from gateway.web.forms import Fault
from gateway.web.rendering import page

HANDS = ("clerk", "officer", "coordinator")
OWNERS = ("clerk", "officer")  # who look after cases themselves
MOST = 200  # cases of one person on a page; the rest come when these are given away


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """One's own absence; for the coordinator everybody's, with how much is open."""
    return await _page(request)


async def _page(request: web.Request, fault: str | None = None, typed: str = "", who: str = "") -> web.Response:
    """`fault` is told where it was typed: at one's own day, or at that of `who`."""
    actor, absences = request[keys.ACTOR], request.app[keys.ABSENCES]
    all_ = roles.may(actor.role, FOR_OTHERS)
    people = await absences.people() if all_ else []
    until = await absences.until(actor)
    context = {
        "here": "daily",
        "tabs": daily_shown.tabs("absence", actor.role),
        "until": until,
        "typed": typed if fault and not who else until.isoformat() if until else "",
        "own": actor.role in OWNERS,
        "at": who if fault else "",
        "typed_at": typed,
        "people": people,
        "all": all_,
        "open": await request.app[keys.CASE_ROOM].owned(actor, [one.username for one in people if one.away]),
        "told": {"set": "已登记。"}.get(request.query.get("told", "")),
        "faults": [Fault(fault, f"#f-until-{who}" if who else "#f-until")] if fault else [],
        "wrong": None if who else fault,
    }
    return page(request, "daily/absence.html", context, status=422 if fault else 200)


async def _cases(request: web.Request, one: Colleague) -> Sequence[Mapping[str, Any]]:
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    found = await room.listing(actor, owner=one.username, limit=MOST)
    items: Sequence[Mapping[str, Any]] = found["items"]
    return items


@signed_in(*HANDS)
async def set_(request: web.Request) -> web.StreamResponse:
    """Away until a day, or here again when the day is empty."""
    form = {name: str(value).strip() for name, value in (await request.post()).items()}
    actor, typed = request[keys.ACTOR], form.get("until", "")
    try:
        until = date.fromisoformat(typed) if typed else None
        await request.app[keys.ABSENCES].set(actor, form.get("who") or actor.username or "", until)
    except ValueError:
        return await _page(request, "日期应写成 2026-12-01", typed, form.get("who", ""))
    except Refused as refusal:
        return await _page(request, str(refusal), typed, form.get("who", ""))
    raise web.HTTPSeeOther("/absence?told=set")


@signed_in("coordinator")
async def cases(request: web.Request) -> web.StreamResponse:
    """What somebody looks after, to be given to a colleague."""
    return await _assigning(request, await _who(request))


async def _who(request: web.Request) -> Colleague:
    people = await request.app[keys.ABSENCES].people()
    found = next((one for one in people if one.username == request.match_info["username"]), None)
    if found is None:
        raise web.HTTPNotFound
    return found


async def _assigning(
    request: web.Request,
    who: Colleague,
    wrong: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    results: Sequence[tuple[str, str]] = (),
) -> web.Response:
    people = await request.app[keys.ABSENCES].here(who.role)
    context = {
        "here": "daily",
        "wide": True,
        "who": who,
        "rows": await _cases(request, who),
        "people": [(username, name) for username, name in people.items() if username != who.username],
        "values": values or {},
        "wrong": wrong or {},
        "faults": [Fault(text, f"#f-{name}") for name, text in (wrong or {}).items()],
        "results": results,
    }
    return page(request, "daily/assigning.html", context, status=422 if wrong else 200)


@signed_in("coordinator")
async def assign(request: web.Request) -> web.StreamResponse:
    """Give the chosen ones to a colleague, each with its own line; what could not be given is told."""
    form, who = await request.post(), await _who(request)
    chosen = [str(one) for one in form.getall("case", [])][:MOST]
    body = {"to": str(form.get("to", "")), "reason": str(form.get("reason", "")).strip()}
    people = await request.app[keys.ABSENCES].here(who.role)
    wrong = {} if chosen else {"case": "请选择要转交的办件"}
    wrong |= {} if body["to"] in people else {"to": "请选择接手的人"}
    wrong |= {} if 0 < len(body["reason"]) <= 200 else {"reason": "请填写理由，不超过 200 个字"}
    if wrong:
        return await _assigning(request, who, wrong, body)
    results = []
    for number in chosen:
        try:
            await request.app[keys.CASE_ROOM].assign(request[keys.ACTOR], number, body, people)
            results.append((number, f"已转交{people[body['to']]}"))
        except Invalid as error:
            results.append((number, "；".join(one.detail for one in error.findings)))
        except CaseError as refusal:
            results.append((number, str(refusal) or "没有转交"))
    return await _assigning(request, who, results=results)


def routes() -> list[web.RouteDef]:
    """Absence, and giving away what the absent look after."""
    return [
        web.get("/absence", show),
        web.post("/absence", set_),
        web.get("/absence/{username}/cases", cases),
        web.post("/absence/{username}/cases", assign),
    ]
