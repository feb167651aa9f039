"""One case: where it stands, with whom it is, what to do next, both sides' steps; the page follows by itself."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from gateway import keys
from gateway.applications import lifecycle, promises
from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import case_deeds_shown, case_shown, paper_shown
from gateway.web.rendering import page

READERS = ("clerk", "officer", "coordinator", "auditor")
EVENTS = 200  # steps on one page; a longer case shows its first ones and says so


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """The case under its number or the partner's; one that another county sent to us has its page at the inbox."""
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    cursor = await request.app[keys.NOTIFIER].latest()  # before reading, so that no change falls between
    case = await room.open(actor, request.match_info["number"])
    number = case.application.number
    if case.leg.part:  # a part of a joint case is shown with the whole
        raise web.HTTPSeeOther(f"/applications/{number}#leg-{case.number}")
    if not case.is_origin:
        raise web.HTTPSeeOther(f"/inbox/{number}")
    if request.match_info["number"] != number:
        raise web.HTTPSeeOther(f"/applications/{number}")
    found = await room.events(actor, number, EVENTS)
    now = request.app[keys.CLOCK]()
    context = {
        **case_shown.whole(case, found["items"], request.app[keys.MATTERS].forms, actor.role, now),
        **_around(case, actor.role, local_day(now)),
        "papers": paper_shown.listed(case, actor.role),
        "on_paper": actor.role == "clerk" and request.app[keys.DESK_ROOM].on_paper(case.leg.partner),
        "owed": bool(promises.owed(case.document)) and roles.may(actor.role, "supplement"),
        "received_papers": await request.app[keys.PAPERS].received(case, found["items"]),
        "vertical_link": case_shown.vertical_link(case, request.app[keys.SETTINGS].vertical_urls),
        "rating_url": _rating_url(request, number),
        "stream": f"/stream?{_numbers(case)}&after={cursor}",
        "filed": "filed" in request.query,
        "done": DONE.get(request.query.get("done", "")),
        "more_events": found["next"] is not None,
    }
    return page(request, "case/case.html", context)


def _rating_url(request: web.Request, number: str) -> str | None:
    """The province's own 好差评 for this case, when it is asked instead of ours."""
    url: str | None = request.app[keys.SETTINGS].rating_url
    return url.replace("{number}", number) if url else None


def _numbers(case: Case) -> str:
    """Whose changes are of concern: of a joint case all its parts'."""
    parts = [str(one["number"]) for one in case.said.get("parts") or []]
    return urlencode([("number", number) for number in (case.number, *parts)])


# What was just done, told above the case
DONE = {
    "supplement": "补正已提交，正在转送对方。",
    "correction": "更正已发出，对方会看到更正前后的内容。",
    "handover": "已登记送达申请人，并告知对方。",
    "later": "补交的材料已发出，正在转送对方。",
    "urges": "催办已发出。",
    "notes": "留言已发出。",
    "contacts": "告知记录已登记。",
    "withdrawal": "撤回申请已发出，等待对方确认。",
    "rating": "评价已记录，谢谢申请人。",
}


def _around(case: Case, role: str | None, today: date) -> dict[str, Any]:
    number = case.application.number
    return {
        "here": "applications",
        "wide": True,
        "number": number,
        "address": f"/applications/{number}",
        "deeds": case_deeds_shown.possible(case, role),
        "next_step": case_deeds_shown.next_step(case, today),
        "reveal": f"/applications/{number}/reveal" if roles.may(role, "reveal") else None,
        "may_download": roles.may(role, "file.get"),
        **({"owner": case.leg.owner_name} if roles.may(role, "own") else {}),
        "may_note_vertical": roles.may(role, "note_vertical"),
        "may_tell_fee": role == "clerk" and lifecycle.may_say(case.state, "note.sent"),
        "may_print": role in ("clerk", "officer"),
    }


def routes() -> list[web.RouteDef]:
    """The case."""
    return [web.get("/applications/{number}", show)]
