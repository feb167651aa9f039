"""Limits in working days: when they end, and how many days lie between two dates.

The starting day is not counted (民法典 201); receipt on a holiday counts from the next working day; the last day is
never a holiday (民法典 203). Spans that the law leaves out (行政许可法 45) are calendar spans, both ends included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from matters_map.calendar import Calendar

Span = tuple[date, date]
LONGEST = 2000  # working days; a longer limit is a mistake
_ONE = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """The last day of a limit. Provisional (CALENDAR_NOT_PUBLISHED): counted through a year without a calendar."""

    due: date
    provisional: bool


def due(start: date, working_days: int, calendar: Calendar, excluded: Sequence[Span] = ()) -> Due:
    """The last day of a limit of `working_days` that began on `start`; 0 means the same day.

    A limit of 0 that begins on a day off ends on the next working day. Raises ValueError for a negative or absurd
    limit and for a span that ends before it begins.
    """
    if not 0 <= working_days <= LONGEST:
        raise ValueError(f"a limit has 0 to {LONGEST} working days")
    _check_spans(excluded)
    day = start if working_days == 0 else start + _ONE
    left, provisional = max(working_days, 1), False
    while True:
        working, guessed = calendar.is_working(day)
        provisional = provisional or guessed
        if working and not _inside(day, excluded):
            left -= 1
        if left == 0:
            return Due(day, provisional)
        day += _ONE


def working_days_between(start: date, end: date, calendar: Calendar, excluded: Sequence[Span] = ()) -> int:
    """Working days after `start` up to and including `end`; negative when `end` lies before `start`."""
    if end < start:
        return -working_days_between(end, start, calendar, excluded)
    _check_spans(excluded)
    days = (start + _ONE * step for step in range(1, (end - start).days + 1))
    return sum(1 for day in days if calendar.is_working(day)[0] and not _inside(day, excluded))


def _check_spans(spans: Sequence[Span]) -> None:
    for first, last in spans:
        if last < first:
            raise ValueError("an excluded span ends before it begins")


def _inside(day: date, spans: Sequence[Span]) -> bool:
    return any(first <= day <= last for first, last in spans)
