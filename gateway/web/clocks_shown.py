"""Clocks as people read them: how many working days are left, in words and in a colour that only helps the eye.

Amber and red come before the law's day, not on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.applications import words
from gateway.applications.case import House
from gateway.applications.ladder import AWAITED
from matters_map.deadlines import working_days_between


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


def shown(clock: Mapping[str, Any], today: date, house: House) -> ClockShown:
    """A clock as stored, where `overdue` means ended too late, and one that still runs past its day is `running`."""
    text, tone = _words(clock, today, house)
    label = words.CLOCKS.get(clock["kind"], clock["kind"])
    return ClockShown(clock["kind"], label, clock["due"], text, tone, clock["state"], bool(clock["provisional"]))


def most_urgent(state: str, clocks: Iterable[Mapping[str, Any]], today: date, house: House) -> ClockShown | None:
    """The first to end of those that people wait for in this state; `clocks` as in the application's JSON."""
    awaited = AWAITED.get(state, ())
    ticking = [one for one in clocks if one["kind"] in awaited and one["state"] in ("running", "overdue")]
    first = min(ticking, key=lambda one: str(one["due"]), default=None)
    return shown({**first, "state": "running"}, today, house) if first else None


def _words(clock: Mapping[str, Any], today: date, house: House) -> tuple[str, str]:
    if clock["state"] in ENDED:
        return ENDED[clock["state"]]
    due = date.fromisoformat(clock["due"])
    left = working_days_between(today, due, house.calendar)
    if due < today:
        return (f"已超期 {-left} 工作日" if left < 0 else "已超期"), "bad"
    if left == 0:
        return "今天到期", "bad"
    return f"剩 {left} 工作日", "bad" if left <= house.ladder.red else "warn" if left <= house.ladder.amber else "good"


ENDED = {"met": ("按时完成", "good"), "stopped": ("已停表", "plain"), "overdue": ("超期完成", "bad")}
