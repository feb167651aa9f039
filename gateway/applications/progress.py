"""What the applicant is told of a case: state, what is waited for, days, what to bring. Pure; no personal value stands in it.

Nothing that somebody typed goes in: neither answers nor the handler's own words, which may name people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.applications import clocks, lifecycle, words
from gateway.applications.case import Case, Json, place
from gateway.applications.clocks import local_day
from gateway.applications.lifecycle import OPEN, State
from gateway.applications.views import local
from matters_map.deadlines import working_days_between
from matters_map.findings import path_of
from matters_map.schema_walk import SchemaWalk
from matters_map.wording import title

STEPS = ("已收件", "已转送", "对方已接收", "受理", "办结", "送达申请人")
CLOCKS = {  # kind -> (what it says, in which states it is shown)
    "reply": ("告知是否受理的期限", {State.SUBMITTED}),
    "promised": ("承诺办结的期限", {State.ACCEPTED, State.SUSPENDED}),
    "statutory": ("法定办结的期限", {State.ACCEPTED, State.SUSPENDED}),
    "supplement": ("补正的截止日", {State.SUPPLEMENT}),
}
COMMON = frozenset(  # kinds of papers that say nothing about a person
    "居民身份证 临时居民身份证 居民户口簿 结婚证 居住证 社会保障卡 营业执照 机动车驾驶证 不动产权证书 授权委托书".split()  # noqa: SIM905
)
EXPLAINED = "已收件、已转送、对方已接收、受理、办结是不同的几步：收件和接收都不等于受理，受理不等于办结。"


@dataclass(frozen=True)
class Sent:
    """How far the application itself came on its way to the handler: not its later messages."""

    left: bool  # 已转送: the bus has it
    receipted: bool  # 对方已接收: the handler's receipt says so
    stuck: bool = False  # the handler has it, but could not take it


def told(case: Case, sent: Sent, now: datetime) -> Json:
    """The whole answer; see the shape `Progress` of the API."""
    return {
        "number": case.application.number,
        "received_on": local_day(case.application.received_at).isoformat(),
        "origin": place(case.application.origin),
        "handler": case.handler_name,
        "state": case.leg.state,
        "state_text": _state(case, sent),
        "steps": [{"name": name, "done": done} for name, done in zip(STEPS, _done(case, sent), strict=True)],
        "waits_for": _waits(case, sent),
        "explained": EXPLAINED,
        "clocks": [_clock(case, clock, local_day(now)) for clock in _shown(case)],
        "supplement": _supplement(case),
        "phones": _phones(case),
        "as_of": local(now),
    }


def _state(case: Case, sent: Sent) -> str:
    match case.state:
        case State.SUBMITTED:
            return "对方已接收" if sent.receipted else "已转送" if sent.left else "已收件"
        case State.SUPPLEMENT if _to_window(case):
            return "退回窗口更正"
        case State.HANDED_OVER if case.leg.outcome is not None:
            return f"{lifecycle.state_text(State.DECIDED, case.leg.outcome)}，已送达申请人"
    return lifecycle.state_text(case.state, case.leg.outcome)


def _done(case: Case, sent: Sent) -> tuple[bool, ...]:
    """Which steps were taken. What was told by the handler has reached it, whatever its receipt says."""
    heard = case.state not in (State.SUBMITTED, State.WITHDRAWN) or sent.receipted
    decided = case.state in (State.DECIDED, State.HANDED_OVER)
    accepted = case.leg.accepted_at is not None or decided
    return True, sent.left or heard, heard, accepted, decided, case.state is State.HANDED_OVER


def _to_window(case: Case) -> bool:
    return (case.said.get("supplement") or {}).get("addressed_to") == "window"


def _waits(case: Case, sent: Sent) -> str:
    handler = case.handler_name
    if case.is_whole and case.state in OPEN and case.state is not State.SUPPLEMENT:
        return _parts_wait(case)
    if case.withdrawal_waits and case.state in OPEN:
        return f"已按您的要求提出撤回，等待{handler}确认"
    match case.state:
        case State.SUBMITTED:
            return _on_its_way(handler, sent)
        case State.ACCEPTED:
            return f"{handler}正在办理"
        case State.SUPPLEMENT:
            return "窗口正在更正，您不必做什么" if _to_window(case) else "等待您补正，请看下面要带的东西"
        case State.SUSPENDED:
            kind = words.PROCEDURES.get((case.said.get("suspended") or {}).get("kind", ""), "特别程序")
            return f"{handler}正在进行{kind}，期间不计入办理时限"
        case State.DECIDED:
            return "结果已到，请按收件时约定的方式领取"
        case State.DECLINED:
            return f"{handler}不予受理。理由和应找的机关，请向收件窗口查询"
        case State.WITHDRAWN:
            return "已按您的要求撤回，本件已结束"
        case State.EXPIRED:
            return "逾期没有补正，已终止办理。需要办理的，请重新申请"
    return "本件已结束"


def _parts_wait(case: Case) -> str:
    """Of a joint case: every place with where its part stands."""
    return "；".join(f"{one['handler']['name']}：{one['state_text']}" for one in case.said.get("parts") or [])


def _on_its_way(handler: str, sent: Sent) -> str:
    if sent.stuck:
        return f"窗口正在与{handler}核对，您不必做什么"
    if sent.receipted:
        return f"等待{handler}告知是否受理"
    return f"等待{handler}接收" if sent.left else f"正在转送{handler}"


def _shown(case: Case) -> list[clocks.Clock]:
    every = clocks.load(case.leg.clocks)
    due = {one.kind: one for one in every if one.kind in CLOCKS and one.state in clocks.GOING}
    return [one for kind, one in due.items() if case.state in CLOCKS[kind][1]]


def _clock(case: Case, clock: clocks.Clock, today: date) -> Json:
    due = date.fromisoformat(clock.due)
    left = working_days_between(today, due, case.house.calendar)
    over = clock.state == "running" and due < today
    return {
        "label": CLOCKS[clock.kind][0],
        "due": clock.due,
        "working_days_left": None if clock.state == "stopped" or over else max(left, 0),
        "state": "overdue" if over else clock.state,
        "provisional": clock.provisional,
    }


def _supplement(case: Case) -> Json | None:
    """In general words: which papers and which places of the form, never what was wrong with them."""
    said = case.said.get("supplement")
    if not said or case.state is not State.SUPPLEMENT or _to_window(case):
        return None
    return {"due_by": said["due_by"], "bring": list(dict.fromkeys(_brought(case, said["items"])))}


def _brought(case: Case, items: list[Mapping[str, Any]]) -> Iterator[str]:
    known = _materials(case)
    for item in items:
        if item.get("material"):
            yield f"材料：{item['material']}" if item["material"] in known else "一份材料（请向窗口查询是哪一份）"
        else:
            field = _field(case, str(item.get("pointer") or ""))
            yield f"申请表中的“{field}”" if field else "申请表中的一处（请向窗口查询是哪一处）"


def _materials(case: Case) -> frozenset[str]:
    """Names that the list gives, and common ones; of a material that somebody named otherwise nothing is told."""
    return COMMON | {one.name for one in (case.matter.materials if case.matter else ())}


def _field(case: Case, pointer: str) -> str | None:
    """The field's own title in the form, or None."""
    if case.form is None or not pointer.startswith("/answers/"):
        return None
    path = tuple(int(part) if part.isdigit() else part for part in path_of(pointer)[1:])
    walk = SchemaWalk(case.form.schema)
    return title(walk, path) if walk.fields(path) else None


def _phones(case: Case) -> list[str]:
    """The windows' telephones as the list names them."""
    windows = case.matter.line.contact_window if case.matter else ""
    return [part.strip() for part in windows.split(";") if part.strip()]
