"""清单办理: a list's versions from draft to force; drafting, 会签, proposing, confirming, returning, suspending, ending."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from gateway import keys
from gateway.applications.clocks import SHANGHAI
from gateway.auth import roles
from gateway.auth.decisions import signed_in
from gateway.coordination import list_drafts, list_lines, list_shelf
from gateway.coordination.errors import Refused
from gateway.coordination.list_shelf import Shelf
from gateway.web import lists_shown
from gateway.web.forms import Fault
from gateway.web.rendering import page
from matters_map.columns import CHOICES, COLUMNS, Column

READERS = ("clerk", "officer", "coordinator", "signatory", "auditor", "administrator", "partner_operator")
EDITORS = ("coordinator",)
LONG = frozenset(
    {"materials", "contact_window", "remarks", "result_name", "fee"}
)  # columns with a field of several rows
FIXED = frozenset({"seq", "local_basic_code"})  # of a line that is there
TOLD = {
    "loaded": "已导入草稿。", "begun": "已起草：从生效的版本复制而来。", "edited": "已保存。", "removed": "已删去这一行。",
    "confirmed": "已会签。", "dropped": "已放弃草稿，修改记录还在。", "proposed": "已提出，等待各方确认。",
    "signed": "已确认，随即告知对方。", "returned": "已退回，随即告知对方。", "ended": "已登记终止，随即告知各方。",
    "suspended": "已暂停，窗口和对方随即看到；已收的件照常办理。", "resumed": "已恢复。",
}  # fmt: skip


@signed_in(*READERS)
async def overview(request: web.Request) -> web.StreamResponse:
    """All versions of an agreement's list, its draft, and what is suspended."""
    return await _overview(request)


async def _overview(request: web.Request, fault: str | None = None, at: str = "#versions") -> web.Response:
    shelf, role, now = await _shelf(request), request[keys.ACTOR].role, request.app[keys.CLOCK]()
    context = {
        "here": "agreements",
        "agreement": shelf.agreement,
        "address": f"/agreements/{shelf.agreement.id}",
        "versions": [lists_shown.version(row, shelf.signatures, now) for row in shelf.versions],
        "draft": shelf.draft,
        "rests": shelf.rests,
        "lines": [(line.local_basic_code, f"{line.seq}　{line.matter_name}") for line in shelf.live],
        "names": {line.local_basic_code: line.matter_name for line in shelf.live},
        "ours": request.app[keys.SETTINGS].home,
        "may_edit": roles.may(role, "lists.edit"),
        "told": TOLD.get(request.query.get("told", "")),
        "faults": [Fault(fault, at)] if fault else [],
        "now": now,
    }
    return page(request, "lists/overview.html", context, status=422 if fault else 200)


@signed_in(*EDITORS, "officer", "signatory", "auditor")
async def draft(request: web.Request) -> web.StreamResponse:
    """The draft: its lines, what differs from what is in force, 会签, history."""
    return await _draft(request)


async def _draft(request: web.Request, fault: str | None = None, at: str = "#lines") -> web.Response:
    shelf, actor = await _shelf(request), request[keys.ACTOR]
    agreement, row = shelf.agreement, shelf.draft
    if row is None:
        raise web.HTTPSeeOther(f"/agreements/{agreement.id}")
    lines = list_drafts.lines_of(row)
    meets = await request.app[keys.CASE_ROOM].under_way(agreement.id)
    differs = {one["code"]: one for one in lists_shown.differences(shelf.live, lines)}
    context = {
        "here": "agreements",
        "wide": True,
        "agreement": agreement,
        "address": f"/agreements/{agreement.id}/draft",
        "draft": row,
        "lines": [(line, differs.get(line.local_basic_code)) for line in lines],
        "removed": [one for one in differs.values() if one["kind"] == "removed"],
        "changed": len(differs),
        "meets": {code: meets[name] for code in differs if (name := f"{agreement.id}.{code}") in meets},
        "departments": lists_shown.departments(row, shelf.live),
        "own": actor.department if actor.role == "officer" else None,
        "comments": shelf.returned,
        "history": [
            lists_shown.change(one) for one in await request.app[keys.LIST_DRAFTS].history(actor, agreement.id)
        ],
        "may_edit": roles.may(actor.role, "lists.edit"),
        "effective_from": (await request.post()).get("effective_from", "") if request.method == "POST" else "",
        "told": TOLD.get(request.query.get("told", "")),
        "faults": [Fault(fault, at)] if fault else [],
    }
    return page(request, "lists/draft.html", context, status=422 if fault else 200)


@signed_in(*EDITORS)
async def line(request: web.Request) -> web.StreamResponse:
    """One line to be edited; what stood there when it was opened goes with the form."""
    return await _line(request)


async def _line(
    request: web.Request, faults: Sequence[Fault] = (), typed: dict[str, str] | None = None
) -> web.Response:
    shelf, code = await _shelf(request), request.match_info["code"]
    agreement, row = shelf.agreement, shelf.draft
    found = next((one for one in list_drafts.lines_of(row) if one.local_basic_code == code), None) if row else None
    if found is None:
        raise web.HTTPNotFound
    values = {column.name: _text(getattr(found, column.name)) for column in COLUMNS}
    context = {
        "here": "agreements",
        "agreement": agreement,
        "address": f"/agreements/{agreement.id}/draft",
        "line": found,
        "columns": [column for column in COLUMNS if column.name not in FIXED],
        "long": LONG,
        "choices": {"mode": _choices("mode"), "direction": _choices("direction"), "yes_no": _choices("yes_no")},
        "seen": {name: (typed or {}).get(f"seen:{name}", value) for name, value in values.items()},
        "values": {name: (typed or {}).get(name, value) for name, value in values.items()},
        "wrong": {(fault.href or "").removeprefix("#f-"): fault.text for fault in faults},
        "faults": faults,
    }
    return page(request, "lists/line.html", context, status=422 if faults else 200)


def _choices(kind: str) -> list[tuple[str, str]]:
    return [(one, one) for one in CHOICES[kind]]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@signed_in(*EDITORS)
async def save_line(request: web.Request) -> web.StreamResponse:
    """Fields that were changed, each held against what the editor saw."""
    typed = {name: str(value) for name, value in (await request.post()).items()}
    changes, faults = _read_line(typed)
    agreement, code = request.match_info["agreement"], request.match_info["code"]
    if not faults and changes:
        try:
            await request.app[keys.LIST_DRAFTS].edit(request[keys.ACTOR], agreement, code, changes)
        except Refused as refusal:
            faults = [Fault(str(refusal), "#line-form")]
    if faults:
        return await _line(request, faults, typed)
    raise web.HTTPSeeOther(f"/agreements/{agreement}/draft?told=edited#line-{code}")


def _read_line(typed: dict[str, str]) -> tuple[dict[str, tuple[Any, Any]], list[Fault]]:
    changes: dict[str, tuple[Any, Any]] = {}
    faults = []
    for column in COLUMNS:
        if column.name in FIXED or column.name not in typed or typed[column.name] == typed.get(f"seen:{column.name}"):
            continue
        problem, value = column.read(typed[column.name].replace("\r\n", "\n"), list_lines.LONGEST_CELL)
        if problem:
            faults.append(Fault(f"“{column.zh}”{problem}", f"#f-{column.name}"))
        changes[column.name] = (_seen(column, typed.get(f"seen:{column.name}", "")), value)
    return changes, faults


def _seen(column: Column, text: str) -> Any:
    return column.read(text, list_lines.LONGEST_CELL)[1]


Deed = Callable[[web.Request, str, dict[str, str]], Awaitable[Any]]


def deed(
    work: Deed, told: str, back: str = "", *, who: Sequence[str] = EDITORS, in_draft: bool = False, at: str = ""
) -> Any:
    """A form that does one thing: afterwards the page again, with what was done or why it was not."""

    @signed_in(*who)
    async def post(request: web.Request) -> web.StreamResponse:
        agreement = request.match_info["agreement"]
        typed = {name: str(value) for name, value in (await request.post()).items()}
        try:
            await work(request, agreement, typed)
        except Refused as refusal:
            return await (_draft if in_draft else _overview)(request, str(refusal), at or "#versions")
        raise web.HTTPSeeOther(f"/agreements/{agreement}{back}?told={told}")

    return post


async def _begin(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    await request.app[keys.LIST_DRAFTS].begin(request[keys.ACTOR], agreement)


async def _drop(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    await request.app[keys.LIST_DRAFTS].drop(request[keys.ACTOR], agreement)


async def _remove(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    await request.app[keys.LIST_DRAFTS].remove(request[keys.ACTOR], agreement, typed.get("code", ""))


async def _confirm(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    drafts, actor = request.app[keys.LIST_DRAFTS], request[keys.ACTOR]
    await drafts.confirm(actor, agreement, typed.get("department", ""), typed.get("basis", ""))


async def _propose(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    at = _moment(typed.get("effective_from", ""))
    await request.app[keys.LIST_ROOM].propose(request[keys.ACTOR], agreement, at)


async def _suspend(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    until = _moment(typed["until"]) if typed.get("until", "").strip() else None
    room = request.app[keys.LIST_ROOM]
    await room.suspend(request[keys.ACTOR], agreement, typed.get("code", ""), typed.get("reason", ""), until)


async def _resume(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    await request.app[keys.LIST_ROOM].resume(request[keys.ACTOR], agreement, typed.get("code", ""))


async def _end(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    at = _moment(typed.get("at", ""))
    await request.app[keys.LIST_ROOM].end(request[keys.ACTOR], agreement, at, typed.get("reason", ""))


async def _sign(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    await _hall(request).sign(request[keys.ACTOR], agreement, int(request.match_info["version"]))


async def _return(request: web.Request, agreement: str, typed: dict[str, str]) -> None:
    """One comment a row: 3 承诺时限 …, or words about the whole."""
    comments = [
        {
            "line": int(number) if (number := typed.get(f"line-{place}", "").strip()).isdigit() else None,
            "field": None,
            "text": text,
        }
        for place in range(RETURN_ROWS)
        if (text := typed.get(f"text-{place}", "").strip())
    ]
    await _hall(request).give_back(request[keys.ACTOR], agreement, int(request.match_info["version"]), comments)


RETURN_ROWS = 5


def _hall(request: web.Request) -> Any:
    """The partner's operator speaks for the partner, everybody else for us."""
    at_desk = request[keys.ACTOR].role == "partner_operator"
    return request.app[keys.LIST_DESK] if at_desk else request.app[keys.LIST_ROOM]


def _moment(text: str) -> datetime:
    """2026-12-01 09:00 in Shanghai. Raises Refused."""
    try:
        found = datetime.fromisoformat(text.strip().replace("/", "-").replace("：", ":"))
    except ValueError:
        raise Refused("时刻请写成 2026-12-01 09:00") from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


async def _shelf(request: web.Request) -> Shelf:
    home = request.app[keys.SETTINGS].home
    return await list_shelf.shelf(home, request[keys.ACTOR], request.match_info["agreement"])


def routes() -> list[web.RouteDef]:
    """Overview, draft, line, and a form for each deed."""
    here = "/agreements/{agreement}"
    version = here + r"/versions/{version:\d{1,6}}"
    hands = ("signatory", "partner_operator")
    return [
        web.get(here, overview),
        web.get(f"{here}/draft", draft),
        web.get(f"{here}/draft/lines/{{code}}", line),
        web.post(f"{here}/draft/lines/{{code}}", save_line),
        web.post(f"{here}/draft", deed(_begin, "begun", "/draft")),
        web.post(f"{here}/draft/drop", deed(_drop, "dropped")),
        web.post(f"{here}/draft/remove", deed(_remove, "removed", "/draft", in_draft=True)),
        web.post(
            f"{here}/draft/confirm",
            deed(_confirm, "confirmed", "/draft", who=(*EDITORS, "officer"), in_draft=True, at="#departments"),
        ),
        web.post(f"{here}/draft/propose", deed(_propose, "proposed", in_draft=True, at="#f-effective_from")),
        web.post(f"{here}/suspend", deed(_suspend, "suspended", at="#suspend")),
        web.post(f"{here}/resume", deed(_resume, "resumed", at="#suspend")),
        web.post(f"{here}/end", deed(_end, "ended", at="#end")),
        web.post(f"{version}/sign", deed(_sign, "signed", who=hands)),
        web.post(f"{version}/return", deed(_return, "returned", who=(*hands, *EDITORS))),
    ]
