"""Seeing one masked value in full: a reason from a short list, shown once, one audit line."""

from urllib.parse import quote

from aiohttp import web

from gateway import keys
from gateway.auth.decisions import signed_in
from gateway.web import case_shown, forms, going_back
from gateway.web.rendering import page

HANDS = ("clerk", "officer", "partner_operator")
REASONS = ("核对申请人身份", "联系申请人", "答复对方询问", "补正或更正资料", "处理投诉或督查")
OWN_LABELS = {"/applicant/name": "姓名", "/applicant/id_number": "证件号码", "/applicant/phone": "联系电话"}


@signed_in(*HANDS)
async def ask(request: web.Request) -> web.StreamResponse:
    """Which reason?"""
    label = await _label(request, request.query.get("pointer", ""))
    return _page(request, request.query.get("pointer", ""), label)


@signed_in(*HANDS)
async def reveal(request: web.Request) -> web.StreamResponse:
    """The value, this once. A reason that is not in the list is asked for again."""
    form = await request.post()
    pointer, reason = str(form.get("pointer", "")), str(form.get("reason", ""))
    label = await _label(request, pointer)
    if reason not in REASONS:
        return _page(request, pointer, label, status=422)
    room, actor = request.app[keys.CASE_ROOM], request[keys.ACTOR]
    value = await room.reveal(actor, request.match_info["number"], pointer, reason)
    return _page(request, pointer, label, value=value, reason=reason)


async def _label(request: web.Request, pointer: str) -> str:
    """What the value is called; also makes sure that the case is theirs to see."""
    case = await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])
    schema = case_shown.schema_of(request.app[keys.MATTERS].forms, case)
    return OWN_LABELS.get(pointer) or forms.label(schema, case.document["answers"], pointer) or "这一项"


def _page(
    request: web.Request,
    pointer: str,
    label: str,
    *,
    value: str | None = None,
    reason: str | None = None,
    status: int = 200,
) -> web.Response:
    number = quote(request.match_info["number"], safe="")
    back = going_back.local(request.query.get("back"), f"/applications/{number}")
    context = {
        "here": "applications",
        "address": f"/applications/{number}/reveal?back={quote(back, safe='')}",
        "back": back,
        "pointer": pointer,
        "label": label,
        "reasons": REASONS,
        "value": value,
        "reason": reason,
    }
    return page(request, "case/reveal.html", context, status=status)


def routes() -> list[web.RouteDef]:
    """Ask, then show."""
    return [web.get("/applications/{number}/reveal", ask), web.post("/applications/{number}/reveal", reveal)]
