"""What states are called on a page and the colour of their chip. The words say it all; colour only helps the eye.

Tones: `plain` at rest, `info` under way, `warn` someone must act, `bad` gone wrong or refused, `good` done.
"""

from dataclasses import dataclass

from gateway.applications import lifecycle
from gateway.applications.lifecycle import State


@dataclass(frozen=True)
class Chip:
    """Words and tone of one chip."""

    text: str
    tone: str


TONES = {
    State.DRAFT: "plain",
    State.SUBMITTED: "info",
    State.ACCEPTED: "info",
    State.SUPPLEMENT: "warn",
    State.SUSPENDED: "warn",
    State.DECIDED: "good",
    State.HANDED_OVER: "good",
    State.DECLINED: "bad",
    State.WITHDRAWN: "plain",
    State.EXPIRED: "bad",
}
OUTCOME_TONES = {"granted": "good", "refused": "bad", "terminated": "plain", "overdue": "bad", "partial": "warn"}
INBOX = {State.SUBMITTED: Chip("待受理", "warn")}  # the handler's word for what the window calls 已收件
DELIVERIES = {
    "waiting": Chip("待转送", "plain"),
    "sent": Chip("已转送", "info"),
    "receipted": Chip("对方已接收", "good"),
    "held": Chip("对方已收到·暂存", "info"),
    "parked": Chip("对方不能处理", "warn"),
    "quarantined": Chip("对方未能核验", "bad"),
    "conflict": Chip("编号冲突", "bad"),
    "set_aside": Chip("报文已搁置", "plain"),
}
MODES = {"online": "全程网办", "collect_and_forward": "异地代收代办", "joint": "多地联办"}
DIRECTIONS = {"both": "双向", "outbound": "仅本地收件", "inbound": "仅对方收件"}


def state(code: str, outcome: str | None = None, *, inbox: bool = False) -> Chip:
    """The chip of a leg's state; 已办结 with its `outcome`; `inbox`: in the handler's own words."""
    known = State.__members__.get(code)
    if known is None:
        return Chip(code, "plain")
    if inbox and known in INBOX:
        return INBOX[known]
    tone = OUTCOME_TONES.get(outcome or "", TONES[known]) if known is State.DECIDED else TONES[known]
    return Chip(lifecycle.state_text(known, outcome), tone)


def delivery(code: str) -> Chip:
    """The chip of a message's way to the other side; an unknown word is shown as it came."""
    return DELIVERIES.get(code, Chip(code, "plain"))
