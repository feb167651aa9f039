"""A matter of the list while it is looked over: its values and what is said of each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matters_map.columns import COLUMNS
from matters_map.workbooks import reading, titles
from matters_map.workbooks.choices import word_of
from matters_map.workbooks.codes import CODES, ERROR
from matters_map.workbooks.finding import Said
from matters_map.workbooks.grid import Cell, Grid
from matters_map.workbooks.header import Header
from matters_map.workbooks.surroundings import Surroundings

_OPTIONAL = {column.name: None for column in COLUMNS if not column.required}


@dataclass
class Row:
    """`number`: in the sheet. `raw`: as the cells have it; `values`: as imported, None where an error stands."""

    number: int
    raw: Mapping[str, Any]
    values: dict[str, Any]
    said: list[tuple[str, Said]] = field(default_factory=list)

    def say(self, column: str, said: Said) -> None:
        self.said.append((column, said))

    def mend(self, column: str, value: Any, said: Said) -> None:
        """Propose a value; what other repairs of the same cell expect is this value too."""
        self.values[column] = value
        told = [(name, one._replace(expected=value) if name == column else one) for name, one in self.said]
        self.said = [*told, (column, said)]

    @property
    def blocked(self) -> bool:
        """Does an error keep it out?"""
        return any((said.severity or CODES[said.code].severities[0]) == ERROR for _, said in self.said)


def read(grid: Grid, header: Header, number: int, around: Surroundings) -> Row:
    """The row with its cells read one by one; columns that others tell are filled in."""
    cells = {name: grid.filled(number, place) for name, place in header.columns.items()}
    raw = {name: cell.value for name, cell in cells.items()}
    row = Row(number, raw, dict(_OPTIONAL))
    if _shifted(cells, grid, header, number):
        row.say(next(iter(header.places.values())), Said("ROW_SHIFTED"))
        return row
    for name, cell in cells.items():
        value, said = reading.read(cell, titles.BY_NAME[name], around)
        row.values[name] = value
        row.said += [(name, one) for one in said]
    _derive(row)
    return row


def _shifted(cells: Mapping[str, Cell], grid: Grid, header: Header, number: int) -> bool:
    """Do 通办模式 and 办理方向 both stand one or two columns beside their places?"""
    chosen = [name for name in ("mode", "direction") if name in cells]
    if len(chosen) < 2 or any(_fits(name, cells[name].value) for name in chosen):
        return False
    return any(
        all(_fits(name, grid.cell(number, header.columns[name] + step).value) for name in chosen)
        for step in (-2, -1, 1, 2)
    )


def _fits(name: str, value: Any) -> bool:
    return isinstance(value, str) and word_of(name, value) is not None


def _derive(row: Row) -> None:
    for side in ("local", "partner"):
        implement = row.values.get(f"{side}_implement_code")
        if f"{side}_basic_code" not in row.values:
            row.values[f"{side}_basic_code"] = implement[-12:] if implement else None
    if "instant" not in row.values:
        row.values["instant"] = "是" if row.values.get("promised_days") == 0 else "否"
