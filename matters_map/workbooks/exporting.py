"""A list written out: as a workbook, as CSV and as JSON, so that reading it again gives the same lines."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matters_map import spreadsheet
from matters_map.bad_workbook import BadWorkbook
from matters_map.columns import COLUMNS, GUIDE_ONLY, Column
from matters_map.lines import Line
from matters_map.workbooks import member_sheet
from matters_map.workbooks.choices import WORDS
from matters_map.workbooks.grid import Cell, Grid
from matters_map.workbooks.repairs import escaped
from matters_map.workbooks.sheets import Sheet
from matters_map.workbooks.titles import BY_NAME

SHEET = "通办事项清单"
_JSON_SHEET = "JSON"
_WIDTHS = {"integer": 10, "mode": 14, "direction": 14, "yes_no": 10, "flag": 10, "text": 24, "delivery": 24, "json": 40}
_WIDER = {"matter_name": 36, "materials": 48, "remarks": 40, "local_implement_code": 34, "partner_implement_code": 34}


def to_xlsx(lines: Sequence[Line]) -> bytes:
    """A styled workbook; members that no column tells stand in a second sheet, 成员编码. Blocks."""
    columns = _columns(lines, with_members=False)
    header = tuple(column.zh for column in columns)
    rows = [[_value(line, column) for column in columns] for line in lines]
    widths = tuple(_WIDER.get(column.name, _WIDTHS[column.kind]) for column in columns)
    choices = {place: WORDS[column.name] for place, column in enumerate(columns, start=1) if column.name in WORDS}
    sheets = [Sheet(SHEET, header, rows, widths, choices)]
    if members := member_sheet.rows_of(lines):
        sheets.append(Sheet(member_sheet.TITLE, member_sheet.COLUMNS, members, (8, 16, 12, 16, 16, 34)))
    return spreadsheet.written(sheets)


def to_csv(lines: Sequence[Line]) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheet programs want it; members stand in the column 成员编码 as JSON."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_kept(value) for value in row] for row in table(lines))
    return text.getvalue().encode("utf-8-sig")


def to_json(lines: Sequence[Line], **about: Any) -> bytes:
    """`{…about, "lines": [...]}` with each line as it stands in the signed text."""
    return json.dumps({**about, "lines": [line.to_json() for line in lines]}, ensure_ascii=False, indent=1).encode()


def table(lines: Sequence[Line]) -> list[list[Any]]:
    """Titles and rows with every column that these lines need."""
    columns = _columns(lines, with_members=True)
    return [[column.zh for column in columns], *([_value(line, column) for column in columns] for line in lines)]


def json_grid(content: bytes) -> Grid:
    """What `to_json` wrote, as a sheet to look over like any other. Raises BadWorkbook."""
    try:
        lines = [Line.from_json(line) for line in json.loads(content)["lines"]]
        cells = tuple(tuple(Cell(_kept(value)) for value in row) for row in table(lines))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise BadWorkbook(_JSON_SHEET, None, "文件不是本系统导出的清单 JSON") from error
    return Grid(_JSON_SHEET, cells)


def _kept(value: Any) -> Any:
    return escaped(value) if isinstance(value, str) else value


def _columns(lines: Sequence[Line], with_members: bool) -> list[Column]:
    needed = {
        "members": with_members and not all(map(member_sheet.told_by_columns, lines)),
        "joint": any(line.joint is not None for line in lines),
        "duties": any(line.duties is not None for line in lines),
    }
    return [*COLUMNS, GUIDE_ONLY, BY_NAME["form"], *(BY_NAME[name] for name, wanted in needed.items() if wanted)]


def _members(line: Line) -> str | None:
    return None if member_sheet.told_by_columns(line) else _json(line.to_json()["members"])


def _json(value: Mapping[str, Any] | Sequence[Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


_SPECIAL: Mapping[str, Callable[[Line], Any]] = {
    "guide_only": lambda line: "是" if line.guide_only else "否",
    "members": _members,
    "joint": lambda line: _json(line.joint),
    "duties": lambda line: _json(line.duties),
}


def _value(line: Line, column: Column) -> Any:
    special = _SPECIAL.get(column.name)
    return special(line) if special else getattr(line, column.name)
