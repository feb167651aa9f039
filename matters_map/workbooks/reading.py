"""Reading one cell: by the kind of its column, the value as it would be imported and what is to be said of it."""

from collections.abc import Callable, Mapping
from typing import Any

from matters_map.columns import Column
from matters_map.workbooks import choices, code_cells, dates, json_cells, limits, materials, texts
from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said
from matters_map.workbooks.grid import Cell, blank
from matters_map.workbooks.surroundings import Reading, Surroundings

LONGEST_TEXT = 4000  # characters in one cell
CODES = frozenset({"local_basic_code", "partner_basic_code", "local_implement_code", "partner_implement_code"})
_NAMES = ("matter_name", "sub_item", "result_name")
# Required text that only marks that nothing is known yet; 无 is an answer there (不收费, 无需材料).
_NOTHING_YET = frozenset({"/", "-", "—", "——", "\\", "待定", "待补", "待补充", "待填", "N/A", "暂缺"})
_NOTHING = _NOTHING_YET | {"无", "暂无", "没有", "空"}

Reader = Callable[[Any, Column, Surroundings], Reading]
_BY_NAME: Mapping[str, Reader] = {
    **dict.fromkeys(CODES, code_cells.read),
    **dict.fromkeys(_NAMES, texts.read_name),
    "seq": limits.read_seq,
    "matter_type": choices.read,
    "service_object": choices.read_several,
    "materials": materials.read,
}
_BY_KIND: Mapping[str, Reader] = {
    "text": texts.read,
    "mode": choices.read,
    "direction": choices.read,
    "delivery": choices.read_several,
    "yes_no": choices.read,
    "flag": choices.read_flag,
    "integer": limits.read,
    "date": dates.read,
    "json": json_cells.read,
}


def read(cell: Cell, column: Column, around: Surroundings) -> Reading:
    """The value of a cell, None when an error is said of it, and everything that is said."""
    if cell.formula:
        return Reading(None, (Said("FORMULA_CELL", ASK),))
    if isinstance(cell.value, str) and len(cell.value) > LONGEST_TEXT and column.kind != "json":
        return Reading(None, (Said("TEXT_TOO_LONG", ASK),))
    if nothing(cell.value, column):
        return _empty(cell.value, column)
    reader = _BY_NAME.get(column.name) or _BY_KIND[column.kind]
    return reader(cell.value, column, around)


def nothing(value: Any, column: Column) -> bool:
    """Does the cell say that there is nothing, by being empty or by a mark?"""
    if blank(value):
        return True
    marks = _NOTHING_YET if column.required and column.name not in CODES else _NOTHING
    return isinstance(value, str) and value.strip() in marks


def _empty(value: Any, column: Column) -> Reading:
    if column.name == "seq":  # numbered by the rule for the whole list
        return Reading(None)
    if column.name in CODES:
        return Reading(None, (Said("CODE_MISSING", ASK, f"“{column.zh}”缺失"),))
    if column.required:
        return Reading(None, (Said("REQUIRED_EMPTY", ASK, f"“{column.zh}”为空"),))
    empty = False if column.kind == "flag" else None
    return Reading(empty, () if blank(value) else (Said("EMPTY_MARK"),))
