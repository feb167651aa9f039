"""The strict reader of a list: what is exactly in the agreed form comes out, and the first thing that is not is named.

The lists that come with the product are read so. What coordinators send goes through `workbooks/checking.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from matters_map.bad_workbook import BadWorkbook
from matters_map.columns import COLUMNS, GUIDE_ONLY, Column
from matters_map.workbooks.grid import letters

MOST_ROWS = 5000
LONGEST_TEXT = 4000  # characters in one cell
HEADER_WITHIN = 10  # rows in which the header is looked for

Cells = tuple[tuple[Any, bool], ...]  # (value, is it a formula) per column


def first_list(sheets: Iterable[tuple[str, Iterable[Cells]]]) -> list[dict[str, Any]]:
    """The rows of the first of these (name, rows) with a header. Raises BadWorkbook."""
    first = None
    for name, rows in sheets:
        first = first or name
        numbered = enumerate(rows, start=1)
        places = _header(name, numbered)
        if places is not None:
            return _data(name, numbered, places)
    raise BadWorkbook(first, None, f"没有找到表头：前 {HEADER_WITHIN} 行应有一行写明“事项名称”“本地基本编码”等列名")


def _header(sheet: str, rows: Iterator[tuple[int, Cells]]) -> dict[int, Column] | None:
    by_title = {title: column for column in (*COLUMNS, GUIDE_ONLY) for title in (column.zh, column.name)}
    for number, cells in rows:
        titles = [str(value).strip() if value is not None else "" for value, _ in cells]
        places = {place: by_title[title] for place, title in enumerate(titles) if title in by_title}
        if len(places) >= len(COLUMNS) // 2:
            _check_header(sheet, number, list(places.values()))
            return places
        if number >= HEADER_WITHIN:
            return None
    return None


def _check_header(sheet: str, number: int, found: Sequence[Column]) -> None:
    missing = [column.zh for column in COLUMNS if column not in found]
    if missing:
        raise BadWorkbook(sheet, None, f"第 {number} 行表头缺少列：{'、'.join(missing)}")
    twice = sorted({column.zh for column in found if found.count(column) > 1})
    if twice:
        raise BadWorkbook(sheet, None, f"第 {number} 行表头有重复的列：{'、'.join(twice)}")


def _data(sheet: str, rows: Iterator[tuple[int, Cells]], places: dict[int, Column]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: dict[str, int] = {}  # local basic code -> row that has it
    for number, cells in rows:
        if len(found) > MOST_ROWS or number > MOST_ROWS * 2:
            raise BadWorkbook(sheet, None, f"超过 {MOST_ROWS} 行（含空行），请删去清单以外的内容")
        if any(value not in (None, "") for value, _ in cells):
            row = _row(sheet, number, cells, places)
            earlier = seen.setdefault(row["local_basic_code"], number)
            if earlier != number:
                raise BadWorkbook(sheet, f"{number}:{number}", f"“本地基本编码”与第 {earlier} 行重复")
            found.append(row)
    if not found:
        raise BadWorkbook(sheet, None, "表头下面没有任何事项")
    return found


def _row(sheet: str, number: int, cells: Cells, places: dict[int, Column]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for place, column in places.items():
        value, formula = cells[place] if place < len(cells) else (None, False)
        address = f"{letters(place + 1)}{number}"
        if formula:
            raise BadWorkbook(sheet, address, f"“{column.zh}”是公式，请改成公式的结果（选择性粘贴为数值）")
        problem, row[column.name] = column.read(value, LONGEST_TEXT)
        if problem:
            raise BadWorkbook(sheet, address, f"“{column.zh}”{problem}")
    return row
