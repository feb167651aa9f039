"""The clocks of a leg: pure functions from what happened to the clocks' list as the API shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from matters_map.calendar import Calendar
from matters_map.deadlines import due, working_days_between

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
GOING = frozenset({"running", "stopped"})  # states of a clock that has not ended
REPLY_DAYS = 5  # working days in which the handler answers, 行政许可法 art. 32(4)


@dataclass(frozen=True)
class Clock:
    """One limit. Days are Asia/Shanghai days; `working_days` is None where a date was given instead of a number."""

    kind: str  # reply | promised | statutory | supplement | transit
    start: str
    due: str
    working_days: int | None
    state: str  # running | stopped | met | overdue
    provisional: bool = False


def local_day(at: datetime) -> date:
    """The Asia/Shanghai day of an instant."""
    return at.astimezone(SHANGHAI).date()


def utc(at: datetime) -> datetime:
    """The same instant in UTC."""
    return at.astimezone(UTC)


def load(rows: Sequence[Mapping[str, Any]]) -> list[Clock]:
    """Clocks from their stored form."""
    return [Clock(**row) for row in rows]


def dump(clocks: Sequence[Clock]) -> list[dict[str, Any]]:
    """Clocks as stored and as the API shows them."""
    return [asdict(clock) for clock in clocks]


def start(kind: str, from_day: date, working_days: int, calendar: Calendar) -> Clock:
    """A clock of so many working days; the starting day is not counted."""
    end = due(from_day, working_days, calendar)
    return Clock(kind, from_day.isoformat(), end.due.isoformat(), working_days, "running", end.provisional)


def until(kind: str, from_day: date, day: str) -> Clock:
    """A clock that ends on a day somebody named."""
    return Clock(kind, from_day.isoformat(), day, None, "running")


def put(clocks: Sequence[Clock], new: Clock) -> list[Clock]:
    """The list with `new` in place of a clock of its kind that has not ended."""
    return [clock for clock in clocks if not (clock.kind == new.kind and clock.state in GOING)] + [new]


def meet(clocks: Sequence[Clock], kinds: Sequence[str], day: date) -> list[Clock]:
    """End running clocks of these kinds on `day`: met, or overdue when the day is later than due."""
    return [
        replace(clock, state="met" if day.isoformat() <= clock.due else "overdue")
        if clock.kind in kinds and clock.state in GOING
        else clock
        for clock in clocks
    ]


def stop(clocks: Sequence[Clock], kinds: Sequence[str]) -> list[Clock]:
    """Stand still, as in a special procedure or at a withdrawal."""
    return [replace(c, state="stopped") if c.kind in kinds and c.state == "running" else c for c in clocks]


def resume(
    clocks: Sequence[Clock], kinds: Sequence[str], stopped_from: date, on: date, calendar: Calendar
) -> list[Clock]:
    """Run again with the working days that were left; those of the procedure, both ends included, do not count."""
    return [
        _resumed(clock, stopped_from, on, calendar) if clock.kind in kinds and clock.state == "stopped" else clock
        for clock in clocks
    ]


def _resumed(clock: Clock, stopped_from: date, on: date, calendar: Calendar) -> Clock:
    before = max(stopped_from - timedelta(days=1), date.fromisoformat(clock.start))
    left = working_days_between(before, date.fromisoformat(clock.due), calendar)
    if left < 1:  # it had run out before
        return replace(clock, state="running")
    end = due(on, left, calendar)
    return replace(clock, state="running", due=end.due.isoformat(), provisional=clock.provisional or end.provisional)


def shown(clocks: Sequence[Clock], today: date) -> list[Clock]:
    """As of today: a running clock past its day is overdue."""
    return [replace(c, state="overdue") if c.state == "running" and c.due < today.isoformat() else c for c in clocks]


def next_due(clocks: Sequence[Clock]) -> date | None:
    """The earliest day on which something runs out."""
    days = [clock.due for clock in clocks if clock.state == "running"]
    return date.fromisoformat(min(days)) if days else None
