"""Cells with a time limit in working days, and the order numbers of lines."""

import re
from datetime import date
from typing import Any

from matters_map.columns import Column
from matters_map.workbooks import repairs
from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said, plain
from matters_map.workbooks.numbers import integral
from matters_map.workbooks.surroundings import Reading, Surroundings

MOST_DAYS = 730  # working days; more is a date or a slip of the hand
ON_THE_SPOT = frozenset(
    {"即办", "即时办结", "即时办理", "当场办结", "当场办理", "当日办结", "当天办结", "立等可取", "即办件"}
)
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百]+")
_WITH_UNIT = re.compile(r"([0-9]{1,3}|[零〇一二两三四五六七八九十百]+)个?工作日(?:内|以内|办结|内办结)?")
# What a limit may be that no single number of working days says; the first that fits is told.
_WHY_NOT = (
    (re.compile(r"即办|即时|当场|当日"), "既写即办又写天数"),
    (re.compile(r"[0-9一二三四五六七八九十][个工作日天]*[-~—–至到][0-9一二三四五六七八九十]"), "区间，不能取单值"),
    (re.compile(r"[0-9]+\.[0-9]+|半"), "小数"),
    (re.compile(r"月"), "以月计，不能直接换算为工作日"),
    (re.compile(r"年|季"), "以年或季计，不能直接换算为工作日"),
    (re.compile(r"周|星期"), "以周计，不能直接换算为工作日"),
    (re.compile(r"小时|分钟"), "以小时计"),
    (re.compile(r"自然日|日历"), "以自然日计，不能直接换算为工作日"),
    (re.compile(r"[天日]"), "未说明是工作日还是自然日，须人工确认"),
)


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """A whole number of working days."""
    if isinstance(value, date):
        return _wrong("DAYS_DATE", f"“{column.zh}”是日期 {plain(value)}（常由“3-5”自动变成）")
    if isinstance(value, str):
        return _text(value, column)
    return _number(value, column)


def _number(value: Any, column: Column) -> Reading:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong("DAYS_AMBIGUOUS", f"“{column.zh}”无数值")
    number = integral(value)
    if number is None:
        return _wrong("DAYS_AMBIGUOUS", f"“{column.zh}”是小数")
    if number > 20000:
        return _wrong("DAYS_DATE", f"“{column.zh}”是日期的序列号（常由“3-5”自动变成）")
    if not 0 <= number <= MOST_DAYS:
        return _wrong("DAYS_AMBIGUOUS", f"“{column.zh}”应在 0 至 {MOST_DAYS} 之间")
    return Reading(number)


def _text(value: str, column: Column) -> Reading:
    text = repairs.without_space(repairs.half_width(value))
    if re.fullmatch(r"[0-9]{1,6}", text):
        number = _number(int(text), column)
        narrow = value.strip().isascii() or number.value is None
        return number if narrow else Reading(number.value, (Said("FULLWIDTH_DIGIT", number.value, "全角数字且为文本"),))
    days = _days(text)
    if days is not None:
        return Reading(days, (Said("DAYS_TEXT", days, f"“{column.zh}”写为文字"),))
    why = next((why for shape, why in _WHY_NOT if shape.search(text)), "无数值")
    return _wrong("DAYS_AMBIGUOUS", f"“{column.zh}”写为文字：{why}")


def _days(text: str) -> int | None:
    if text in ON_THE_SPOT:
        return 0
    found = _WITH_UNIT.fullmatch(text)
    words = found[1] if found else text
    if words.isascii() and words.isdigit() and found:
        return int(words)
    return chinese_number(words) if _CHINESE.fullmatch(words) else None


def chinese_number(text: str) -> int | None:
    """十五 → 15, 二十 → 20, 一百二十 → 120; None for what is no such number below 1000."""
    found = re.fullmatch(
        r"(?:([一二两三四五六七八九])百)?零?(?:([一二三四五六七八九])?(十))?([零〇一二两三四五六七八九])?", text
    )
    if not found or not text:
        return None
    hundreds, tens, ten, ones = found.groups()
    return 100 * _DIGITS.get(hundreds or "零", 0) + (10 * _DIGITS[tens or "一"] if ten else 0) + _DIGITS[ones or "零"]


def whole(value: Any) -> int | None:
    """An order number as it stands, half-width or full-width; None for anything else."""
    if isinstance(value, str):
        text = repairs.half_width(value).strip()
        return int(text) if re.fullmatch(r"[0-9]{1,5}", text) else None
    number = integral(value)
    return number if number is not None and 0 <= number < 100000 else None


def read_seq(value: Any, column: Column, around: Surroundings) -> Reading:
    """An order number; what is none is left to the rule that numbers the list."""
    number = whole(value)
    wide = number is not None and isinstance(value, str) and not value.isascii()
    return Reading(number, (Said("FULLWIDTH_DIGIT", number),) if wide else ())


def _wrong(code: str, why: str) -> Reading:
    return Reading(None, (Said(code, ASK, why),))
