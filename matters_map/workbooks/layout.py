"""Which rows below and above the header are matters, and what the others are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from matters_map.workbooks import titles
from matters_map.workbooks.finding import Finding, Said, finding
from matters_map.workbooks.grid import Grid, Range, address, blank, filled_places
from matters_map.workbooks.header import Header

MATTER_CELLS = 4  # a row with fewer filled cells than these is told from a matter by its words and place
_TOTAL = re.compile(r"^\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|总\s*数)")
_CODES = ("local_basic_code", "local_implement_code", "partner_basic_code", "partner_implement_code")


@dataclass(frozen=True)
class Layout:
    """`matters`: the rows of the list, in order."""

    matters: tuple[int, ...]
    findings: tuple[Finding, ...]


def laid_out(grid: Grid, header: Header) -> Layout:
    """Sort the rows of the sheet into matters and others, and say what the others are."""
    kinds = {row: _kind(grid, header, row) for row in range(header.bottom + 1, len(grid.rows) + 1)}
    matters = tuple(row for row, kind in kinds.items() if kind == "matter")
    last = matters[-1] if matters else header.bottom
    told = [
        *_above(grid, header),
        *_below(grid, kinds, last),
        *_hidden(grid, matters),
        *_filled_down(grid, header, last),
    ]
    return Layout(matters, tuple(told))


def _kind(grid: Grid, header: Header, row: int) -> str:
    cells = grid.rows[row - 1]
    places = filled_places(cells)
    if not places:
        return "blank"
    if _TOTAL.match(str(cells[places[0] - 1].value)) and len(places) <= MATTER_CELLS:
        return "total"
    if _repeats(grid, header, row):
        return "header"
    return "matter" if _is_matter(grid, header, row, places) else "words"


def _is_matter(grid: Grid, header: Header, row: int, places: list[int]) -> bool:
    if len(places) >= MATTER_CELLS:
        return True
    columns = header.columns
    coded = any(not blank(grid.cell(row, columns[name]).value) for name in _CODES if name in columns)
    return coded or (len(places) > 1 and isinstance(grid.cell(row, columns.get("seq", 0)).value, int))


def _repeats(grid: Grid, header: Header, row: int) -> bool:
    values = [grid.cell(row, place).value for place in header.places]
    same = sum(isinstance(value, str) and titles.column_of(value) is not None for value in values)
    return same >= max(MATTER_CELLS, len(header.places) // 2)


def _above(grid: Grid, header: Header) -> Iterator[Finding]:
    rows = [row for row in range(1, header.top) if filled_places(grid.rows[row - 1])]
    for row in rows:
        place = filled_places(grid.rows[row - 1])[0]
        area = grid.merged_at(row, place) or Range(row, place, row, place)
        if row == rows[0]:
            where = f"第 {header.top} 行" if header.top == header.bottom else f"第 {header.top}—{header.bottom} 行"
            yield finding(grid.sheet, area.text, Said("TITLE_ROW", why=f"标题行，不是表头；表头在{where}"))
        else:
            yield finding(grid.sheet, address(row, place), Said("PREAMBLE_ROW"))


_WORDS = {"total": "TOTAL_ROW", "header": "REPEATED_HEADER", "blank": "BLANK_ROW"}


def _below(grid: Grid, kinds: dict[int, str], last: int) -> Iterator[Finding]:
    for row, kind in kinds.items():
        if kind == "matter" or (kind == "blank" and row > last):
            continue
        place = (filled_places(grid.rows[row - 1]) or [1])[0]
        code = _WORDS.get(kind) or ("FOOTNOTE_ROW" if row > last else "SECTION_ROW")
        yield finding(grid.sheet, address(row, place), Said(code), grid.cell(row, place).value)


def _hidden(grid: Grid, matters: tuple[int, ...]) -> Iterator[Finding]:
    for row in matters:
        if row in grid.hidden_rows:
            yield finding(grid.sheet, str(row), Said("HIDDEN_ROW"))


def _filled_down(grid: Grid, header: Header, last: int) -> Iterator[Finding]:
    for area in sorted(grid.merged):
        name = header.places.get(area.left)
        value = grid.cell(area.top, area.left).value
        if name and header.bottom < area.top <= last and area.bottom > area.top and not blank(value):
            why = f"“{titles.BY_NAME[name].zh}”纵向合并，向下填充"
            yield finding(grid.sheet, area.text, Said("MERGED_DATA", why=why), value)
