"""`calendar due`: when a limit in working days ends, by the calendar that comes with the product."""

import re
from argparse import ArgumentTypeError, Namespace
from datetime import date

from gateway.commands import answers
from matters_map import deadlines, sample_lists
from matters_map.calendar import Calendar


def due(arguments: Namespace) -> int:
    """`{"due":"2026-02-27","provisional":false}`; provisional when it runs through a year without a calendar."""
    published = Calendar({day.day: day.working for day in sample_lists.calendar_days()})
    try:
        found = deadlines.due(arguments.start, arguments.days, published, arguments.exclude)
    except ValueError:
        raise answers.WrongUse(
            f"--days 须为 0 至 {deadlines.LONGEST} 的工作日数 (0 to {deadlines.LONGEST} working days)"
        ) from None
    return answers.give_json({"due": found.due.isoformat(), "provisional": found.provisional})


def day(text: str) -> date:
    """An argument such as 2026-02-14."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"'{text}' 不是日期，应如 2026-02-14 (not a date)") from None


def span(text: str) -> tuple[date, date]:
    """An argument such as 2026-02-10..2026-02-14, both ends included."""
    first, dots, last = text.partition("..")
    if not dots:
        raise ArgumentTypeError(f"'{text}' 应写作 开始日..结束日，如 2026-02-10..2026-02-14 (first..last)")
    if day(last) < day(first):
        raise ArgumentTypeError(f"'{text}' 的结束日早于开始日 (ends before it begins)")
    return day(first), day(last)
