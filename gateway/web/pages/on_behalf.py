"""登记对方答复: what a county without a system answered on paper or by telephone, typed in by a named clerk."""

from aiohttp import web

from gateway import keys
from gateway.applications.case import Case, Json
from gateway.applications.deeds.type_in import WAYS
from gateway.auth.decisions import signed_in
from gateway.web import handling_deeds
from gateway.web.handling_bodies import Reader
from gateway.web.handling_deeds import Deed
from gateway.web.handling_side import Side, case_of
from gateway.web.pages import handling, handling_forms
from gateway.web.rendering import page

ADDRESS = "/on-behalf"
HANDS = ("clerk",)
AS = "partner_operator"  # whose deeds are typed in
HAS_A_SYSTEM = "对方由自己的业务系统答复，窗口不代为登记。"
DONE = "已登记为对方的答复。"


async def _open(request: web.Request) -> Case:
    """Opening is no receipt: only an answer shows that the packet arrived."""
    return await request.app[keys.CASE_ROOM].open(request[keys.ACTOR], request.match_info["number"])


async def _act(request: web.Request, number: str, deed: str, body: Json, key: str | None) -> str:
    told = body.pop("told")
    said = await request.app[keys.DESK_ROOM].type_in(request[keys.ACTOR], number, deed, body, told, key)
    return said.outcome


def _told(form: Reader) -> Json:
    """On whose word, how and when it came, and the scan; the fields begin with `told_`."""
    told = {
        "name": form.text("told_name", "请填写答复人姓名"),
        "phone": form.text("told_phone"),
        "way": form.text("told_way", "请选择答复是怎样来的"),
        "on": form.day("told_on", "请填写答复日期"),
        "scan": form.paper("told_scan"),
    }
    return form.done(told={name: value for name, value in told.items() if value is not None})


def _why_closed(request: web.Request) -> str | None:
    return None


SIDE = Side(
    key="applications",
    address=ADDRESS,
    title="办件",
    about="",
    readers=HANDS,
    hands=HANDS,
    role="origin",
    open=_open,
    act=_act,
    why_closed=_why_closed,
    preview=None,
    acts_as=AS,
    told=_told,
    ways=tuple(WAYS.items()),
)


@signed_in(*HANDS)
async def show(request: web.Request) -> web.StreamResponse:
    """What may be typed in now, and what has become of the last one."""
    case = await case_of(request, SIDE)
    number, on_paper = case.application.number, request.app[keys.DESK_ROOM].on_paper(case.leg.partner)
    deeds = handling_deeds.possible(case, AS) if on_paper else []
    done = handling_deeds.BY_PATH.get(request.query.get("done", ""))
    context = {
        "here": SIDE.key,
        "number": number,
        "address": f"{ADDRESS}/{number}",
        "back": f"/applications/{number}",
        "matter": case.application.matter_name,
        "handler": case.handler_name,
        "deeds": deeds,
        "closed": None if on_paper else HAS_A_SYSTEM,
        "typed": case.said.get("typed"),
        "told": _done(done, request.query.get("how", "")),
    }
    return page(request, "on_behalf/on_behalf.html", context)


def _done(done: Deed | None, how: str) -> tuple[str, str] | None:
    if done is None:
        return None
    return handling.HOW.get(how) or ("good", DONE)


@signed_in(*HANDS)
async def nowhere(request: web.Request) -> web.StreamResponse:
    """There is no list of its own: cases are in the work queue."""
    raise web.HTTPSeeOther("/applications")


def routes() -> list[web.RouteDef]:
    """The choice, and a page for each deed."""
    found = [web.get(ADDRESS, nowhere), web.get(f"{ADDRESS}/{{number}}", show)]
    for deed in handling_deeds.DEEDS:
        path = f"{ADDRESS}/{{number}}/{deed.path}"
        found += [web.get(path, handling_forms.asking(SIDE, deed)), web.post(path, handling_forms.doing(SIDE, deed))]
    return found
