"""What may be done with a case now, by whom, and what to do next: one table of deeds and one of next steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.applications import lifecycle
from gateway.applications.case import Case
from gateway.applications.deeds import log_contact
from gateway.applications.lifecycle import State
from gateway.auth import roles


@dataclass(frozen=True)
class Deed:
    """A deed of the window that has a page of its own under the case."""

    name: str  # deed of the case room
    said: str  # type of the message; of a deed that says nothing: a type that may be said when it may be done
    path: str
    label: str
    icon: str


DEEDS = (
    Deed("supplement", "application.supplemented", "supplement", "提交补正", "upload"),
    Deed("hand_over", "result.handed_over", "handover", "送达申请人", "check"),
    Deed("urge", "application.urged", "urges", "催办", "bell"),
    Deed("note", "note.sent", "notes", "留言", "send"),
    Deed("log_contact", "note.sent", "contacts", "告知记录", "user"),
    Deed("withdraw", "application.withdrawn", "withdrawal", "申请撤回", "close"),
    Deed("rate", "application.rated", "rating", "评价", "check"),
)
STUCK = frozenset({"held", "parked", "quarantined", "conflict", "set_aside"})


def possible(case: Case, role: str | None) -> list[Deed]:
    """Deeds that this role may do in the present state, the most likely first."""
    return [
        deed
        for deed in DEEDS
        if roles.may(role, deed.name)
        and lifecycle.may_say(case.state, deed.said)
        and not (deed.name == "withdraw" and _withdrawal_waits(case))
        and not (deed.name == "supplement" and _several_ask(case))
        and not (deed.name == "rate" and case.application.rating is not None)
    ]


def _several_ask(case: Case) -> bool:
    """Of a joint case: each of them is answered by itself."""
    return [one["state"] for one in case.said.get("parts") or []].count(State.SUPPLEMENT.value) > 1


def _withdrawal_waits(case: Case) -> bool:
    return case.leg.withdrawal_asked_at is not None and case.leg.withdrawal_answer is None


def next_step(case: Case) -> str:
    """What the window does now, in one sentence; no action is an answer too."""
    handler, leg = "各承办地" if case.is_whole else case.handler_name, case.leg
    if case.state in lifecycle.OPEN and _withdrawal_waits(case):
        return f"等{handler}答复撤回申请，答复会自动显示在这里。"
    if case.state in lifecycle.OPEN and leg.delivery in STUCK:
        return "转送遇到问题。请与对方窗口联系，并告知清单协调员在“投递异常”中处理。"
    if case.state in (State.SUBMITTED, State.ACCEPTED) and leg.delivery in ("waiting", "sent"):
        return "系统正在转送，窗口不用操作；对方接收后这里会自动更新。"
    if case.state is State.SUPPLEMENT:
        asked: Mapping[str, Any] = case.said.get("supplement") or {}
        if asked.get("addressed_to") == "window":
            return "对方退回窗口更正：请核对下列内容，更正后重新提交。"
        told = log_contact.told_since(case, asked.get("asked_at"))
        if told is not None:
            return f"已于 {told['at'][:10]} 告知申请人（{told['by']}），等申请人补齐；材料到齐后提交补正。"
        return "请通知申请人在期限前一次补齐下列内容，并登记告知记录；材料到齐后提交补正。"
    return NEXT[case.state].format(handler=handler)


NEXT: Mapping[State, str] = {
    State.DRAFT: "还没有提交。",
    State.SUBMITTED: "等{handler}审查是否受理，窗口不用操作；到期未答复可以催办。",
    State.ACCEPTED: "{handler}正在办理，窗口不用操作；申请人来问，可告知承诺日期。",
    State.SUPPLEMENT: "请通知申请人补正。",
    State.SUSPENDED: "{handler}正在进行特别程序，期间不计入办理时限。",
    State.DECIDED: "请核对结果文书，通知申请人领取；交到申请人手里后登记送达。",
    State.HANDED_OVER: "本件已完成。",
    State.DECLINED: "请把不予受理的理由告知申请人，退还收到的材料原件。",
    State.WITHDRAWN: "本件已按申请人的要求撤回，请退还收到的材料原件。",
    State.EXPIRED: "申请人逾期没有补正，本件已结束。需要时可以重新申请。",
}
