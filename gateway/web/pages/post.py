"""投递异常: what is stuck between the counties, grouped by cause, and its exits, each by name and looked over before."""

import json
from collections.abc import Sequence

from aiohttp import web

from gateway import keys
from gateway.applications.case import Json
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.coordination.errors import Refused
from gateway.coordination.post_room import DEEDS, WITHOUT_REASON, Result
from gateway.web import post_shown
from gateway.web.forms import Fault
from gateway.web.post_shown import KINDS, Narrow
from gateway.web.rendering import page

READERS = ("coordinator", "administrator", "auditor")
HANDS = ("coordinator", "administrator")
REASONS = ("核对报文内容", "与对方核对", "更正后替换", "排查系统问题")


@signed_in(*READERS)
async def show(request: web.Request) -> web.StreamResponse:
    """What is stuck, as the address asks."""
    return page(request, "post/list.html", await _list(request, Narrow.of(request.query)))


async def _list(request: web.Request, narrow: Narrow, faults: Sequence[Fault] = ()) -> Json:
    room, actor = request.app[keys.POST_ROOM], request[keys.ACTOR]
    rows, following = await room.listing(
        actor, narrow.kind, partner=narrow.partner, cause=narrow.cause, after=narrow.after
    )
    label, about, nothing = KINDS[narrow.kind]
    return {
        "here": "post",
        "wide": True,
        "narrow": narrow,
        "label": label,
        "about": about,
        "nothing": nothing,
        "tabs": post_shown.tabs(narrow, await room.counts(actor)),
        "groups": await room.groups(actor, narrow.kind),
        "rows": [(one, post_shown.linked(one, actor.role)) for one in rows],
        "next": narrow.address(after=following) if following else None,
        "first": narrow.address() if narrow.after else None,
        "address": narrow.address(after=narrow.after),
        "buttons": post_shown.buttons(narrow.kind, actor.role),
        "faults": list(faults),
    }


@signed_in(*HANDS)
async def preview(request: web.Request) -> web.StreamResponse:
    """What a deed would do to each chosen message; nothing is changed."""
    form = await request.post()
    narrow, deed = Narrow.of(_texts(form)), str(form.get("deed", ""))
    if deed not in DEEDS:
        raise web.HTTPBadRequest
    room, actor = request.app[keys.POST_ROOM], request[keys.ACTOR]
    refs = [str(ref) for ref in form.getall("ref", [])]
    if form.get("all"):
        refs = list(await room.all_of(actor, narrow.kind, narrow.partner, narrow.cause))
    try:
        results = await room.settle(actor, deed, refs, "预览", dry_run=True)
    except Refused as refusal:
        context = await _list(request, narrow, [Fault(str(refusal), "#rows")])
        return page(request, "post/list.html", context, status=422)
    return _preview(request, narrow, deed, results)


@signed_in(*HANDS)
async def settle(request: web.Request) -> web.StreamResponse:
    """The deed on each message, and what became of each."""
    form = await request.post()
    narrow, deed, reason = Narrow.of(_texts(form)), str(form.get("deed", "")), str(form.get("reason", ""))
    if deed not in DEEDS:
        raise web.HTTPBadRequest
    room, actor, refs = request.app[keys.POST_ROOM], request[keys.ACTOR], [str(ref) for ref in form.getall("ref", [])]
    try:
        results = await room.settle(actor, deed, refs, reason)
    except Refused as refusal:
        results = await room.settle(actor, deed, refs, "预览", dry_run=True) if refs else []
        return _preview(request, narrow, deed, results, reason, [Fault(str(refusal), "#f-reason")])
    context = {"here": "post", "deed": deed, "label": DEEDS[deed], "results": results, "back": narrow.address()}
    return page(request, "post/results.html", context)


def _texts(form: "web.MultiDictProxy[str | bytes | web.FileField]") -> dict[str, str]:  # type: ignore[name-defined]
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _preview(
    request: web.Request,
    narrow: Narrow,
    deed: str,
    results: Sequence[Result],
    reason: str = "",
    faults: Sequence[Fault] = (),
) -> web.Response:
    context = {
        "here": "post",
        "narrow": narrow,
        "deed": deed,
        "label": DEEDS[deed],
        "about": post_shown.TOLD[deed],
        "danger": deed in post_shown.DANGEROUS,
        "needs_reason": deed not in WITHOUT_REASON,
        "results": results,
        "possible": [one for one in results if one.ok],
        "reason": reason,
        "faults": list(faults),
        "back": narrow.address(),
    }
    return page(request, "post/preview.html", context, status=422 if faults else 200)


# one message


@signed_in(*READERS)
async def one(request: web.Request) -> web.StreamResponse:
    """One message: why it is stuck, its content masked, its exits."""
    return page(request, "post/one.html", await _one(request))


async def _one(request: web.Request, **more: object) -> Json:
    room, actor, ref = request.app[keys.POST_ROOM], request[keys.ACTOR], request.match_info["ref"]
    found = await room.one(actor, ref)
    exits = post_shown.exits(found, actor.role)
    return {
        "here": "post",
        "one": found,
        "kind": KINDS.get(found.kind, ("已处理", "", ""))[0],
        "linked": post_shown.linked(found, actor.role),
        "settled": post_shown.person(found.settled) if found.settled else None,
        "exits": [(name, DEEDS[name], name in post_shown.DANGEROUS) for name in exits if name != "replace"],
        "may_replace": "replace" in exits,
        "may_reveal": roles.may(actor.role, "post.reveal"),
        "content": await room.masked(actor, ref),
        "reasons": REASONS,
        "back": Narrow(found.kind if found.kind in KINDS else "parked").address(),
        "revealed": None,
        "reason": None,
        "draft": None,
        "faults": [],
        **more,
    }


@signed_in("coordinator")
async def reveal(request: web.Request) -> web.StreamResponse:
    """The content in full, this once."""
    room, actor, ref = request.app[keys.POST_ROOM], request[keys.ACTOR], request.match_info["ref"]
    reason = str((await request.post()).get("reason", ""))
    if reason not in REASONS:
        return page(request, "post/one.html", await _one(request, faults=[Fault("请选择查看理由", None)]), status=422)
    text = await room.reveal(actor, ref, reason)
    return page(request, "post/one.html", await _one(request, revealed=text, reason=reason))


@signed_in("coordinator")
async def draft(request: web.Request) -> web.StreamResponse:
    """The data of a message that the partner parked, to be corrected; opening it is a reveal."""
    room, actor, ref = request.app[keys.POST_ROOM], request[keys.ACTOR], request.match_info["ref"]
    await request.post()
    data = await room.data_of(actor, ref, "更正后替换")
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return page(request, "post/one.html", await _one(request, draft=text))


@signed_in("coordinator")
async def replace(request: web.Request) -> web.StreamResponse:
    """Send the corrected data under the same number."""
    room, actor, ref = request.app[keys.POST_ROOM], request[keys.ACTOR], request.match_info["ref"]
    form = _texts(await request.post())
    text, reason = form.get("data", ""), form.get("reason", "")
    try:
        results = await room.settle(actor, "replace", [ref], reason, data=_data(text))
        if not results[0].ok:
            raise Refused(results[0].text)
    except Refused as refusal:
        target = "#f-reason" if "理由" in str(refusal) else "#f-data"
        context = await _one(request, draft=text, reason=reason, faults=[Fault(str(refusal), target)])
        return page(request, "post/one.html", context, status=422)
    back = Narrow("outgoing").address()
    context = {"here": "post", "deed": "replace", "label": DEEDS["replace"], "results": results, "back": back}
    return page(request, "post/results.html", context)


def _data(text: str) -> Json:
    try:
        data = json.loads(text)
    except ValueError:
        raise Refused("内容不是完整的 JSON，请检查引号、逗号和括号") from None
    if not isinstance(data, dict):
        raise Refused("内容应是一个 JSON 对象")
    return data


def routes() -> list[web.RouteDef]:
    """List, preview, deed; one message with its content and its replacement."""
    return [
        web.get("/post", show),
        web.post("/post/preview", preview),
        web.post("/post/settlement", settle),
        web.get("/post/{ref}", one),
        web.post("/post/{ref}/content", reveal),
        web.post("/post/{ref}/draft", draft),
        web.post("/post/{ref}/replacement", replace),
    ]
