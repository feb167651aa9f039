"""Workbooks as bytes: reading lists and grids from them, writing sheets, marking findings in one.

Formulas are never evaluated and sizes are bounded before anything is unpacked. This is the only file that knows the
spreadsheet library.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import Cell as SheetCell
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from matters_map import csv_text, strict_list
from matters_map.archive import BIGGEST_CONTENT, BIGGEST_FILE, BROKEN, broken_is_bad, file_content, is_workbook
from matters_map.bad_workbook import BadWorkbook
from matters_map.sheet_frame import MOST_COLUMNS, Bounded, Frame, clipped
from matters_map.workbooks.grid import Cell, Grid, letters
from matters_map.workbooks.repairs import escaped
from matters_map.workbooks.sheets import Mark, Sheet

__all__ = [
    "BIGGEST_CONTENT",
    "BIGGEST_FILE",
    "BadWorkbook",
    "file_content",
    "grids",
    "is_workbook",
    "marked",
    "read_list",
    "written",
]

MOST_SHEETS = 50
LONGEST_CELL = 33000  # characters; a spreadsheet program writes no more than 32,767
_BROKEN = (*BROKEN, InvalidFileException)


def read_list(path: Path) -> list[dict[str, Any]]:
    """The rows of the first sheet with a header, keyed by the column names of `columns.COLUMNS`.

    Text is stripped, an empty optional cell is None, integers are int; `guide_only` (bool) is there only when the
    sheet has the column 仅导办. Reading blocks: off the event loop, please. Raises BadWorkbook.
    """
    content = file_content(path)
    if is_workbook(content):
        return strict_list.first_list(_sheets(content))
    rows = (tuple((value, False) for value in row) for row in csv_text.rows(content))
    return strict_list.first_list([(csv_text.SHEET, rows)])


def _sheets(content: bytes) -> Iterator[tuple[str, Iterable[strict_list.Cells]]]:
    with broken_is_bad(_BROKEN):
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                sheet.reset_dimensions()
                yield sheet.title, _sheet_rows(sheet)


def _sheet_rows(sheet: Any) -> Iterator[strict_list.Cells]:
    with broken_is_bad(_BROKEN):
        for row in sheet.iter_rows(max_col=MOST_COLUMNS):
            yield tuple((cell.value, cell.data_type == "f") for cell in row)


def grids(content: bytes) -> list[Grid]:
    """Every sheet of a workbook, or the one of a csv file, hidden ones too. Reading blocks. Raises BadWorkbook."""
    if not is_workbook(content):
        return [Grid(csv_text.SHEET, _csv_cells(content))]
    with broken_is_bad(_BROKEN), zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > MOST_SHEETS:
            raise BadWorkbook(None, None, f"工作表超过 {MOST_SHEETS} 张，请只保留事项清单后再导入")
        return [_grid(sheet, archive, book.epoch.year == 1904) for sheet in book.worksheets]


def _csv_cells(content: bytes) -> tuple[tuple[Cell, ...], ...]:
    bounded = Bounded(csv_text.SHEET)
    for row in csv_text.rows(content):
        bounded.add(tuple(Cell(value[:LONGEST_CELL] or None, value.startswith("=")) for value in row[:MOST_COLUMNS]))
    return bounded.rows


def _grid(sheet: Any, archive: zipfile.ZipFile, date1904: bool) -> Grid:
    sheet.reset_dimensions()
    rows = _cells(sheet)
    frame = Frame(sheet.title)
    with archive.open(sheet._worksheet_path) as part:
        frame.read(part)
    merged = (clipped(area, len(rows)) for area in frame.merged)
    columns, hidden_rows = frozenset(frame.hidden_columns), frozenset(frame.hidden_rows)
    visible = sheet.sheet_state == "visible"
    return Grid(sheet.title, rows, tuple(filter(None, merged)), columns, hidden_rows, visible, date1904)


def _cells(sheet: Any) -> tuple[tuple[Cell, ...], ...]:
    bounded = Bounded(sheet.title)
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        bounded.add(tuple(_cell(cell) for cell in row))
    return bounded.rows


def _cell(cell: Any) -> Cell:
    """The value; a formula's own text, never its result."""
    value = getattr(cell.value, "text", cell.value)
    return Cell(value[:LONGEST_CELL] if isinstance(value, str) else value, cell.data_type in ("f", "e"))


_HEADER_FILL, _HEADER_FONT = PatternFill("solid", fgColor="1F4E79"), Font(bold=True, color="FFFFFF")
_LINE = Side(style="thin", color="BFBFBF")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_SPARE_ROWS = 500  # below the list, in which the choices are offered too


def written(sheets: Sequence[Sheet]) -> bytes:
    """A workbook of these sheets. Text is always text, also when it looks like a number or a formula."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write(book.create_sheet(sheet.title), sheet)
    return _saved(book)


def _write(target: Any, sheet: Sheet) -> None:
    for row, values in enumerate((sheet.header, *sheet.rows), start=1):
        for column, value in enumerate(values, start=1):
            _put(target.cell(row, column), value)
    for column, width in enumerate(sheet.widths, start=1):
        target.column_dimensions[letters(column)].width = width
    for cell in target[1]:
        cell.fill, cell.font = _HEADER_FILL, _HEADER_FONT
    target.freeze_panes = "A2"
    for column, words in sheet.choices.items():
        _offer(target, letters(column), words, len(sheet.rows) + 1 + _SPARE_ROWS)
    for place, colour in sheet.colours.items():
        target.cell(*place).fill = PatternFill("solid", fgColor=colour)


def _put(cell: SheetCell, value: Any) -> None:
    cell.border, cell.alignment = _BORDER, _WRAPPED
    if isinstance(value, str):
        _as_text(cell, value)
    elif value is not None:
        cell.value = value


def _as_text(cell: Any, text: str) -> None:
    cell.value = escaped(text)
    cell.data_type, cell.number_format = "s", "@"


def _offer(target: Any, column: str, words: Sequence[str], last: int) -> None:
    """A list to choose from; other words can still be typed in, since some cells hold several."""
    choice = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
    choice.showErrorMessage = False
    choice.add(f"{column}2:{column}{last}")
    target.add_data_validation(choice)


def marked(workbook: bytes, marks: Iterable[Mark], report: Sheet) -> bytes:
    """The workbook with coloured and commented cells, and the report as its last sheet.

    Formulas become text; what could bring one in another way (names, conditions, links) is left out.
    """
    grids(workbook)  # sizes and merged ranges are bounded before anything is unfolded
    with broken_is_bad(_BROKEN):
        book = openpyxl.load_workbook(io.BytesIO(workbook), data_only=False, keep_links=False)
    if report.title in book.sheetnames:
        del book[report.title]
    _disarm(book)
    for mark in marks:
        _mark(book[mark.sheet], mark)
    _write(book.create_sheet(report.title), report)
    return _saved(book)


def _disarm(book: Any) -> None:
    book.defined_names.clear()
    for sheet in book.worksheets:
        sheet.conditional_formatting = ConditionalFormattingList()
        sheet.data_validations.dataValidation = []
        for row in sheet.iter_rows():
            for cell in row:
                _disarm_cell(cell)


def _disarm_cell(cell: Any) -> None:
    value = getattr(cell.value, "text", cell.value)
    if isinstance(value, str) and (cell.data_type == "f" or escaped(value) != value):
        _as_text(cell, value if not value.startswith("'") else value[1:])
    if getattr(cell, "hyperlink", None):
        cell.hyperlink = None


def _mark(sheet: Any, mark: Mark) -> None:
    for row, column in mark.cells:
        sheet.cell(row, column).fill = PatternFill("solid", fgColor=mark.colour)
    first = sheet.cell(*mark.cells[0])
    if isinstance(first, SheetCell):
        first.comment = Comment(mark.text, "检查结果", width=320, height=140)


def _saved(book: Any) -> bytes:
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
