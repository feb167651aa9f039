"""`calendar load` and `calendar due`: a year is put in force; when a limit in working days ends."""

import asyncio
import re
from argparse import ArgumentTypeError, Namespace
from datetime import UTC, date, datetime
from pathlib import Path

from gateway import database, settings
from gateway.commands import answers
from gateway.coordination import working_days
from gateway.coordination.errors import Refused
from gateway.coordination.working_days import Checked, WorkingDays
from matters_map import agreements, deadlines, sample_lists
from matters_map.calendar import Calendar
from messaging.unit_of_work import run_tx

LOADER = "命令行"


def load(arguments: Namespace) -> int:
    """Put the years of a CSV file in force; 1 with every finding when it cannot be, and nothing is changed."""
    try:
        content = Path(arguments.file).read_bytes()
    except OSError as bad:
        raise answers.WrongUse(f"读不到 {arguments.file}：{bad.strerror} (cannot be read)") from None
    try:
        checked = asyncio.run(_load(settings.read(), content))
    except Refused as bad:
        answers.tell(str(bad))
        return answers.FOUND
    years = [
        {"year": year.year, "working_days": year.working, "changed": _changed(checked, year.year)}
        for year in checked.years
    ]
    if arguments.json:
        return answers.give_json({"years": years, "past_days_changed": checked.past})
    if checked.past:
        answers.tell(f"注意：其中 {checked.past} 天已经过去，已结束的时限不再改动")
    return answers.give_lines(
        f"{one['year']} 年：{one['working_days']} 个工作日，{one['changed']} 天与原日历不同，已生效" for one in years
    )


def _changed(checked: Checked, year: int) -> int:
    return sum(change.day.year == year for change in checked.changes)


async def _load(configured: settings.Settings, content: bytes) -> Checked:
    async with database.opened(configured) as connection:
        at = datetime.now(UTC)
        checked = await WorkingDays(connection, lambda: at).check(content)
        await run_tx(lambda tx: working_days.put(tx, checked, LOADER, "system:command line", at))
        return checked


def due(arguments: Namespace) -> int:
    """`{"due":"2026-02-27","provisional":false}`; provisional when it runs through a year without a calendar."""
    if not 0 <= arguments.days <= deadlines.LONGEST:
        raise answers.WrongUse(
            f"--days 须为 0 至 {deadlines.LONGEST} 的工作日数 (0 to {deadlines.LONGEST} working days)"
        )
    found = deadlines.due(arguments.start, arguments.days, asyncio.run(_published()), arguments.exclude)
    return answers.give_json({"due": found.due.isoformat(), "provisional": found.provisional})


async def _published() -> Calendar:
    """The calendar of this installation; without one, that which comes with the product."""
    if not settings.installed():
        return Calendar({day.day: day.working for day in sample_lists.calendar_days()})
    async with database.opened(settings.read()) as connection:
        return await agreements.load_calendar(connection)


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
