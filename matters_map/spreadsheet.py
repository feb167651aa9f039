"""Workbooks as bytes: reading lists and grids from them, writing sheets, marking findings in one.

Formulas are never evaluated and sizes are bounded before anything is unpacked. This is the only file that knows the
spreadsheet library.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import openpyxl
from openpyxl.cell import Cell as SheetCell
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation

from matters_map import csv_text, strict_list
from matters_map.bad_workbook import BadWorkbook
from matters_map.strict_list import MOST_ROWS
from matters_map.workbooks.grid import Cell, Grid, Range, letters, range_of
from matters_map.workbooks.repairs import escaped
from matters_map.workbooks.sheets import Mark, Sheet

__all__ = ["BadWorkbook", "file_content", "grids", "is_workbook", "marked", "read_list", "written"]

BIGGEST_FILE = 10 * 1024 * 1024  # bytes, as uploaded
BIGGEST_CONTENT = 30 * 1024 * 1024  # bytes, unpacked
MOST_PARTS = 500  # files inside the workbook
MOST_COLUMNS = 100
MOST_SHEETS = 50
OTHER_ROWS = 100  # titles, notes and totals beside the list
LONGEST_CELL = 33000  # characters; a spreadsheet program writes no more than 32,767
MOST_MERGED = 1_000_000  # cells in merged ranges

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # OLE: .xls of old, or an .xlsx with a password
_ZIP = b"PK\x03\x04"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, expat.ExpatError, OSError, EOFError, RuntimeError,
    ValueError, TypeError, LookupError, AttributeError,
)  # fmt: skip
_YES = ("1", "true")


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


def file_content(path: Path) -> bytes:
    """The bytes of a file that is not too big. Raises BadWorkbook."""
    try:
        if path.stat().st_size > BIGGEST_FILE:
            raise BadWorkbook(None, None, f"文件超过 {BIGGEST_FILE // 1024 // 1024} MB，请只保留事项清单后再导入")
        return path.read_bytes()
    except OSError as error:
        raise BadWorkbook(None, None, "文件无法读取，请检查路径和权限") from error


def is_workbook(content: bytes) -> bool:
    """A workbook whose archive is harmless, or something else (a csv file, perhaps). Raises BadWorkbook."""
    if len(content) > BIGGEST_FILE:
        raise BadWorkbook(None, None, f"文件超过 {BIGGEST_FILE // 1024 // 1024} MB，请只保留事项清单后再导入")
    if content.startswith(_OLD_OR_LOCKED):
        raise BadWorkbook(None, None, "文件是旧版 .xls 或设有打开密码，请去掉密码并另存为 .xlsx 后再导入")
    if content.startswith(_ZIP):
        _check_archive(content)
        return True
    return False


@contextmanager
def _broken_is_bad() -> Iterator[None]:
    """What the unpacking and the spreadsheet library raise on a broken file becomes BadWorkbook."""
    try:
        yield
    except BadWorkbook:
        raise
    except _BROKEN as error:
        raise BadWorkbook(None, None, "文件已损坏，请在 Excel 中打开并另存为 .xlsx 后再导入") from error


def _check_archive(content: bytes) -> None:
    with _broken_is_bad(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise BadWorkbook(None, None, "文件不是 Excel 工作簿（.xlsx），请另存为 .xlsx 或 .csv 后再导入")
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > BIGGEST_CONTENT:
            raise BadWorkbook(None, None, "文件展开后过大，请只保留事项清单后再导入")
        for part in parts:
            with archive.open(part) as opened:
                if b"<!DOCTYPE" in opened.read(4096):
                    raise BadWorkbook(None, None, "文件内含有不允许的声明，请在 Excel 中打开并另存为 .xlsx 后再导入")


def _sheets(content: bytes) -> Iterator[tuple[str, Iterable[strict_list.Cells]]]:
    with _broken_is_bad():
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                sheet.reset_dimensions()
                yield sheet.title, _sheet_rows(sheet)


def _sheet_rows(sheet: Any) -> Iterator[strict_list.Cells]:
    with _broken_is_bad():
        for row in sheet.iter_rows(max_col=MOST_COLUMNS):
            yield tuple((cell.value, cell.data_type == "f") for cell in row)


def grids(content: bytes) -> list[Grid]:
    """Every sheet of a workbook, or the one of a csv file, hidden ones too. Reading blocks. Raises BadWorkbook."""
    if not is_workbook(content):
        return [Grid(csv_text.SHEET, _csv_cells(content))]
    with _broken_is_bad(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > MOST_SHEETS:
            raise BadWorkbook(None, None, f"工作表超过 {MOST_SHEETS} 张，请只保留事项清单后再导入")
        return [_grid(sheet, archive, book.epoch.year == 1904) for sheet in book.worksheets]


def _csv_cells(content: bytes) -> tuple[tuple[Cell, ...], ...]:
    bounded = _Bounded(csv_text.SHEET)
    for row in csv_text.rows(content):
        bounded.add(tuple(Cell(value[:LONGEST_CELL] or None, value.startswith("=")) for value in row[:MOST_COLUMNS]))
    return bounded.rows


def _grid(sheet: Any, archive: zipfile.ZipFile, date1904: bool) -> Grid:
    sheet.reset_dimensions()
    rows = _cells(sheet)
    frame = _Frame(sheet.title)
    with archive.open(sheet._worksheet_path) as part:
        frame.read(part)
    merged = (_clipped(area, len(rows)) for area in frame.merged)
    columns, hidden_rows = frozenset(frame.hidden_columns), frozenset(frame.hidden_rows)
    visible = sheet.sheet_state == "visible"
    return Grid(sheet.title, rows, tuple(filter(None, merged)), columns, hidden_rows, visible, date1904)


class _Bounded:
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


def _cells(sheet: Any) -> tuple[tuple[Cell, ...], ...]:
    bounded = _Bounded(sheet.title)
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        bounded.add(tuple(_cell(cell) for cell in row))
    return bounded.rows


def _cell(cell: Any) -> Cell:
    """The value; a formula's own text, never its result."""
    value = getattr(cell.value, "text", cell.value)
    return Cell(value[:LONGEST_CELL] if isinstance(value, str) else value, cell.data_type in ("f", "e"))


def _clipped(area: Range, rows: int) -> Range | None:
    """The range without what lies outside the cells that are read."""
    inside = Range(area.top, area.left, min(area.bottom, rows), min(area.right, MOST_COLUMNS))
    return inside if inside.top <= inside.bottom and inside.left <= inside.right else None


class _Frame:
    """What a sheet says beside its cells: merged ranges, hidden columns and rows; read as a stream, never expanded."""

    def __init__(self, title: str) -> None:
        self.merged: list[Range] = []
        self.hidden_columns: set[int] = set()
        self.hidden_rows: set[int] = set()
        self._title, self._merged_cells = title, 0

    def read(self, part: Any) -> None:
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
        self._merged_cells += (area.bottom - area.top + 1) * (area.right - area.left + 1)
        if self._merged_cells > MOST_MERGED:
            raise BadWorkbook(self._title, None, "合并的单元格范围过大，请取消整行整列的合并后再导入")
        self.merged.append(area)


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
    with _broken_is_bad():
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
