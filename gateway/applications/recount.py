"""Counting limits anew after a calendar was loaded: a provisional day becomes the day of the published year."""

from collections.abc import Sequence
from datetime import datetime

from gateway.applications import clocks, effects
from gateway.applications.case import Case
from gateway.applications.lifecycle import OPEN, State
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.tables import Leg
from gateway.applications.words import CLOCKS
from matters_map.calendar import Calendar

TICKING = [*(state.value for state in OPEN), State.DECIDED.value]  # states in which a clock may run


async def ticking_legs(after: int = 0, most: int = 500) -> Sequence[Leg]:
    """Legs whose clocks may run, behind the one with the id `after`."""
    return (
        await Leg.filter(id__gt=after, state__in=TICKING)
        .exclude(role="whole")  # it follows from its parts
        .order_by("id")
        .limit(most)
        .only("id", "number", "partner", "clocks")
    )


def differs(leg: Leg, calendar: Calendar) -> bool:
    """Would this leg's limits end on other days, or no longer be provisional?"""
    before = clocks.load(leg.clocks)
    return clocks.recounted(before, calendar) != before


def plan(case: Case, now: datetime) -> Plan:
    """The new days, each told in the time line; nothing when they are the same."""
    who = Who(case.house.home, "system", "工作日历")
    before = clocks.load(case.leg.clocks)
    after = clocks.recounted(before, case.house.calendar)
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if not moved:
        return Plan(who)
    told = "；".join(_told(old, new) for old, new in moved)
    detail = {"clocks": [{"kind": new.kind, "from": old.due, "to": new.due} for old, new in moved]}
    columns = {"clocks": clocks.dump(after), "next_due": clocks.next_due(after)}
    return Plan(
        who,
        leg=columns | effects.calmed(case, columns),
        marks=(Mark("clock.recounted", f"工作日历已更新，{told}", detail),),
        notes=(Note("clock.recounted", None, detail),),
    )


def _told(old: clocks.Clock, new: clocks.Clock) -> str:
    name = CLOCKS.get(new.kind, new.kind)
    if old.due == new.due:
        return f"{name} {new.due} 不再是暂定"
    return f"{name}由 {old.due} 改为 {new.due}"
