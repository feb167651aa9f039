"""The findings as they are drawn into the workbook: colours by severity, a comment at the cell, a sheet with all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matters_map import spreadsheet
from matters_map.workbooks import files
from matters_map.workbooks.codes import ERROR, INFO, WARNING
from matters_map.workbooks.finding import Finding, plain
from matters_map.workbooks.grid import Grid, blank, place_of
from matters_map.workbooks.sheets import REPORT, Mark, Sheet

SEVERITY_NAMES = {ERROR: "错误", WARNING: "警告", INFO: "提示"}
COLOURS = {ERROR: "F8CBAD", WARNING: "FFE699", INFO: "DDEBF7"}
HEADER = ("严重程度", "工作表", "单元格", "代码", "表中内容", "应为", "说明")


def marked(content: bytes, findings: Sequence[Finding]) -> bytes:
    """The same file as a workbook, with its findings in it. Blocks. Raises BadWorkbook.

    Cells that hold a formula or begin like one are written as text.
    """
    grids = files.grids(content)
    book = content if spreadsheet.is_workbook(content) else spreadsheet.written([_sheet(grid) for grid in grids])
    marks = list(_marks(findings, {grid.sheet: grid for grid in grids}))
    return spreadsheet.marked(book, marks, report(findings))


def _sheet(grid: Grid) -> Sheet:
    rows: list[list[Any]] = [[cell.value for cell in cells] for cells in grid.rows]
    return Sheet(grid.sheet, tuple(rows[0]) if rows else (), rows[1:])


def report(findings: Sequence[Finding]) -> Sheet:
    """The sheet with every finding, one a row."""
    colours = {(row, 1): COLOURS[one.severity] for row, one in enumerate(findings, start=2)}
    return Sheet(REPORT, HEADER, [row_of(one) for one in findings], (10, 16, 12, 24, 36, 36, 60), colours=colours)


def row_of(one: Finding) -> list[str]:
    """A finding as people read it."""
    shown = (
        SEVERITY_NAMES[one.severity],
        one.sheet,
        one.cell,
        one.code,
        plain(one.found),
        plain(one.expected),
        one.why,
    )
    return ["" if value is None else str(value) for value in shown]


def _marks(findings: Sequence[Finding], grids: Mapping[str, Grid]) -> Iterator[Mark]:
    for one in findings:
        if one.cell and one.sheet and (grid := grids.get(one.sheet)):
            yield Mark(one.sheet, tuple(_cells(one, grid)), COLOURS[one.severity], _comment(one))


def _cells(one: Finding, grid: Grid) -> Iterator[tuple[int, int]]:
    """The first cell, and in a group those that hold what was found."""
    first, _, last = (one.cell or "").partition(":")
    top, left = _first_filled(grid, *place_of(first))
    yield top, left
    bottom = place_of(last)[0] if last else None
    for row in range(top + 1, (bottom or top) + 1):
        if one.found is not None and grid.cell(row, left).value == one.found:
            yield row, left


def _first_filled(grid: Grid, row: int | None, column: int | None) -> tuple[int, int]:
    """The cell; of a whole column or row the first one that holds something."""
    rows = [row] if row else range(1, len(grid.rows) + 1)
    columns = [column] if column else range(1, len(grid.rows[(row or 1) - 1]) + 1)
    places = [(one, other) for one in rows for other in columns]
    return next((place for place in places if not blank(grid.cell(*place).value)), places[0])


def _comment(one: Finding) -> str:
    expected = "" if one.expected is None else f"\n应为：{plain(one.expected)}"
    return f"{SEVERITY_NAMES[one.severity]} {one.code}：{one.why}{expected}"
