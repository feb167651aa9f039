"""A case on the side that decides: the officer's inbox and the desk of a partner are the same pages."""

from typing import Any
from urllib.parse import quote

from aiohttp import web

from gateway import keys
from gateway.applications import lifecycle
from gateway.applications.case import Json
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.web import case_shown, handling_deeds, handling_shown, paper_shown
from gateway.web.handling_deeds import Deed
from gateway.web.handling_side import Side, case_of
from gateway.web.pages import handling_forms, handling_list
from gateway.web.rendering import page

EVENTS = 200  # steps on one page; a longer case shows its first ones and says so
HOW = {
    "stored": ("info", "已提交，系统正在登记，稍后自动显示。"),
    "recorded": ("warn", "已登记，但到达时本件状态已经变化，没有改变状态。请看办理过程。"),
    "held": ("warn", "已提交，附件还没有存妥，正在等待。"),
    "parked": ("bad", "已提交，但系统未能处理，清单协调员会在“投递异常”中查看。"),
}


def case_page(side: Side) -> Any:
    """One case; it fetches itself when something changed."""

    @signed_in(*side.readers)
    async def show(request: web.Request) -> web.StreamResponse:
        room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
        cursor = await request.app[keys.NOTIFIER].latest()
        case = await case_of(request, side)
        number = case.number
        found, now = await room.events(actor, number, EVENTS), request.app[keys.CLOCK]()
        closed = side.why_closed(request)
        done = handling_deeds.BY_PATH.get(request.query.get("done", ""))
        shown = handling_shown.whole(case, found["items"], request.app[keys.MATTERS].forms, actor, now)
        context = {
            **shown,
            "materials": await _materials(request, shown["materials"]),
            "here": side.key,
            "wide": True,
            "side": side,
            "number": number,
            "address": f"{side.address}/{number}",
            "stream": f"/stream?number={number}&after={cursor}",
            "closed": closed,
            "papers": paper_shown.listed(case, actor.role) if side.preview else None,
            "received_papers": await request.app[keys.PAPERS].received(case, found["items"]) if side.preview else [],
            "deeds": [] if closed else handling_deeds.possible(case, actor.role),
            "main_deeds": handling_deeds.MAIN,
            "told": _told(done, request.query.get("how", "")),
            "reveal": _reveal(side, number) if roles.may(actor.role, "reveal") else None,
            **({"owner": case.leg.owner_name} if roles.may(actor.role, "own") else {}),
            "vertical_link": case_shown.vertical_link(case, request.app[keys.SETTINGS].vertical_urls),
            "may_note_vertical": roles.may(actor.role, "note_vertical"),
            "may_tell_fee": actor.role == "officer" and lifecycle.may_say(case.state, "note.sent"),
            "may_download": roles.may(actor.role, "file.get"),
            "more_events": found["next"] is not None,
        }
        return page(request, "handling/case.html", context)

    return show


async def _materials(request: web.Request, items: list[Json]) -> list[Json]:
    """Each with `open`: whether the reader's county may have its file now; some time after the end it may not."""
    digests = [one["attachment"]["sha256"] for one in items if one["attachment"]]
    readable = await request.app[keys.ATTACHMENTS].readable(digests, request[keys.ACTOR].jurisdiction)
    return [{**one, "open": bool(one["attachment"]) and one["attachment"]["sha256"] in readable} for one in items]


def _reveal(side: Side, number: str) -> str:
    return f"/applications/{number}/reveal?back={quote(f'{side.address}/{number}', safe='')}"


def _told(done: Deed | None, how: str) -> tuple[str, str] | None:
    if done is None:
        return None
    return HOW.get(how) or ("good", done.done)


def routes(side: Side) -> list[web.RouteDef]:
    """List, search, case, and a page for each deed."""
    found = [
        web.get(side.address, handling_list.listing(side)),
        web.post(f"{side.address}/search", handling_list.searching(side)),
        web.get(f"{side.address}/{{number}}", case_page(side)),
    ]
    for deed in handling_deeds.DEEDS:
        path = f"{side.address}/{{number}}/{deed.path}"
        found += [web.get(path, handling_forms.asking(side, deed)), web.post(path, handling_forms.doing(side, deed))]
    return found
