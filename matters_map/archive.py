"""The outside of a list's file: how big it may be, whether it is a workbook, and whether its archive is harmless."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from matters_map.bad_workbook import BadWorkbook

BIGGEST_FILE = 10 * 1024 * 1024  # bytes, as uploaded
BIGGEST_CONTENT = 30 * 1024 * 1024  # bytes, unpacked
MOST_PARTS = 500  # files inside the workbook

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # OLE: .xls of old, or an .xlsx with a password
_ZIP = b"PK\x03\x04"
BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, ParseError, ExpatError, OSError, EOFError, RuntimeError, ValueError, TypeError,
    LookupError, AttributeError,
)  # fmt: skip


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
def broken_is_bad(errors: tuple[type[Exception], ...] = BROKEN) -> Iterator[None]:
    """What the unpacking and the spreadsheet library raise on a broken file becomes BadWorkbook."""
    try:
        yield
    except BadWorkbook:
        raise
    except errors as error:
        raise BadWorkbook(None, None, "文件已损坏，请在 Excel 中打开并另存为 .xlsx 后再导入") from error


def _check_archive(content: bytes) -> None:
    with broken_is_bad(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if "xl/workbook.xml" not in archive.namelist():
            raise BadWorkbook(None, None, "文件不是 Excel 工作簿（.xlsx），请另存为 .xlsx 或 .csv 后再导入")
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > BIGGEST_CONTENT:
            raise BadWorkbook(None, None, "文件展开后过大，请只保留事项清单后再导入")
        for part in parts:
            with archive.open(part) as opened:
                if b"<!DOCTYPE" in opened.read(4096):
                    raise BadWorkbook(None, None, "文件内含有不允许的声明，请在 Excel 中打开并另存为 .xlsx 后再导入")
