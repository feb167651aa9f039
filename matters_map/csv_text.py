"""A list as a CSV file: UTF-8 or GB18030, separated by commas or tabs."""

import csv
import io
from collections.abc import Iterator

from matters_map.bad_workbook import BadWorkbook

_SNIFFED = 2000  # characters that tell the separator
SHEET = "CSV"  # what such a file's only sheet is called in findings


def rows(content: bytes) -> Iterator[list[str]]:
    """The cells of each row; a line break inside a cell is one character. Raises BadWorkbook."""
    text = _text(content)
    beginning = text[:_SNIFFED]
    separator = "\t" if beginning.count("\t") > beginning.count(",") else ","
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator):
            yield [cell.replace("\r\n", "\n") for cell in row]
    except csv.Error as error:
        raise BadWorkbook(SHEET, None, "文件不是正确的 .csv：引号或分隔符有误") from error


def _text(content: bytes) -> str:
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
    return text
