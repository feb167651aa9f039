"""The clocks of a leg: pure functions from what happened to the clocks' list as the API shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from matters_map.calendar import Calendar
from matters_map.deadlines import Due, Span, due, working_days_between

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
GOING = frozenset({"running", "stopped"})  # states of a clock that has not ended
TOLD = ("kind", "start", "due", "working_days", "state", "provisional")  # what the API says of a clock
DELIVERY_DAYS = 10  # working days from the decision until the applicant has it, 行政许可法 art. 44
REPLY_DAYS = 5  # working days in which the handler answers, 行政许可法 art. 32(4)


@dataclass(frozen=True)
class Clock:
    """One limit. Days are Asia/Shanghai days; `working_days` is None where a date was given instead of a number.

    What it was counted from stays with it, so that it can be counted anew when a calendar is published.
    """

    kind: str  # reply | promised | statutory | supplement | transit
    start: str
    due: str
    working_days: int | None
    state: str  # running | stopped | met | overdue
    provisional: bool = False
    excluded: Sequence[Sequence[str]] = ()  # (first, last) of each special procedure, days that do not count
    named: str | None = None  # the date that was given, once a procedure has moved `due` away from it


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
    """Clocks as stored."""
    return [asdict(clock) for clock in clocks]


def told(clocks: Sequence[Clock]) -> list[dict[str, Any]]:
    """Clocks as the API shows them."""
    return [{name: value for name, value in asdict(clock).items() if name in TOLD} for clock in clocks]


def start(kind: str, from_day: date, working_days: int, calendar: Calendar) -> Clock:
    """A clock of so many working days; the starting day is not counted."""
    return counted(Clock(kind, from_day.isoformat(), "", working_days, "running"), calendar)


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
    """Run again; the days of the procedure, both ends included, do not count."""
    span = (stopped_from.isoformat(), on.isoformat())
    return [
        counted(_without(clock, span), calendar) if clock.kind in kinds and clock.state == "stopped" else clock
        for clock in clocks
    ]


def _without(clock: Clock, span: tuple[str, str]) -> Clock:
    named = (clock.named or clock.due) if clock.working_days is None else None
    return replace(clock, state="running", excluded=(*clock.excluded, span), named=named)


def lengthened(clock: Clock, working_days: int, calendar: Calendar) -> Clock:
    """The clock with so many working days more."""
    return counted(replace(clock, working_days=(clock.working_days or 0) + working_days), calendar)


def counted(clock: Clock, calendar: Calendar) -> Clock:
    """The clock with its last day counted by this calendar; a date that somebody gave stands as it was given."""
    spans = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in clock.excluded]
    if clock.working_days is not None:
        end = due(date.fromisoformat(clock.start), clock.working_days, calendar, spans)
        return replace(clock, due=end.due.isoformat(), provisional=end.provisional)
    if clock.named is None:
        return clock
    end = _moved(Due(date.fromisoformat(clock.named), False), date.fromisoformat(clock.start), spans, calendar)
    return replace(clock, due=end.due.isoformat(), provisional=end.provisional)


def recounted(clocks: Sequence[Clock], calendar: Calendar) -> list[Clock]:
    """Those that have not ended, counted by this calendar."""
    return [counted(clock, calendar) if clock.state in GOING else clock for clock in clocks]


def _moved(end: Due, begun: date, spans: Sequence[Span], calendar: Calendar) -> Due:
    """A date moved on by the working days that each procedure took from it; one that had run out before stays."""
    for first, last in spans:
        left = working_days_between(max(first - timedelta(days=1), begun), end.due, calendar)
        if left >= 1:
            later = due(last, left, calendar)
            end = Due(later.due, end.provisional or later.provisional)
    return end


def shown(clocks: Sequence[Clock], today: date) -> list[Clock]:
    """As of today: a running clock past its day is overdue."""
    return [replace(c, state="overdue") if c.state == "running" and c.due < today.isoformat() else c for c in clocks]


def next_due(clocks: Sequence[Clock]) -> date | None:
    """The earliest day on which something runs out."""
    days = [clock.due for clock in clocks if clock.state == "running"]
    return date.fromisoformat(min(days)) if days else None
