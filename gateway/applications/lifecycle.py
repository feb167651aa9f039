"""The life of a leg, once, as a table that is total over (state, what is said).

Both sides of the wire read the same table: who says a thing asks `may_say`, who hears it asks `hear`. What is merely
late or out of place is never an error when heard: it is recorded and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """States of a leg."""

    DRAFT = "DRAFT"  # 暂存: typed, not submitted, has no number
    SUBMITTED = "SUBMITTED"  # 已收件: the window has it; for the handler 待受理
    ACCEPTED = "ACCEPTED"  # 已受理: the handler took it
    SUPPLEMENT = "SUPPLEMENT"  # 待补正: the handler told once what is missing
    SUSPENDED = "SUSPENDED"  # 特别程序中: hearing, inspection …, the clock stands
    DECIDED = "DECIDED"  # 已办结: granted, refused or terminated
    HANDED_OVER = "HANDED_OVER"  # 已送达申请人: the citizen has the result
    DECLINED = "DECLINED"  # 不予受理
    WITHDRAWN = "WITHDRAWN"  # 已撤回: asked by the citizen, granted by the handler
    EXPIRED = "EXPIRED"  # 逾期未补正: closed by the handler, and only by it


TEXT: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: "暂存",
        State.SUBMITTED: "已收件",
        State.ACCEPTED: "已受理",
        State.SUPPLEMENT: "待补正",
        State.SUSPENDED: "特别程序中",
        State.DECIDED: "已办结",
        State.HANDED_OVER: "已送达申请人",
        State.DECLINED: "不予受理",
        State.WITHDRAWN: "已撤回",
        State.EXPIRED: "逾期未补正",
    }
)
OUTCOME_TEXT: Mapping[str, str] = MappingProxyType(
    {"granted": "准予", "refused": "不予", "terminated": "终止", "overdue": "逾期"}
)

PARTIAL = "partial"  # of a joint case's whole: one place granted, another did not

OPEN = frozenset({State.SUBMITTED, State.ACCEPTED, State.SUPPLEMENT, State.SUSPENDED})  # the handler still works on it
CLOSED = frozenset(State) - OPEN - {State.DRAFT}
TO_DO = [*(state.value for state in OPEN), State.DECIDED.value]  # somebody has still to do something, as rows have it


@dataclass(frozen=True)
class Move:
    """What a word does in a state: `to` is the next state; `counts` is False when it only gets recorded."""

    to: State
    counts: bool = True


BACK = "back"  # to where the leg was before the supplement was asked for
SAME = "same"  # an effect, but no other state

# What is said -> the states in which it counts -> the next state. Everything not named is recorded without effect.
HEARD: Mapping[str, Mapping[State, State | str]] = MappingProxyType(
    {
        "application.submitted": {State.DRAFT: State.SUBMITTED},
        "application.supplemented": {State.SUPPLEMENT: BACK},
        "application.withdrawn": dict.fromkeys(OPEN, SAME),
        "application.urged": dict.fromkeys(OPEN, SAME),
        "application.rated": dict.fromkeys(CLOSED, SAME),
        "application.accepted": {State.SUBMITTED: State.ACCEPTED, State.SUPPLEMENT: State.ACCEPTED},
        "application.declined": {State.SUBMITTED: State.DECLINED, State.SUPPLEMENT: State.DECLINED},
        "supplement.requested": {
            State.SUBMITTED: State.SUPPLEMENT,
            State.ACCEPTED: State.SUPPLEMENT,
            State.SUPPLEMENT: State.SUPPLEMENT,
        },
        "procedure.suspended": {State.ACCEPTED: State.SUSPENDED},
        "procedure.resumed": {State.SUSPENDED: State.ACCEPTED},
        "limit.extended": {State.ACCEPTED: SAME, State.SUSPENDED: SAME},
        "application.decided": dict.fromkeys(OPEN, State.DECIDED),
        "withdrawal.granted": dict.fromkeys(OPEN, State.WITHDRAWN),
        "withdrawal.refused": dict.fromkeys(State, SAME),
        "result.handed_over": {State.DECIDED: State.HANDED_OVER},
        "note.sent": dict.fromkeys(State, SAME),
        "original.moved": dict.fromkeys(State, SAME),
    }
)

# Where the one who speaks is held to more than the one who hears: our own officers and clerks.
SAID: Mapping[str, frozenset[State]] = MappingProxyType(
    {
        "application.submitted": frozenset({State.DRAFT}),
        "application.supplemented": frozenset({State.SUPPLEMENT}),
        "application.withdrawn": OPEN,
        "application.urged": OPEN,
        "application.rated": CLOSED,
        "application.accepted": frozenset({State.SUBMITTED}),
        "application.declined": frozenset({State.SUBMITTED}),
        "supplement.requested": frozenset({State.SUBMITTED, State.ACCEPTED}),
        "procedure.suspended": frozenset({State.ACCEPTED}),
        "procedure.resumed": frozenset({State.SUSPENDED}),
        "limit.extended": frozenset({State.ACCEPTED, State.SUSPENDED}),
        "application.decided": OPEN,
        "withdrawal.granted": OPEN,
        "withdrawal.refused": frozenset(State) - {State.DRAFT},
        "result.handed_over": frozenset({State.DECIDED}),
        "note.sent": frozenset(State) - {State.DRAFT},
        "original.moved": frozenset(State) - {State.DRAFT},
    }
)

FROM_ORIGIN = frozenset(
    {
        "application.submitted",
        "application.supplemented",
        "application.withdrawn",
        "application.urged",
        "application.rated",
    }
)
FROM_BOTH = frozenset({"result.handed_over", "note.sent", "original.moved"})


def hear(state: State, said: str, *, outcome: str | None = None, back_to: State | None = None) -> Move:
    """What hearing `said` does to a leg in `state`; total: every pair has an answer.

    `outcome` is that of application.decided (`overdue` ends in EXPIRED); `back_to` is the state before the supplement.
    """
    target = HEARD.get(said, {}).get(state)
    if target is None:
        return Move(state, counts=False)
    if target == BACK:
        return Move(back_to or State.SUBMITTED)
    if target == SAME:
        return Move(state)
    if said == "application.decided" and outcome == "overdue":
        return Move(State.EXPIRED)
    return Move(State(target))


def may_say(state: State, said: str, *, outcome: str | None = None) -> bool:
    """May our own side say this now? An overdue supplement can only be closed where one is awaited."""
    if said == "application.decided" and outcome == "overdue":
        return state is State.SUPPLEMENT
    return state in SAID.get(said, frozenset())


def state_text(state: State, outcome: str | None) -> str:
    """The words of a state; 已办结 never without its outcome, of which a joint case's whole has one more."""
    if state is State.DECIDED and outcome == PARTIAL:
        return "部分办结"
    if state is State.DECIDED and outcome is not None:
        return f"{TEXT[state]}·{OUTCOME_TEXT[outcome]}"
    return TEXT[state]
