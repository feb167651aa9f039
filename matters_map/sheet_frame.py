"""What a sheet says beside its cells: merged ranges, hidden columns and rows; and how many rows it may have."""

from typing import Any
from xml.parsers import expat

from matters_map.bad_workbook import BadWorkbook
from matters_map.strict_list import MOST_ROWS
from matters_map.workbooks.grid import Cell, Range, range_of

MOST_COLUMNS = 100
OTHER_ROWS = 100  # titles, notes and totals beside the list
MOST_MERGED = 1_000_000  # cells in merged ranges
_YES = ("1", "true")


class Frame:
    """Read from the part of the archive as a stream; a merged range is never unfolded."""

    def __init__(self, title: str) -> None:
        self.merged: list[Range] = []
        self.hidden_columns: set[int] = set()
        self.hidden_rows: set[int] = set()
        self._title, self._merged_cells = title, 0

    def read(self, part: Any) -> None:
        """Read the sheet's XML. Raises BadWorkbook, expat.ExpatError, and ValueError or LookupError for nonsense."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._element
        parser.ParseFile(part)

    def _element(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "mergeCell":
            self._merge(range_of(given["ref"]))
        elif tag == "col" and given.get("hidden") in _YES:
            self.hidden_columns.update(range(int(given["min"]), min(int(given["max"]), MOST_COLUMNS) + 1))
        elif tag == "row" and given.get("hidden") in _YES and "r" in given:
            self.hidden_rows.add(int(given["r"]))

    def _merge(self, area: Range) -> None:
        if area.bottom < area.top or area.right < area.left:
            raise ValueError(area)
        self._merged_cells += (area.bottom - area.top + 1) * (area.right - area.left + 1)
        if self._merged_cells > MOST_MERGED:
            raise BadWorkbook(self._title, None, "合并的单元格范围过大，请取消整行整列的合并后再导入")
        self.merged.append(area)


def clipped(area: Range, rows: int) -> Range | None:
    """The range without what lies outside the cells that are read."""
    inside = Range(area.top, area.left, min(area.bottom, rows), min(area.right, MOST_COLUMNS))
    return inside if inside.top <= inside.bottom and inside.left <= inside.right else None


class Bounded:
    """Rows of a sheet up to the last one that holds something; BadWorkbook when there are too many."""

    def __init__(self, title: str) -> None:
        self._title, self._kept = title, list[tuple[Cell, ...]]()
        self._number = self._last = self._filled = 0

    def add(self, cells: tuple[Cell, ...]) -> None:
        self._number += 1
        if any(cell.value is not None for cell in cells):
            self._last, self._filled = self._number, self._filled + 1
        if self._last > MOST_ROWS * 2 or self._filled > MOST_ROWS + OTHER_ROWS:
            raise BadWorkbook(self._title, None, f"超过 {MOST_ROWS} 行（含空行），请删去清单以外的内容")
        if self._number <= MOST_ROWS * 2:
            self._kept.append(cells)

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        return tuple(self._kept[: self._last])
