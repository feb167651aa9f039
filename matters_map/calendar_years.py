"""Whole years of the working calendar: read from a file, held against what a year must be, compared, put in force."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient

from matters_map.calendar import BadCalendar, Day
from matters_map.tables import CalendarDay, CalendarYear

NEEDED = ("date", "is_workday")
WORKED = range(235, 266)  # working days that a year can have; the published ones have 247 to 252
MOST = 400 * 1024  # bytes; ten years are less
NAMED = 8  # findings that are told at once
Marks = frozenset[tuple[int, str]]
"""(year, digest) of what was loaded."""


@dataclass(frozen=True)
class Year:
    """One published year, each of its days once, in order."""

    year: int
    days: tuple[Day, ...]

    @property
    def working(self) -> int:
        """How many working days it has."""
        return sum(day.working for day in self.days)

    @property
    def digest(self) -> str:
        """SHA-256 over which of its days are worked."""
        return hashlib.sha256("".join("01"[day.working] for day in self.days).encode()).hexdigest()


@dataclass(frozen=True)
class Change:
    """A day that is judged otherwise than before; `before` is None where nothing was published."""

    day: date
    before: bool | None
    after: bool


def read(content: bytes) -> list[Year]:
    """The years of a CSV file (UTF-8 or GB18030) with the columns date, is_workday and, if wanted, kind and name.

    Raises BadCalendar with a sentence for everything that is wrong, each with its line.
    """
    if len(content) > MOST:
        raise BadCalendar(f"日历文件超过 {MOST // 1024} KB，不像是工作日历")
    reader = csv.DictReader(io.StringIO(_text(content), newline=""))
    missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise BadCalendar(f"日历文件第 1 行缺少列：{'、'.join(missing)}（应有 date、is_workday，可有 kind、name）")
    wrong: list[str] = []
    found: dict[date, Day] = {}
    for row in reader:
        _take(reader.line_num, row, found, wrong)
    years = {day.year: [one for one in found.values() if one.day.year == day.year] for day in found}
    if not years and not wrong:
        wrong.append("日历文件没有一天的数据")
    if not wrong:  # a line that could not be read would be called missing too
        for year, days in sorted(years.items()):
            wrong += _not_a_year(year, days)
    if wrong:
        more = [f"另有 {len(wrong) - NAMED} 处"] if len(wrong) > NAMED else []
        raise BadCalendar("；".join([*wrong[:NAMED], *more]))
    return [Year(year, tuple(sorted(days, key=lambda one: one.day))) for year, days in sorted(years.items())]


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadCalendar("日历文件无法读取，应为 UTF-8 或 GB18030 编码的 CSV 文件")


def _take(line: int, row: Mapping[str, str | None], found: dict[date, Day], wrong: list[str]) -> None:
    try:
        day = date.fromisoformat((row["date"] or "").strip())
        working = {"0": False, "1": True}[(row["is_workday"] or "").strip()]
    except (KeyError, ValueError):
        wrong.append(f"第 {line} 行有误：需要 date（如 2027-02-14）和 is_workday（0 或 1）")
        return
    if day in found:
        wrong.append(f"第 {line} 行：{day} 出现了两次")
    found[day] = Day(day, working, (row.get("kind") or "")[:40], (row.get("name") or "")[:40])


def _not_a_year(year: int, days: Sequence[Day]) -> Iterable[str]:
    first, present = date(year, 1, 1), {one.day for one in days}
    every = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    absent = [day for day in every if day not in present]
    if absent:
        yield f"{year} 年不完整，缺 {len(absent)} 天，第一个是 {absent[0]}：须逐日列出全年"
    elif (worked := sum(one.working for one in days)) not in WORKED:
        yield f"{year} 年有 {worked} 个工作日，不合常理（应在 {WORKED[0]} 至 {WORKED[-1]} 之间），请核对 is_workday 列"


async def changes(connection: BaseDBAsyncClient, years: Iterable[Year]) -> list[Change]:
    """Which days these years judge otherwise than what is in force, in order."""
    known = dict(await CalendarDay.all().using_db(connection).values_list("date", "working"))
    days = (day for year in years for day in year.days)
    return [Change(day.day, known.get(day.day), day.working) for day in days if known.get(day.day) is not day.working]


async def put(connection: BaseDBAsyncClient, years: Iterable[Year], by: str, at: datetime) -> None:
    """Put whole years in force, in the caller's transaction; what was there of them gives way."""
    for year in years:
        first, last = date(year.year, 1, 1), date(year.year, 12, 31)
        await CalendarDay.filter(date__gte=first, date__lte=last).using_db(connection).delete()
        rows = [CalendarDay(date=day.day, working=day.working, kind=day.kind, name=day.name) for day in year.days]
        await CalendarDay.bulk_create(rows, using_db=connection)
        await CalendarYear.filter(year=year.year).using_db(connection).delete()
        loaded = CalendarYear(year=year.year, sha256=year.digest, loaded_by=by[:100], loaded_at=at)
        await loaded.save(using_db=connection, force_create=True)


async def marks(connection: BaseDBAsyncClient) -> Marks:
    """What was loaded; other marks than before mean that limits are to be counted anew."""
    return frozenset(await CalendarYear.all().using_db(connection).values_list("year", "sha256"))


async def listing(connection: BaseDBAsyncClient) -> list[tuple[Year, CalendarYear | None]]:
    """The years in force, newest first, with who loaded them; None for those that came with the product."""
    loaded = {row.year: row for row in await CalendarYear.all().using_db(connection)}
    days: dict[int, list[Day]] = {}
    for row in await CalendarDay.all().using_db(connection).order_by("date"):
        days.setdefault(row.date.year, []).append(Day(row.date, row.working, row.kind, row.name))
    return [(Year(year, tuple(found)), loaded.get(year)) for year, found in sorted(days.items(), reverse=True)]
