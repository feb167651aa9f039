"""The working calendar: which days are worked, with 调休, from the State Council's yearly notice."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

# 全国年节及纪念日放假办法 (as amended for 2025): the holidays that stand on fixed days of the solar calendar.
# Spring Festival, Qingming, Dragon Boat and Mid-Autumn move, so an unpublished year cannot know them.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


class BadCalendar(ValueError):
    """The calendar file cannot be used; the message is Chinese and names the line."""


@dataclass(frozen=True)
class Day:
    """One day of a published year: `kind` and `name` as in the notice (法定节假日或调休 · 国庆节)."""

    day: date
    working: bool
    kind: str
    name: str


class Calendar:
    """Working or not, by day. A day without a published calendar is judged by week-end and fixed holidays."""

    def __init__(self, days: Mapping[date, bool]) -> None:
        self._days = dict(days)

    def is_working(self, day: date) -> tuple[bool, bool]:
        """(working, provisional): provisional when no calendar is published for that day."""
        known = self._days.get(day)
        if known is not None:
            return known, False
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS, True


def read_days(path: Path) -> list[Day]:
    """Days of a calendar CSV with the columns date, is_workday, kind, name. Raises BadCalendar."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return [_day(number, row) for number, row in enumerate(csv.DictReader(lines), start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadCalendar("日历文件无法读取，应为 UTF-8 编码的 CSV 文件") from error


def _day(number: int, row: Mapping[str, str]) -> Day:
    try:
        working = {"0": False, "1": True}[row["is_workday"]]
        return Day(date.fromisoformat(row["date"]), working, row.get("kind") or "", row.get("name") or "")
    except (KeyError, ValueError, TypeError) as error:
        raise BadCalendar(f"日历文件第 {number} 行有误：需要 date（如 2026-02-14）和 is_workday（0 或 1）") from error


def load_csv(path: Path) -> Calendar:
    """A calendar from a CSV file. Raises BadCalendar."""
    return Calendar({day.day: day.working for day in read_days(path)})
