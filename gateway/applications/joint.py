"""多地联办: what the whole of a joint case is and what is due next, from its parts alone. Pure and total.

A part that was not begun yet stands in DRAFT; one that is stopped before it was begun ends WITHDRAWN without having
been said to anybody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.applications.lifecycle import OPEN, PARTIAL, TEXT, State, state_text

GRANTED, REFUSED, DECLINED, TERMINATED = "granted", "refused", "declined", "terminated"
SIGNED = "多地联办"  # how the steps are signed that follow from the agreement alone
STOPPED_STEP = "part.stopped"  # a step that only our own house sees: nobody was told of that part
OVERDUE, WITHDRAWN, STOPPED = "overdue", "withdrawn", "stopped"
# How a whole of which nothing was granted ended: the first of these in which a part ended -> (state, outcome)
WITHOUT_GRANT: Mapping[str, tuple[State, str | None]] = {
    REFUSED: (State.DECIDED, "refused"),
    DECLINED: (State.DECLINED, None),
    TERMINATED: (State.DECIDED, "terminated"),
    OVERDUE: (State.EXPIRED, "overdue"),
    WITHDRAWN: (State.WITHDRAWN, None),
    STOPPED: (State.WITHDRAWN, None),
}


@dataclass(frozen=True)
class Rules:
    """How the parts belong together; as the agreement's line said when the case was filed."""

    lead: int = 1
    join: str = "all"  # all | lead | each
    on_refusal: str = "ask"  # ask | stop | nothing
    on_withdrawal: str = "ask"

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Rules":
        """From what the application keeps."""
        return cls(value["lead"], value["join"], value["on_refusal"], value["on_withdrawal"])


def holds_originals(kept: Mapping[str, Any]) -> int:
    """The part that gets what was handed in on paper: there is one of each. The lead when it begins at once, else the
    first that does.
    """
    first = [one["part"] for one in kept["parts"] if one["stage"] == 1]
    return int(kept["lead"] if kept["lead"] in first else first[0])


@dataclass(frozen=True)
class Part:
    """One leg of the whole. `begun`: was it ever said to its handler? `asked`: its withdrawal, ever."""

    part: int
    stage: int
    state: State = State.DRAFT
    outcome: str | None = None
    begun: bool = False
    asked: bool = False

    @property
    def ending(self) -> str | None:
        """How it ended; None while it has not."""
        match self.state:
            case State.DECIDED | State.HANDED_OVER:
                return self.outcome if self.outcome in (REFUSED, TERMINATED) else GRANTED
            case State.DECLINED:
                return DECLINED
            case State.EXPIRED:
                return OVERDUE
            case State.WITHDRAWN:
                return WITHDRAWN if self.begun else STOPPED
        return None

    @property
    def waits(self) -> bool:
        """Not begun, and not stopped."""
        return self.state is State.DRAFT


@dataclass(frozen=True)
class Due:
    """What is to be done now: parts by their numbers. `ended`: nothing more will come."""

    begin: tuple[int, ...] = ()
    stop: tuple[int, ...] = ()  # never begun, closed at once
    ask: tuple[int, ...] = ()  # under way: their withdrawal is asked for
    ended: bool = False

    @property
    def nothing(self) -> bool:
        """Is there nothing to do?"""
        return not (self.begin or self.stop or self.ask)


def due(rules: Rules, parts: Sequence[Part]) -> Due:
    """What follows from how the parts stand. Doing it and asking again comes to an end after a few rounds."""
    waiting = [one for one in parts if one.waits]
    unfinished = any(one.ending is None for one in parts)
    effect = _effect(rules, parts)
    ask = [one.part for one in parts if effect == "ask" and one.state in OPEN and not one.asked]
    if waiting and (effect in ("ask", "stop") or _stopped_before(parts)):
        return Due(stop=_numbers(waiting), ask=tuple(ask))
    if not waiting:
        return Due(ask=tuple(ask), ended=not unfinished)
    stage = min(one.stage for one in waiting)
    before = [one for one in parts if one.stage < stage]
    if not before or passed(rules, parts, stage - 1):
        return Due(begin=_numbers(one for one in waiting if one.stage == stage), ask=tuple(ask))
    if _dead(rules, before):
        return Due(stop=_numbers(waiting), ask=tuple(ask))
    return Due(ask=tuple(ask))


def passed(rules: Rules, parts: Sequence[Part], upto: int) -> bool:
    """May the stage after `upto` begin?"""
    before = [one for one in parts if one.stage <= upto]
    lead = next((one for one in before if one.part == rules.lead), None)
    if rules.join == "all":
        return all(one.ending == GRANTED for one in before)
    if rules.join == "lead" and lead is not None:
        return lead.ending == GRANTED
    return all(one.ending is not None for one in before)


def _dead(rules: Rules, before: Sequence[Part]) -> bool:
    """Can the next stage never begin any more?"""
    if rules.join == "each":
        return False
    decisive = [one for one in before if rules.join == "all" or one.part == rules.lead]
    return any(one.ending not in (None, GRANTED) for one in decisive)


def _effect(rules: Rules, parts: Iterable[Part]) -> str:
    """What the endings without a grant do to the others, by the line's rule; the strongest of them."""
    found = {
        rules.on_withdrawal if one.ending in (WITHDRAWN, STOPPED) else rules.on_refusal
        for one in parts
        if one.ending not in (None, GRANTED) and (rules.join != "lead" or one.part == rules.lead)
    }
    return next((effect for effect in ("ask", "stop") if effect in found), "nothing")


def _stopped_before(parts: Iterable[Part]) -> bool:
    return any(one.ending == STOPPED for one in parts)


def _numbers(parts: Iterable[Part]) -> tuple[int, ...]:
    return tuple(one.part for one in parts)


def derived(rules: Rules, parts: Sequence[Part]) -> tuple[State, str | None]:
    """(state, outcome) of the whole; `partial` is the outcome of 部分办结."""
    if any(one.ending is None for one in parts):
        return _under_way([one for one in parts if not one.waits]), None
    lead = next((one for one in parts if one.part == rules.lead), None)
    endings = {one.ending for one in parts}
    if rules.join == "lead" and lead is not None and lead.begun:
        endings = {lead.ending}
    state, outcome = _of_endings(endings)
    return State.HANDED_OVER if state is State.DECIDED and _handed_over(parts) else state, outcome


def _of_endings(endings: Collection[str | None]) -> tuple[State, str | None]:
    if GRANTED in endings:
        return State.DECIDED, GRANTED if endings == {GRANTED} else PARTIAL
    return next(WITHOUT_GRANT[ending] for ending in WITHOUT_GRANT if ending in endings)


def _under_way(begun: Sequence[Part]) -> State:
    """The state of a whole that goes on, from its parts that were begun."""
    living = [one.state for one in begun if one.ending is None]
    if State.SUPPLEMENT in living:
        return State.SUPPLEMENT
    if living and all(state is State.SUSPENDED for state in living):
        return State.SUSPENDED
    return State.SUBMITTED if all(one.state is State.SUBMITTED for one in begun) else State.ACCEPTED


def _handed_over(parts: Sequence[Part]) -> bool:
    """Whatever was decided, the citizen has it."""
    states = {one.state for one in parts}
    return State.HANDED_OVER in states and State.DECIDED not in states


def text(state: State, outcome: str | None) -> str:
    """The words of a whole's state; 已办结 never without its outcome."""
    if state is State.ACCEPTED:
        return "办理中"
    if outcome == PARTIAL and state is not State.DECIDED:
        return f"部分办结，{TEXT[state]}"
    return state_text(state, outcome if state is State.DECIDED else None)


ENDING_TEXT: Mapping[str, str] = {
    GRANTED: "准予",
    REFUSED: "不予",
    DECLINED: "不予受理",
    TERMINATED: "终止",
    OVERDUE: "逾期未补正",
    WITHDRAWN: "已撤回",
    STOPPED: "未发起，已停止",
}
