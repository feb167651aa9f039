"""多地联办: what a joint case does next, and what its whole shows; plans for the writer, from the locked rows alone.

Whatever changes a part leaves a mark on the part's row in the same transaction. The whole is looked at in a transaction
of its own, again and again until no mark is left; looking twice does nothing twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.applications import joint, joint_shown
from gateway.applications.case import Case
from gateway.applications.deeds import submit_part, withdraw
from gateway.applications.joint import Due, Rules
from gateway.applications.lifecycle import State
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.tables import Leg
from messaging.faults import fault

STOPPED, PLANNED = joint.STOPPED_STEP, "part.planned"
WHY = "其他承办地未予办成，按协议约定停止本件的其余部分"


class Batch(Protocol):
    """The locked rows of the case, and the moment."""

    now: datetime

    def carry_out(self, case: Case, plan: Plan, *, trace: str | None = None) -> None:
        """Take a plan over."""

    def looked_at(self, part: Case) -> None:
        """The whole knows how this part stands."""


@dataclass(frozen=True)
class Marked:
    """A joint case of which a part changed, with the conversations of all its rows."""

    application_id: int
    pairs: tuple[tuple[str, str], ...]


async def marked(after: int = 0, most: int = 200) -> tuple[list[Marked], int]:
    """Joint cases that are to be looked at, behind the part with the id `after`; and the last id that was read."""
    found = (
        await Leg.filter(id__gt=after, joint_due__gt=0).order_by("id").limit(most).values_list("id", "application_id")
    )
    ids = list(dict.fromkeys(int(str(application)) for _, application in found))
    pairs = await pairs_of(ids)
    return [Marked(one, tuple(pairs[one])) for one in ids], int(str(found[-1][0])) if found else after


async def pairs_of(application_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """(partner, number) of every row of these applications."""
    found: dict[int, list[tuple[str, str]]] = {}
    rows = Leg.filter(application_id__in=list(application_ids)).values_list("application_id", "partner", "number")
    for application, partner, number in await rows:
        found.setdefault(int(str(application)), []).append((str(partner), str(number)))
    return found


def rules_of(whole: Case) -> Rules:
    """As the line said when it was filed."""
    return Rules.of(whole.application.joint or {})


def due(whole: Case, parts: Sequence[Case]) -> Due:
    """What is to be done now."""
    return joint.due(rules_of(whole), [one.as_part for one in parts])


def first_plans(whole: Case, parts: Sequence[Case], now: datetime, who: Who) -> list[tuple[Case, Plan]]:
    """The first stage, said at once by the one who files."""
    begin = due(whole, parts).begin
    return [(one, submit_part.plan(whole, one, parts, now, who)) for one in parts if one.leg.part in begin]


def planned(parts: Sequence[Case], begun: Sequence[tuple[Case, Plan]], who: Who) -> list[tuple[Case, Plan]]:
    """The plans that begin parts, and for those that wait a first line on their own audit chain."""
    first = {one.number for one, _ in begun}
    waiting = [one for one in parts if one.number not in first]
    note = [Note(PLANNED, None, {"state": "DRAFT", "stage": one.leg.stage}) for one in waiting]
    return [*begun, *((one, Plan(who, notes=(line,))) for one, line in zip(waiting, note, strict=True))]


def nothing(whole: Case, parts: Sequence[Case], now: datetime) -> Sequence[tuple[Case, Plan]]:
    """The deed that only looks: what is due follows from it."""
    return ()


def settle(batch: Batch, whole: Case, parts: Sequence[Case], trace: str | None = None) -> None:
    """Do what is due until nothing is, then show it on the whole."""
    mended = joint_shown.mended(whole, parts)
    if mended is not None:
        batch.carry_out(whole, mended)
    while not (next_ := due(whole, parts)).nothing:
        if next_.begin:
            fault("joint.before_next_stage")
        for case, plan in plans(whole, parts, next_, batch.now):
            batch.carry_out(case, plan, trace=trace)
    shown = joint_shown.plan(whole, parts, *joint.derived(rules_of(whole), [one.as_part for one in parts]))
    if shown is not None:
        batch.carry_out(whole, shown)
    for part in parts:
        batch.looked_at(part)


def plans(whole: Case, parts: Sequence[Case], due_: Due, now: datetime) -> list[tuple[Case, Plan]]:
    """What is due, as plans on the parts."""
    us, by_part = joint_shown.by_rule(whole), {one.leg.part: one for one in parts}
    found = [(by_part[one], submit_part.plan(whole, by_part[one], parts, now, us)) for one in due_.begin]
    found += [(by_part[one], stop(by_part[one], us, WHY)) for one in due_.stop]
    return found + [(by_part[one], withdraw.plan(by_part[one], us, {"reason": WHY}, now)) for one in due_.ask]


def stop(part: Case, who: Who, why: str) -> Plan:
    """A part that was never begun is closed at once: nobody has to be asked."""
    text = f"{part.handler_name}的部分尚未发起，已停止"
    changes: Mapping[str, Any] = {"state": State.WITHDRAWN.value}
    return Plan(who, leg=changes, marks=(Mark(STOPPED, text),), notes=(Note(STOPPED, why, {"state": "WITHDRAWN"}),))
