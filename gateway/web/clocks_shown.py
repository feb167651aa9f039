"""Clocks as people read them: how many working days are left, in words and in a colour that only helps the eye.

Amber and red come before the law's day, not on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.web import chips
from matters_map.calendar import Calendar
from matters_map.deadlines import working_days_between

AMBER, RED = 2, 1  # working days left
TICKING = ("running", "overdue")


@dataclass(frozen=True)
class ClockShown:
    """One clock of a case. `tone` is plain, good, warn or bad."""

    kind: str
    label: str
    due: str
    text: str
    tone: str
    state: str
    provisional: bool


def shown(clock: Mapping[str, Any], today: date, calendar: Calendar) -> ClockShown:
    """A clock of the application's JSON, as of today."""
    text, tone = _words(clock, today, calendar)
    label = chips.CLOCKS.get(clock["kind"], clock["kind"])
    return ClockShown(clock["kind"], label, clock["due"], text, tone, clock["state"], bool(clock["provisional"]))


def most_urgent(clocks: Iterable[Mapping[str, Any]], today: date, calendar: Calendar) -> ClockShown | None:
    """The ticking clock that ends first; None when none ticks."""
    ticking = sorted((one for one in clocks if one["state"] in TICKING), key=lambda one: str(one["due"]))
    return shown(ticking[0], today, calendar) if ticking else None


def _words(clock: Mapping[str, Any], today: date, calendar: Calendar) -> tuple[str, str]:
    if clock["state"] == "met":
        return "按时完成", "good"
    if clock["state"] == "stopped":
        return "已停表", "plain"
    due = date.fromisoformat(clock["due"])
    left = working_days_between(today, due, calendar)
    if due < today:
        return (f"已超期 {-left} 工作日" if left < 0 else "已超期"), "bad"
    if clock["state"] == "overdue":  # over, and met too late
        return "超期完成", "bad"
    if left == 0:
        return "今天到期", "bad"
    return f"剩 {left} 工作日", "bad" if left <= RED else "warn" if left <= AMBER else "good"
