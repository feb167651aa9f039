"""Cells with the codes of a matter: 基本编码 of 12 digits, 实施编码 of 31 characters (GB 32100, then level, then base)."""

import re
from collections.abc import Callable
from typing import Any

from matters_map.codes import valid_uscc
from matters_map.columns import Column
from matters_map.workbooks import repairs
from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said
from matters_map.workbooks.numbers import integral
from matters_map.workbooks.surroundings import Reading, Surroundings

LENGTHS = {"basic": 12, "implement": 31}
_SHAPES = {
    "basic": re.compile(r"[0-9]{12}"),
    "implement": re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}[0-9]{13}"),
}
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_SHORT = re.compile(r"[1-9][0-9]{8,10}")  # what is left of a base code of scope 00 read as a number
MOST_DIGITS = 15  # a spreadsheet keeps no more of a number


def kind_of(column: Column) -> str:
    """basic or implement."""
    return "basic" if column.name.endswith("basic_code") else "implement"


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """A code as text; what is wrong with it beyond repair is an error."""
    if not isinstance(value, str):
        return _number(value, column)
    kept = repairs.unescaped(value)
    text, said = repairs.repaired(kept, repairs.CODE)
    problem = next((found for rule in _RULES if (found := rule(text, column))), None)
    if problem is None:
        return Reading(text, said)
    if problem.severity == "warning":
        return Reading(problem.expected, (*said, problem))
    return Reading(None, (*said, problem))


def _number(value: Any, column: Column) -> Reading:
    number = integral(value)
    if number is not None and kind_of(column) == "basic" and 0 < number < 10**12:
        code = str(number).zfill(LENGTHS["basic"])
        lost = len(str(number)) < LENGTHS["basic"]
        said = Said("CODE_LEADING_ZERO", code, "" if lost else "编码存为数字，应存为文本")
        return Reading(code, (said,))
    return Reading(None, (Said("CODE_SCIENTIFIC", ASK, "编码存为数字，只剩前 15 位有效，须按原文重新填写"),))


def _scientific(text: str, column: Column) -> Said | None:
    return Said("CODE_SCIENTIFIC", ASK) if _SCIENTIFIC.fullmatch(text) else None


def _leading_zero(text: str, column: Column) -> Said | None:
    if kind_of(column) == "basic" and _SHORT.fullmatch(text):
        return Said("CODE_LEADING_ZERO", text.zfill(LENGTHS["basic"]), "前导零丢失，补足 12 位", "warning")
    return None


def _length(text: str, column: Column) -> Said | None:
    wanted = LENGTHS[kind_of(column)]
    return Said("CODE_LENGTH", ASK, f"“{column.zh}”{len(text)}位（应{wanted}位）") if len(text) != wanted else None


def _charset(text: str, column: Column) -> Said | None:
    if _SHAPES[kind_of(column)].fullmatch(text):
        return None
    return Said("CODE_CHARSET", ASK, f"“{column.zh}”第{_first_wrong(text, kind_of(column))}位的字符不允许")


def _first_wrong(text: str, kind: str) -> int:
    """The first place that does not fit the shape."""
    good = "0" * 31 if kind == "implement" else "0" * 12
    for place, letter in enumerate(text):
        if not _SHAPES[kind].fullmatch(good[:place] + letter + good[place + 1 :]):
            return place + 1
    return len(text)


def _check(text: str, column: Column) -> Said | None:
    wrong = kind_of(column) == "implement" and not valid_uscc(text[:18])
    return Said("CODE_CHECK", ASK) if wrong else None


_RULES: tuple[Callable[[str, Column], Said | None], ...] = (_scientific, _leading_zero, _length, _charset, _check)
