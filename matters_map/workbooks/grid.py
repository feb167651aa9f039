"""A sheet as a grid: its cells by row and column from 1, what is merged and what is hidden."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple


class Cell(NamedTuple):
    """A value as the file holds it; a formula is text that is never evaluated."""

    value: Any = None
    formula: bool = False


EMPTY = Cell()


class Range(NamedTuple):
    """A rectangle of cells, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def text(self) -> str:
        """As people write it: A1:B2, and A1 for a single cell."""
        first, last = address(self.top, self.left), address(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"


@dataclass(frozen=True)
class Grid:
    """One sheet. `date1904`: its day numbers count from 1904 instead of 1900."""

    sheet: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[Range, ...] = ()
    hidden_columns: frozenset[int] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    visible: bool = True
    date1904: bool = False
    _nothing: tuple[Cell, ...] = field(default=(), repr=False)

    def cell(self, row: int, column: int) -> Cell:
        """The cell as it stands; empty where the file has none."""
        cells = self.rows[row - 1] if 0 < row <= len(self.rows) else self._nothing
        return cells[column - 1] if 0 < column <= len(cells) else EMPTY

    def anchor(self, row: int, column: int) -> tuple[int, int]:
        """Where the value of a cell stands: the top of its merged range when it is in the range's first column."""
        area = self._merged_at.get((row, column))
        return (area.top, area.left) if area is not None and area.left == column else (row, column)

    def filled(self, row: int, column: int) -> Cell:
        """The cell with the value of the merged range that it is in, filled down."""
        return self.cell(*self.anchor(row, column))

    def merged_at(self, row: int, column: int) -> Range | None:
        """The merged range that holds this cell."""
        return self._merged_at.get((row, column))

    @cached_property
    def _merged_at(self) -> dict[tuple[int, int], Range]:
        return {
            (row, column): area
            for area in self.merged
            for row in range(area.top, area.bottom + 1)
            for column in range(area.left, area.right + 1)
        }


def blank(value: Any) -> bool:
    """Is there nothing to read: no value, or only white space?"""
    return value is None or (isinstance(value, str) and not value.strip())


def filled_places(cells: Iterable[Cell]) -> list[int]:
    """The columns of a row that hold something."""
    return [place for place, cell in enumerate(cells, start=1) if not blank(cell.value)]


@cache
def letters(column: int) -> str:
    """1 → A, 27 → AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def address(row: int, column: int) -> str:
    """(5, 6) → F5"""
    return f"{letters(column)}{row}"


def place_of(text: str) -> tuple[int | None, int | None]:
    """The (row, column) at which an address begins: F5:F6 → (5, 6), R → (None, 18), 12 → (12, None)."""
    found = re.match(r"([A-Z]*)(\d*)", text)
    name, row = found.groups() if found else ("", "")
    column = 0
    for letter in name:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(row) if row else None, column or None


def range_of(text: str) -> Range:
    """A1:B2 → Range(1, 1, 2, 2). ValueError for anything that is no range of cells."""
    first, _, last = text.replace("$", "").partition(":")
    (top, left), (bottom, right) = place_of(first), place_of(last or first)
    if top is None or left is None or bottom is None or right is None:
        raise ValueError(text)
    return Range(top, left, bottom, right)
