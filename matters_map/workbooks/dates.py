"""Cells with the day on which a line begins or ends to hold, read as 2026-01-01."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from matters_map.columns import Column
from matters_map.workbooks import repairs
from matters_map.workbooks.codes import ASK, ERROR
from matters_map.workbooks.finding import Said
from matters_map.workbooks.numbers import integral
from matters_map.workbooks.surroundings import Reading, Surroundings

_FIRST_DAY = {False: date(1899, 12, 30), True: date(1904, 1, 1)}  # day 0 of the file's count, after 1900-03-01
_SERIALS = range(18000, 80000)  # days that lie between 1949 and 2119
_YEAR_FIRST = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")
_EIGHT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT_YEAR = re.compile(r"\d{2}[-./年]\d{1,2}[-./月]\d{1,2}日?")
_YEAR_LAST = re.compile(r"\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_OPEN_END = frozenset({"长期", "长期有效", "永久", "无固定期限", "无期限"})


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """A day as text; without end (长期) is None where a line ends."""
    if isinstance(value, datetime):
        return Reading(value.date().isoformat())
    if isinstance(value, date):
        return Reading(value.isoformat())
    if isinstance(value, int | float):
        return _number(value, around)
    return _text(repairs.without_space(repairs.half_width(str(value))), value, column, around)


def _number(value: float, around: Surroundings) -> Reading:
    number = integral(value)
    if number is not None and number in _SERIALS:
        day = (_FIRST_DAY[around.date1904] + timedelta(days=number)).isoformat()
        return Reading(day, (Said("DATE_SERIAL", day),))
    found = _EIGHT.fullmatch(str(number))
    return _day(found, "八位整数") if found else _wrong("DATE_INVALID", "不是日期")


def _text(text: str, found: Any, column: Column, around: Surroundings) -> Reading:
    if text in _OPEN_END:
        return _open_end(column)
    if parts := _YEAR_FIRST.fullmatch(text):
        day = _day(parts, "写法不规范")
        return Reading(day.value) if day.value == found else day
    if parts := _EIGHT.fullmatch(text):
        return _day(parts, "八位整数")
    if re.fullmatch(r"\d{5}", text):
        return _number(int(text), around)
    if _SHORT_YEAR.fullmatch(text):
        return _wrong("DATE_AMBIGUOUS", "两位年份")
    if _YEAR_LAST.fullmatch(text):
        return _wrong("DATE_AMBIGUOUS", "日、月次序不明")
    return _wrong("DATE_INVALID", "不是日期")


def _open_end(column: Column) -> Reading:
    if column.name == "effective_to":
        return Reading(None, (Said("DATE_TEXT", None, "“长期”视为没有失效日期"),))
    return Reading(None, (Said("DATE_TEXT", ASK, f"“{column.zh}”不能为长期", ERROR),))


def _day(parts: re.Match[str], why: str) -> Reading:
    try:
        day = date(*map(int, parts.groups())).isoformat()
    except ValueError:
        return _wrong("DATE_INVALID", "没有这一天")
    return Reading(day, (Said("DATE_TEXT", day, why),))


def _wrong(code: str, why: str) -> Reading:
    return Reading(None, (Said(code, ASK, why),))
