"""Reading an agreed list from a workbook or a CSV file, and saying clearly what is wrong with the file.

Formulas are never evaluated and sizes are bounded before anything is unpacked. This is the only file that knows the
spreadsheet library.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from matters_map.columns import COLUMNS, GUIDE_ONLY, Column

BIGGEST_FILE = 10 * 1024 * 1024  # bytes, as uploaded
BIGGEST_CONTENT = 30 * 1024 * 1024  # bytes, unpacked
MOST_PARTS = 500  # files inside the workbook
MOST_ROWS = 5000
MOST_COLUMNS = 100
LONGEST_TEXT = 4000  # characters in one cell
HEADER_WITHIN = 10  # rows in which the header is looked for

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # OLE: .xls of old, or an .xlsx with a password
_ZIP = b"PK\x03\x04"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, OSError, EOFError, RuntimeError,
    ValueError, TypeError, LookupError, AttributeError,
)  # fmt: skip
Cells = tuple[tuple[Any, bool], ...]  # (value, is it a formula) per column


class BadWorkbook(ValueError):
    """The file cannot be used: which sheet, which cell (None: the whole sheet), and what to do, in Chinese."""

    def __init__(self, sheet: str | None, cell: str | None, message: str) -> None:
        self.sheet, self.cell, self.message = sheet, cell, message
        where = " ".join(part for part in (sheet, cell) if part)
        super().__init__(f"{where}：{message}" if where else message)


def read_list(path: Path) -> list[dict[str, Any]]:
    """The rows of the first sheet with a header, keyed by the column names of `columns.COLUMNS`.

    Text is stripped, an empty optional cell is None, integers are int; `guide_only` (bool) is there only when the
    sheet has the column 仅导办. Reading blocks: off the event loop, please. Raises BadWorkbook.
    """
    content = _content(path)
    if content.startswith(_OLD_OR_LOCKED):
        raise BadWorkbook(None, None, "文件是旧版 .xls 或设有打开密码，请去掉密码并另存为 .xlsx 后再导入")
    if content.startswith(_ZIP):
        _check_archive(content)
        return _first_list(_sheets(content))
    return _first_list([("CSV", _csv_rows(content))])


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > BIGGEST_FILE:
            raise BadWorkbook(None, None, f"文件超过 {BIGGEST_FILE // 1024 // 1024} MB，请只保留事项清单后再导入")
        return path.read_bytes()
    except OSError as error:
        raise BadWorkbook(None, None, "文件无法读取，请检查路径和权限") from error


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


def _sheets(content: bytes) -> Iterator[tuple[str, Iterable[Cells]]]:
    with _broken_is_bad():
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                sheet.reset_dimensions()
                yield sheet.title, _sheet_rows(sheet)


def _sheet_rows(sheet: Any) -> Iterator[Cells]:
    with _broken_is_bad():
        for row in sheet.iter_rows(max_col=MOST_COLUMNS):
            yield tuple((cell.value, cell.data_type == "f") for cell in row)


def _csv_rows(content: bytes) -> Iterator[Cells]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadWorkbook(None, None, "文件不是 .xlsx 工作簿，也不是 UTF-8 或 GB18030 编码的 .csv 文件")
    if "\x00" in text:
        raise BadWorkbook(None, None, "文件不是 .xlsx 工作簿，也不是 .csv 文件")
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            yield tuple((value, False) for value in row)
    except csv.Error as error:
        raise BadWorkbook("CSV", None, "文件不是正确的 .csv：引号或分隔符有误") from error


def _first_list(sheets: Iterable[tuple[str, Iterable[Cells]]]) -> list[dict[str, Any]]:
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
        address = f"{get_column_letter(place + 1)}{number}"
        if formula:
            raise BadWorkbook(sheet, address, f"“{column.zh}”是公式，请改成公式的结果（选择性粘贴为数值）")
        problem, row[column.name] = column.read(value, LONGEST_TEXT)
        if problem:
            raise BadWorkbook(sheet, address, f"“{column.zh}”{problem}")
    return row
