"""A new case: place → matter → form with its materials → look it over → submitted, with a number and a slip.

The form travels in full from page to page, so nothing depends on a script or on the draft; the draft is for pauses.
"""

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications import numbers
from gateway.applications.errors import Finding, Invalid, NotFound
from gateway.applications.pending import ROUTE
from gateway.auth.decisions import signed_in
from gateway.web import drafts_kept, filing_form, matters_shown, sharing_shown
from gateway.web import posted as posting
from gateway.web.filing_form import Filing
from gateway.web.forms import Fault, Filled
from gateway.web.posted import Posted
from gateway.web.rendering import page
from matters_map.lookup import Route

ADDRESS = "/applications/new"
UNDONE = "已撤销提交，没有编号，也没有发给任何人。"
RECENT = 40  # filings looked through for 常办
FORM = {"refresh": f"{ADDRESS}/form", "upload": "/uploads", "here": "new", "wide": True}


@signed_in("clerk")
async def begin(request: web.Request) -> web.StreamResponse:
    """Where the address stands: a draft, a matter's form, the matters of a place, or the places."""
    if request.query.get("draft"):
        return await _resume(request, request.query["draft"])
    place, matter = request.query.get("place", ""), request.query.get("matter", "")
    index = request.app[keys.MATTERS].index
    known = {one.code: one for one in matters_shown.places(index)}
    if place not in known:
        return page(request, "new_application/places.html", await _places(request))
    if matter:
        filing = _filing(request, matter, place)
        return (
            _form(request, filing, filing.fresh(), opened=True)
            if filing
            else _matters(request, known[place], refused=matter)
        )
    return _matters(request, known[place])


async def _places(request: web.Request) -> Mapping[str, Any]:
    room, actor, index = request.app[keys.CASE_ROOM], request[keys.ACTOR], request.app[keys.MATTERS].index
    recent, _ = await room.cases.page(actor, role="origin", limit=RECENT)
    filed = [(case.application.matter_id, case.leg.handler) for case in recent if case.application.clerk == actor.name]
    return {
        "here": "new",
        "places": matters_shown.places(index),
        "usual": matters_shown.usual(filed, index),
        "drafts": drafts_kept.listed(await room.drafts.all(actor), index),
        "told": {"gone": "这份草稿已经提交或删除。", "deleted": "草稿已删除。", "undone": UNDONE}.get(
            request.query.get("told", "")
        ),
    }


def _matters(request: web.Request, place: matters_shown.Place, refused: str | None = None) -> web.Response:
    index, q = request.app[keys.MATTERS].index, request.query.get("q", "").strip()[:50]
    matter = index.get(refused) if refused else None
    context = {
        "here": "new",
        "place": place,
        "q": q,
        "choices": matters_shown.choices(index, place.code, q),
        "refused": matters_shown.choice(index, matter, place.code) if matter else None,
    }
    return page(request, "new_application/matters.html", context)


def _filing(request: web.Request, matter: str, handler: str) -> Filing | None:
    """What would be filed; None where the list does not let it be filed here."""
    library, settings = request.app[keys.MATTERS], request.app[keys.SETTINGS]
    route = library.index.route(matter, handler or None)
    if not isinstance(route, Route) or matters_shown.refusal(library.index, route.matter, route.handler.code):
        return None
    return Filing.of(library.forms, route.matter, route.handler, settings.home)


async def _resume(request: web.Request, draft_id: str) -> web.Response:
    try:
        draft = await request.app[keys.CASE_ROOM].drafts.one(request[keys.ACTOR], draft_id)
    except NotFound:
        await _to_pending(request, draft_id)
        raise web.HTTPSeeOther(f"{ADDRESS}?told=gone") from None
    filing = _filing(request, draft["matter"], draft["handler"] or "")
    if filing is None:
        raise web.HTTPSeeOther(f"{ADDRESS}?place={draft['handler'] or ''}&matter={draft['matter']}")
    posted = Posted(drafts_kept.pairs(draft["answers"]))
    told = UNDONE if request.query.get("told") == "undone" else draft["refusal"] and f"没有提交成功：{draft['refusal']}"
    return _form(request, filing, filing.read(posted.form, posted.digests), draft=draft_id, opened=True, told=told)


async def _to_pending(request: web.Request, draft_id: str) -> None:
    """A draft that is being submitted, or was, has its own page."""
    with contextlib.suppress(NotFound):
        await request.app[keys.PENDING].one(request[keys.ACTOR], draft_id)
        raise web.HTTPSeeOther(f"{ADDRESS}/pending/{draft_id}")


@signed_in("clerk", streams_body=True)
async def again(request: web.Request) -> web.StreamResponse:
    """The form as posted, drawn anew: a condition changed, a row came or went, or the clerk came back to mend it."""
    posted, filing = await _read(request)
    filled = filing.read(posted.form, posted.digests)
    return _form(request, filing, filled, others=posted.faults, draft=posted.get("draft"))


@signed_in("clerk", streams_body=True)
async def review(request: web.Request) -> web.StreamResponse:
    """核对: everything on one page before it is sent; or the form again, with all that is wrong with it."""
    posted, filing = await _read(request)
    filled = filing.read(posted.form, posted.digests)
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    draft = await drafts_kept.keep(room.drafts, actor, posted.get("draft"), filing, filled, posted.form)
    asked = {name: value for name, value in filing.body(filled).items() if name != "attachments"}
    checked = await room.check(actor, asked)
    findings = [Finding(**error) for error in checked["errors"]]
    if findings or posted.faults or filled.command:
        return _form(request, filing, filled, findings, posted.faults, draft)
    context = {
        **_about(filing),
        "shown": filing.shown(filled),
        "files": filled.file_names,
        "more": filled.more,
        "later": filing.later(filled),
        "hints": [hint["detail"] for hint in checked["warnings"]],
        "pairs": posted.form,
        "draft": draft,
        "key": secrets.token_urlsafe(24),
        "undo_seconds": request.app[keys.PENDING].seconds,
    }
    return page(request, "new_application/review.html", context)


@signed_in("clerk", streams_body=True)
async def look_through(request: web.Request) -> web.StreamResponse:
    """预审: everything that the handler would send back, in one list above the form; nothing is filed."""
    posted, filing = await _read(request)
    filled = filing.read(posted.form, posted.digests)
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    checked = await room.check(actor, filing.body(filled), files=True)
    errors, hints = ([Finding(**one) for one in checked[kind]] for kind in ("errors", "warnings"))
    errors = filing_form.on_the_form(errors, filled)
    view = filing.view(filled, errors)
    shown = filing_form.looked_through(view, posted.faults, errors, hints)
    own = {"view": view, "faults": [], "told": None, "draft": posted.get("draft"), "checked": shown}
    context = {**FORM, **_about(filing), **own}
    return page(request, "new_application/form.html", context)


@signed_in("clerk", streams_body=True)
async def submit(request: web.Request) -> web.StreamResponse:
    """Submit; the same form sent twice is one case."""
    posted, filing = await _read(request)
    filled = filing.read(posted.form, posted.digests)
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    pending, key, body = request.app[keys.PENDING], posted.get("key") or None, filing.body(filled)
    if key and (before := await pending.of_key(actor, key)):
        raise web.HTTPSeeOther(f"{ADDRESS}/pending/{before}")
    try:
        if pending.seconds and key:
            await room.ready(actor, body)
            draft = await drafts_kept.keep(room.drafts, actor, posted.get("draft"), filing, filled, posted.form)
            await pending.put(actor, draft, body, key)
            raise web.HTTPSeeOther(f"{ADDRESS}/pending/{draft}")
        answer = await room.submit(actor, body, source=numbers.WINDOW, key=key, route=ROUTE)
    except Invalid as error:
        return _form(request, filing, filled, error.findings, posted.faults, posted.get("draft"))
    await drafts_kept.drop(room.drafts, actor, posted.get("draft"))
    raise web.HTTPSeeOther(f"/applications/{answer.body['number']}?filed=1")


@signed_in("clerk")
async def start_over(request: web.Request) -> web.StreamResponse:
    """A page that only a posted form has was asked for by its address: to the start, where the drafts are."""
    raise web.HTTPSeeOther(ADDRESS)


async def _read(request: web.Request) -> tuple[Posted, Filing]:
    posted = await posting.read(request)
    filing = _filing(request, posted.get("matter"), posted.get("handler"))
    if filing is None:  # the list changed while the form was open: its page says why
        raise web.HTTPSeeOther(f"{ADDRESS}?place={posted.get('handler')}&matter={posted.get('matter')}")
    return posted, filing


def _form(
    request: web.Request,
    filing: Filing,
    filled: Filled,
    findings: Sequence[Finding] = (),
    others: Sequence[Fault] = (),
    draft: str | None = None,
    opened: bool = False,
    told: str | None = None,
) -> web.Response:
    view = filing.view(filled, filing_form.on_the_form(findings, filled))
    if opened:  # begin at the first field
        view.focus = view.sections[0].fields[0].target
    faults = filing_form.all_faults(view, others)
    context = {**FORM, **_about(filing), "view": view, "faults": faults, "draft": draft or "", "told": told}
    return page(request, "new_application/form.html", context, status=422 if faults else 200)


def _about(filing: Filing) -> dict[str, Any]:
    """The matter beside the form."""
    line = filing.matter.line
    return {
        "here": "new",
        "matter": filing.matter,
        "handler": filing.handler,
        "limit": matters_shown.limit(filing.matter),
        "sharing": sharing_shown.of_line(filing.matter),
        "facts": [
            (label, text)
            for label, text in (
                ("子项", line.sub_item),
                ("事项类型", line.matter_type),
                ("服务对象", line.service_object),
                ("结果", line.result_name),
                ("收费", line.fee),
                ("联系窗口", matters_shown.contact(filing.matter)),
                ("说明", line.remarks),
            )
            if text
        ],
    }


def routes() -> list[web.RouteDef]:
    """From the first page to the case."""
    return [
        web.get(ADDRESS, begin),
        web.post(ADDRESS, submit),
        web.post(f"{ADDRESS}/form", again),
        web.get(f"{ADDRESS}/form", start_over),
        web.post(f"{ADDRESS}/review", review),
        web.get(f"{ADDRESS}/review", start_over),
        web.post(f"{ADDRESS}/check", look_through),
        web.get(f"{ADDRESS}/check", start_over),
    ]
