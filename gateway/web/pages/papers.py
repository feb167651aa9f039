"""Papers: one on its page, printed with a line in the book, as a PDF; those of a case, those of a day, and their check."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.clocks import local_day
from gateway.applications.errors import Invalid
from gateway.applications.papers.kinds import KINDS
from gateway.applications.papers.room import MOST, Opened, PaperRoom
from gateway.auth.addresses import address_of
from gateway.auth.decisions import public, signed_in
from gateway.web import paper_shown
from gateway.web.forms import Fault
from gateway.web.paper_shown import Asking, Sheet
from gateway.web.rendering import page

HANDS = ("clerk", "officer")
PDF = "application/pdf"


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """One paper. What holds identifiers in full is shown only as it is printed."""
    return await _paper(request, await _room(request).open(request[keys.ACTOR], *_which(request)))


@signed_in(*HANDS)
async def slip(request: web.Request) -> web.StreamResponse:
    """收件凭证 of a case that was received here."""
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    receipt = next((one for one in reversed(case.papers) if one["kind"] == "receipt"), None)
    if not case.is_origin:
        raise web.HTTPNotFound
    if receipt is None:  # filed before papers were kept
        raise web.HTTPSeeOther(f"/applications/{case.number}/papers")
    return await _paper(request, await _room(request).open(request[keys.ACTOR], receipt["number"]))


async def _paper(request: web.Request, opened: Opened) -> web.Response:
    hidden = KINDS[opened.content["kind"]].full
    one = await _sheet(request, opened)
    context = {
        **_around(opened.content),
        "sheets": [] if hidden else [one],
        "one": one,
        "hidden": hidden,
        "prints": opened.prints,
        "pdf": _room(request).press.ready,
        "to_send": _to_send(opened) and request[keys.ACTOR].role == "officer",
    }
    return page(request, "papers/paper.html", context)


def _around(content: dict[str, Any]) -> dict[str, Any]:
    """Where one goes back to."""
    case, side = content["case"], KINDS[content["kind"]].side
    address = f"/{'inbox' if side == 'handler' else 'applications'}/{case}" if case else "/papers"
    return {"here": "papers" if case is None else "inbox" if side == "handler" else "applications", "address": address}


async def _sheet(request: web.Request, opened: Opened, *, printed: bool = False) -> Sheet:
    press = _room(request).press
    address, beside = press.address(opened.number, opened.code), await _asking(request, opened)
    return paper_shown.sheet(opened, address, press.sealed(opened.content), beside, printed=printed)


async def _asking(request: web.Request, opened: Opened) -> Asking | None:
    """What the applicant asks with, on a 收件凭证."""
    if opened.content["kind"] != "receipt":
        return None
    actor, number = request[keys.ACTOR], str(opened.content["case"])
    case = await request.app[keys.CASE_ROOM].open(actor, number)
    code = await request.app[keys.PROGRESS].code(actor, case)
    return paper_shown.asking(code, request.app[keys.SETTINGS].front_url, number)


def _room(request: web.Request) -> PaperRoom:
    return request.app[keys.PAPERS]


def _which(request: web.Request) -> tuple[str, int | None]:
    version = request.query.get("v", "")
    return request.match_info["paper"], int(version) if version.isascii() and version.isdigit() and len(
        version
    ) < 6 else None


@signed_in(*HANDS)
async def print_one(request: web.Request) -> web.StreamResponse:
    """The paper ready for the printer; that it was printed, and by whom, is written down first."""
    opened = await _room(request).printed(request[keys.ACTOR], *_which(request), "page")
    return await printed_page(request, [opened])


@signed_in(*HANDS)
async def print_many(request: web.Request) -> web.StreamResponse:
    """Several papers at once, each with its own line in the book."""
    form = await request.post()
    wanted = [str(value) for value in form.getall("paper", [])][:MOST]
    if not wanted:
        raise web.HTTPSeeOther("/papers?none=1")
    room, actor = _room(request), request[keys.ACTOR]
    return await printed_page(request, [await room.printed(actor, number, None, "page") for number in wanted])


async def printed_page(request: web.Request, opened: Sequence[Opened]) -> web.Response:
    """Papers that were written down as printed, ready for the printer."""
    context = {
        **(_around(opened[0].content) if len(opened) == 1 else {"here": "papers", "address": "/papers"}),
        "sheets": [await _sheet(request, one, printed=True) for one in opened],
        "printed_at": request.app[keys.CLOCK](),
    }
    return page(request, "papers/printed.html", context)


@signed_in(*HANDS)
async def pdf(request: web.Request) -> web.StreamResponse:
    """The paper as a PDF; that it was taken is written down first."""
    room = _room(request)
    if not room.press.ready:
        raise web.HTTPNotFound
    opened = await room.printed(request[keys.ACTOR], *_which(request), "pdf")
    beside = await _asking(request, opened)
    asking = (beside.code, beside.link) if beside else None
    body = await room.press.pdf(opened.content, opened.sha256, opened.code, asking)
    name = f'attachment; filename="{opened.number}.pdf"'
    return web.Response(body=body, content_type=PDF, headers={"Content-Disposition": name})


@signed_in("officer")
async def send(request: web.Request) -> web.StreamResponse:
    """A paper that no message has a place for goes to the other window's people as a note, once."""
    actor, room = request[keys.ACTOR], request.app[keys.CASE_ROOM]
    opened = await _room(request).open(actor, *_which(request))
    if not _to_send(opened) or opened.file is None:
        raise web.HTTPNotFound
    case, title = str(opened.content["case"]), opened.content["title"]
    body = {
        "text": f"{title} {opened.number} 见附件，请打印后送达申请人。",
        "attachments": [{"sha256": opened.file["sha256"]}],
    }
    await room.note(actor, case, body, f"paper {opened.number} {opened.version}")
    raise web.HTTPSeeOther(f"/inbox/{case}?done=notes")


def _to_send(opened: Opened) -> bool:
    kind = KINDS[opened.content["kind"]]
    return kind.side == "handler" and not kind.travels and opened.file is not None


@signed_in(*HANDS)
async def of_day(request: web.Request) -> web.StreamResponse:
    """What was issued on a day, to be printed together."""
    today = local_day(request.app[keys.CLOCK]())
    day, side = _day(request.query.get("day", ""), today), request.query.get("side")
    rows = await _room(request).of_day(request[keys.ACTOR], day, side if side in ("origin", "handler") else None)
    context = {"here": "papers", "day": day.isoformat(), "today": today.isoformat(), "side": side, "rows": rows}
    return page(request, "papers/day.html", context | {"nothing_chosen": "none" in request.query, "most": MOST})


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today


@signed_in(*HANDS)
async def of_case(request: web.Request) -> web.StreamResponse:
    """The papers of a case that was received here, and what else can be issued for it."""
    return await _of_case(request, [], {})


async def _of_case(request: web.Request, faults: Sequence[Fault], values: dict[str, str]) -> web.Response:
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    if not case.is_origin:
        raise web.HTTPSeeOther(f"/inbox/{case.number}")
    role = request[keys.ACTOR].role
    context = {
        "here": "applications",
        "number": case.number,
        "address": f"/applications/{case.number}",
        "matter": case.application.matter_name,
        "papers": paper_shown.listed(case, role),
        "kinds": paper_shown.to_issue(case, role, on_paper=request.app[keys.DESK_ROOM].on_paper(case.leg.partner)),
        "issued": {one["kind"] for one in case.papers},
        "values": values,
        "faults": faults,
    }
    return page(request, "papers/case.html", context, status=422 if faults else 200)


@signed_in("clerk")
async def issue(request: web.Request) -> web.StreamResponse:
    """Issue one of the window's papers and show it."""
    form = {name: str(value)[:200] for name, value in (await request.post()).items()}
    given = {name: form[name].strip() for name in ("carrier", "waybill", "why") if form.get(name)}
    try:
        number = await _room(request).issue(
            request[keys.ACTOR], request.match_info["number"], form.get("kind", ""), given
        )
    except Invalid as error:
        kind = form.get("kind", "")
        return await _of_case(request, [Fault(one.detail, f"#f-why-{kind}") for one in error.findings], form)
    raise web.HTTPSeeOther(f"/papers/{number}")


@public
async def check(request: web.Request) -> web.StreamResponse:
    """Is the paper genuine? The same page whatever the answer; nothing about a person."""
    request.app[keys.LIMITS].paper_check_address.take(address_of(request))
    number, code = request.query.get("n", "").strip()[:40], request.query.get("c", "").strip()[:40]
    asked = bool(number or code)
    found = await _room(request).check(number, code) if asked else None
    return page(request, "papers/check.html", {"found": found, "asked": asked, "number": number})


def routes() -> list[web.RouteDef]:
    """Fixed addresses before those that name a paper."""
    return [
        web.get("/papers", of_day),
        web.post("/papers/print", print_many),
        web.get("/papers/check", check),
        web.get("/papers/{paper}", show),
        web.post("/papers/{paper}/print", print_one),
        web.post("/papers/{paper}/pdf", pdf),
        web.post("/papers/{paper}/send", send),
        web.get("/applications/{number}/slip", slip),
        web.get("/applications/{number}/papers", of_case),
        web.post("/applications/{number}/papers", issue),
    ]
