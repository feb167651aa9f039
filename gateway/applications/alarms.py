"""Alarms before a limit ends and after: raised once for each step of the ladder, in the time line and in the to-do."""

from collections.abc import Sequence
from datetime import datetime

from gateway.applications import clocks, ladder
from gateway.applications.case import Case
from gateway.applications.clocks import Clock, local_day
from gateway.applications.ladder import AMBER, OVERDUE, RED, URGED, Ladder
from gateway.applications.lifecycle import OPEN, TO_DO
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.speak import speak
from gateway.applications.tables import Leg
from gateway.applications.words import CLOCKS
from matters_map.calendar import Calendar

URGE = "application.urged"


async def near_legs(now: datetime, steps: Ladder, after: int = 0, most: int = 500) -> Sequence[Leg]:
    """Legs with a limit that ends soon or is over and that may have to be raised, behind the one with the id `after`."""
    rows = Leg.filter(
        id__gt=after, next_due__lte=steps.horizon(local_day(now)), alarm__lt=URGED, state__in=TO_DO
    ).exclude(role="whole")  # its parts have their own
    return await rows.order_by("id").limit(most).only("id", "number", "partner", "state", "clocks", "alarm")


def rises(leg: Leg, now: datetime, calendar: Calendar, steps: Ladder) -> bool:
    """Does this leg's alarm go up?"""
    clock = ladder.awaited(leg.state, clocks.load(leg.clocks))
    return clock is not None and steps.level(clock, local_day(now), calendar) > leg.alarm


def plan(case: Case, now: datetime) -> Plan:
    """The new step, told once; at the last one the other side is urged, where it is the one that owes the next word."""
    who, clock = Who(case.house.home, "system", "时限"), ladder.awaited(case.leg.state, clocks.load(case.leg.clocks))
    if clock is None:
        return Plan(who)
    level = case.house.ladder.level(clock, local_day(now), case.house.calendar)
    if level <= case.leg.alarm:
        return Plan(who)
    urges = level == URGED and _owed_to_us(case, clock)
    said = speak(case, who, URGE, {"text": _reminder(clock)}, now) if urges else Plan(who)
    detail = {"kind": clock.kind, "due": clock.due, "level": level}
    return Plan(
        who,
        leg={**said.leg, "alarm": level, "alarm_for": ladder.name_of(clock)},
        said=said.said,
        words=said.words,
        marks=(Mark("clock.alarm", _told(clock, level, urges=urges), detail), *said.marks),
        notes=(Note("clock.alarm", None, detail), *said.notes),
    )


def _owed_to_us(case: Case, clock: Clock) -> bool:
    """The window urges, for what the other side owes; a provisional day is no reason."""
    return (
        case.is_origin and case.state in OPEN and clock.kind not in ("supplement", "transit") and not clock.provisional
    )


def _told(clock: Clock, level: int, *, urges: bool) -> str:
    name = CLOCKS[clock.kind]
    if level == AMBER:
        return f"{name}临近（{clock.due}）"
    if level == RED:
        return f"{name}即将到期（{clock.due}），转清单协调员督办"
    assert level in (OVERDUE, URGED)  # noqa: S101
    return f"{name}已超期（{clock.due}）" + ("，已提醒对方" if urges else "")


def _reminder(clock: Clock) -> str:
    return f"{CLOCKS[clock.kind]}（{clock.due}）已过，请尽快办理。本提醒由系统发出"
