"""Where a case is stuck, with whom, and what to do next: one pure table, total over everything a leg can be.

Seen from one side of the wire: `origin` is the window that received it, otherwise the side that decides. What is on its way
comes before what is waited for, except where our own people have to act whatever the post does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gateway.applications import words
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.deeds import decide_at_once, log_contact
from gateway.applications.lifecycle import OPEN, State

HOME, PARTNER = "home", "partner"
ON_ITS_WAY = frozenset({"waiting", "sent"})
STUCK = frozenset({"held", "parked", "quarantined", "conflict", "set_aside"})
DELIVERY_WAITS: Mapping[str, str] = {
    "waiting": "等待{partner}接收",
    "sent": "已转送，等待{partner}接收",
    "held": "{partner}已收到，因前序报文或附件未到暂存，等待其处理",
    "parked": "{partner}已收到但不能处理（{reason}），请与对方联系或在投递异常中处理",
    "quarantined": "{partner}未能核验报文，请联系管理员",
    "conflict": "{partner}报告编号冲突，请联系管理员",
    "set_aside": "报文已搁置（{reason}），请与{partner}联系",
}
AWAITED: Mapping[State, str] = {State.SUBMITTED: "reply", State.ACCEPTED: "promised", State.DECIDED: "delivery"}


@dataclass(frozen=True)
class Facts:
    """What the line depends on. Days are Asia/Shanghai days."""

    origin: bool
    state: State
    partner: str
    handler: str
    origin_name: str
    delivery: str
    today: date
    reason: str | None = None
    withdrawal: bool = False  # asked for and not answered
    due: str | None = None  # of the limit that is waited for in this state
    procedure: str = ""
    to_window: bool = False
    due_by: str = ""  # of a supplement
    told: tuple[str, str] | None = None  # the day on which the applicant was told of it, and by whom
    decided_on: date | None = None
    uncollected_days: int = 15
    originals_open: bool = False
    at_once: bool = False  # the list decides it on the spot

    @property
    def late(self) -> bool:
        """Is the limit over?"""
        return self.due is not None and self.due < self.today.isoformat()

    @property
    def uncollected(self) -> int | None:
        """Days for which a result has lain too long, None while it has not."""
        days = (self.today - self.decided_on).days if self.decided_on else 0
        return days if self.state is State.DECIDED and days >= self.uncollected_days else None


@dataclass(frozen=True)
class Standing:
    """With whom it is (`home` or `partner`), what is waited for, and what our own side does next."""

    who: str
    text: str
    next: str


def of(case: Case, today: date) -> Standing:
    """The line of a case, seen from our side; of a joint one, what each part waits for."""
    if not case.is_whole:
        return line(facts(case, today))
    found = line(replace(facts(case, today), partner="承办地", handler="各承办地"))
    parts = living(case)
    if not parts:
        return found
    told = "；".join(f"{one['handler']['name']}：{one['with']}" for one in parts)
    return replace(found, text=told if len(parts) > 1 else parts[0]["with"])


def living(case: Case) -> list[Mapping[str, Any]]:
    """The parts of a joint case that go on, as the whole keeps them; none of any other case."""
    parts = case.said.get("parts") or [] if case.is_whole else []
    return [one for one in parts if State(one["state"]) in OPEN]


def facts(case: Case, today: date) -> Facts:
    """What of a case decides its line."""
    leg, asked = case.leg, case.said.get("supplement") or {}
    suspended: Mapping[str, Any] = case.said.get("suspended") or {}
    kind = words.PROCEDURES.get(suspended.get("kind", ""), "")
    told = log_contact.told_since(case, asked.get("asked_at"))
    running = [clock for clock in leg.clocks if clock["kind"] == AWAITED.get(case.state)]
    return Facts(
        origin=case.is_origin,
        state=case.state,
        partner=place(leg.partner),
        handler=case.handler_name,
        origin_name=place(case.application.origin),
        delivery=leg.delivery,
        reason=leg.delivery_reason,
        today=today,
        withdrawal=case.withdrawal_waits and case.state in OPEN,
        due=next((clock["due"] for clock in running if clock["state"] == "running"), None),
        procedure=f"（{kind}，至 {suspended['until'][:10]}）" if suspended.get("until") else "",
        to_window=asked.get("addressed_to") == "window",
        due_by=str(asked.get("due_by", "")),
        told=(told["at"][:10], told["by"]) if told else None,
        decided_on=local_day(leg.decided_at) if leg.decided_at else None,
        uncollected_days=case.house.uncollected_days,
        originals_open=leg.originals_open > 0,
        at_once=decide_at_once.possible(case),
    )


def line(at: Facts) -> Standing:
    """The one answer for every combination of facts."""
    return _at_origin(at) if at.origin else _at_handler(at)


def _way(at: Facts) -> str:
    return DELIVERY_WAITS[at.delivery].format(partner=at.partner, reason=at.reason or "未说明原因")


def _limit(at: Facts) -> str:
    if at.due is None:
        return ""
    return f"，已超过 {at.due}" if at.late else f"，{at.due} 前"


def _at_origin(at: Facts) -> Standing:
    if at.state in OPEN and at.state is not State.SUPPLEMENT and at.delivery in STUCK:
        return Standing(PARTNER, _way(at), _SPEAK)
    if at.withdrawal:
        text = _way(at) if at.delivery in ON_ITS_WAY else f"撤回待{at.handler}确认"
        return Standing(PARTNER, text, f"等{at.handler}答复撤回申请，答复会自动显示在这里。")
    if at.state in OPEN and at.state is not State.SUPPLEMENT and at.delivery in ON_ITS_WAY:
        return Standing(PARTNER, _way(at), "系统正在转送，窗口不用操作；对方接收后这里会自动更新。")
    match at.state:
        case State.DRAFT:
            return Standing(HOME, "还没有提交", "还没有提交。")
        case State.SUBMITTED:
            after = "已过答复时限：请催办，或电话联系对方。" if at.late else "窗口不用操作；到期未答复可以催办。"
            return Standing(PARTNER, f"等待{at.handler}受理{_limit(at)}", f"等{at.handler}审查是否受理，{after}")
        case State.ACCEPTED:
            after = "请催办并如实告知申请人。" if at.late else "窗口不用操作；申请人来问，可告知承诺日期。"
            late = f"{at.handler}没有按期办结，{after}" if at.late else f"{at.handler}正在办理，{after}"
            return Standing(PARTNER, f"{at.handler}办理中{_limit(at)}", late)
        case State.SUSPENDED:
            after = f"{at.handler}正在进行特别程序，期间不计入办理时限。"
            return Standing(PARTNER, f"{at.handler}特别程序中{at.procedure}", after)
        case State.SUPPLEMENT:
            return _supplement(at)
        case State.DECIDED:
            return _decided(at)
    return _ended(at)


def _supplement(at: Facts) -> Standing:
    who = "窗口更正" if at.to_window else "申请人补正"
    late = at.due_by != "" and at.due_by < at.today.isoformat()
    text = f"等待{who}，{'已过期限' if late else '截止'} {at.due_by}"
    if at.to_window:
        return Standing(HOME, text, "对方退回窗口更正：窗口自己核对下列内容，更正后提交，不用通知申请人。")
    if at.told is None:
        after = "请通知申请人在期限前一次补齐下列内容，并登记告知记录；材料到齐后提交补正。"
        return Standing(HOME, f"{text}（尚未登记告知）", after)
    after = f"已于 {at.told[0]} 告知申请人（{at.told[1]}），等申请人补齐；材料到齐后提交补正。"
    return Standing(HOME, text, after)


def _decided(at: Facts) -> Standing:
    if at.uncollected is not None:
        after = "请再次联系申请人领取，并登记告知记录；确实不便到场的，改为邮寄或电子送达。"
        return Standing(HOME, f"结果已到 {at.uncollected} 天，申请人还没有领取", after)
    return Standing(HOME, "结果已到，等待送达申请人", "请核对结果文书，通知申请人领取；交到申请人手里后登记送达。")


_SPEAK = "转送遇到问题。请与对方窗口联系，并告知清单协调员在“投递异常”中处理。"
_ENDED: Mapping[State, str] = {
    State.HANDED_OVER: "本件已完成。",
    State.DECLINED: "请把不予受理的理由告知申请人，退还收到的材料原件。",
    State.WITHDRAWN: "本件已按申请人的要求撤回，请退还收到的材料原件。",
    State.EXPIRED: "申请人逾期没有补正，本件已结束。需要时可以重新申请。",
}


def _ended(at: Facts) -> Standing:
    if at.originals_open:
        after = _ENDED[at.state] + "还有原件没有登记去向，请在“原件”中登记退还。"
        return Standing(HOME, "已结束，还有原件待退还", after)
    if at.delivery in STUCK:
        return Standing(PARTNER, f"已结束；{_way(at)}", f"{_ENDED[at.state]}{_SPEAK}")
    return Standing(HOME, "已结束", _ENDED[at.state])


def _at_handler(at: Facts) -> Standing:
    if at.withdrawal:
        after = f"申请人申请撤回，请答复是否同意；同意后本件结束，不同意须说明理由。答复会转告{at.origin_name}窗口。"
        return Standing(HOME, f"申请人申请撤回，等待{at.handler}答复", after)
    if at.delivery in STUCK:
        text = _way(at) if at.state in OPEN else f"本地已办完；{_way(at)}"
        return Standing(PARTNER, text, _SPEAK + _handler_next(at))
    match at.state:
        case State.DRAFT:
            return Standing(PARTNER, "还没有提交", "还没有提交。")
        case State.SUBMITTED:
            return Standing(HOME, f"等待{at.handler}受理{_limit(at)}", _handler_next(at))
        case State.ACCEPTED:
            return Standing(HOME, f"{at.handler}办理中{_limit(at)}", _handler_next(at))
        case State.SUSPENDED:
            return Standing(HOME, f"{at.handler}特别程序中{at.procedure}", _handler_next(at))
        case State.SUPPLEMENT if at.delivery in ON_ITS_WAY:
            return Standing(PARTNER, f"补正告知{_way(at).removeprefix('已转送，')}", _handler_next(at))
        case State.SUPPLEMENT:
            who = "窗口更正" if at.to_window else "申请人补正"
            late = at.due_by != "" and at.due_by < at.today.isoformat()
            text = f"等待{at.origin_name}{who}，{'已过期限' if late else '截止'} {at.due_by}"
            return Standing(HOME if late else PARTNER, text, _handler_next(at))
        case State.DECIDED if at.delivery in ON_ITS_WAY:
            return Standing(PARTNER, f"结果{_way(at).removeprefix('已转送，')}", _handler_next(at))
        case State.DECIDED:
            return Standing(PARTNER, f"结果已到{at.origin_name}，等待送达申请人", _handler_next(at))
    text = "已结束，还有原件待退还" if at.originals_open else "已结束"
    return Standing(HOME, text, _handler_next(at))


def _handler_next(at: Facts) -> str:
    match at.state:
        case State.SUBMITTED if at.at_once:
            return "清单列为即办：材料齐全的，一步受理并办结；不齐的一次告知补正，依法不能办的不予受理并说明依据。"
        case State.SUBMITTED:
            return "请审查：符合条件的受理；材料不齐的，一次告知全部补正内容；依法不能办的，不予受理并说明依据。"
        case State.ACCEPTED:
            return "请在承诺日期前作出决定，上传决定文书后办结。"
        case State.SUSPENDED:
            return "特别程序期间不计入时限；结束后请点“恢复办理”。"
        case State.SUPPLEMENT if at.due_by != "" and at.due_by < at.today.isoformat():
            return "补正期限已过。仍未补正的，可以按“逾期未补正”办结；以窗口收到补正的日期为准。"
        case State.SUPPLEMENT:
            return f"已告知补正，等{at.origin_name}窗口提交，不用操作。"
        case State.DECIDED:
            return f"已办结，等{at.origin_name}窗口把结果送达申请人，不用操作。"
    return "本件已结束，还有原件没有登记去向，请寄回。" if at.originals_open else "本件已结束，不用操作。"
