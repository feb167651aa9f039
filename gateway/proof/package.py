"""Opening a package that may be hostile: its members by name, in memory, or a refusal that says why.

Nothing is written and no member's name is ever used as a path. What two ZIP programs could read differently is refused.
"""

import re
import zipfile
import zlib
from pathlib import Path

MAX_FILE = 256 * 1024 * 1024  # bytes on disk
MAX_MEMBER = 64 * 1024 * 1024  # bytes of one member, unpacked
MAX_TOTAL = 512 * 1024 * 1024  # bytes of all members, unpacked
MAX_MEMBERS = 50_000
MAX_DIRECTORY = 16 * 1024 * 1024  # bytes that the directory of members may take
_END = 22  # bytes of the record at the end of a ZIP file without a comment
_LOCAL = 30  # bytes of the record before each member, without its name
_UTF8 = 0x800  # the only flag that may be set: the name is UTF-8
_NAMES = re.compile(
    r"manifest\.(json|jws)|README\.txt|agreement\.json|audit\.jsonl|roots\.jsonl|keys\.jwks\.json"
    r"|(messages|receipts|conflicts|agreements)/[A-Za-z0-9][A-Za-z0-9_-]{0,127}\.(json|jws)"
    r"|papers/([A-Za-z0-9][A-Za-z0-9._-]{0,127})?"
)


class Refused(Exception):
    """The file is not read any further; `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def read(path: Path) -> dict[str, bytes]:
    """Member's name -> its bytes, folders left out. Raises Refused, and OSError when the file cannot be read."""
    if path.stat().st_size > MAX_FILE:
        raise Refused("文件超过 256 MiB", "the file is larger than 256 MiB")
    _look_at_end(path)
    try:
        with zipfile.ZipFile(path) as opened:
            infos = opened.infolist()
            _refuse_odd(infos)
            _refuse_overlaps(infos, opened.start_dir)
            return {info.filename: _unpacked(opened, info) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError):
        raise Refused("不是完好的 ZIP 文件", "not a sound ZIP file") from None


def _look_at_end(path: Path) -> None:
    """The record at the end must be the only one that a reader could find, and tell of no more than we take."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(0, size - _END))
        end = file.read(_END)
    if start != b"PK\x03\x04" or len(end) < _END or end[:4] != b"PK\x05\x06":
        raise Refused(
            "不是证据包：开头或结尾不是 ZIP 文件的（或附有注释）",
            "no evidence package: does not begin and end as a plain ZIP file",
        )
    count, length, offset = (int.from_bytes(end[a:b], "little") for a, b in ((10, 12), (12, 16), (16, 20)))
    if count > MAX_MEMBERS or count == 0xFFFF or length > MAX_DIRECTORY:
        raise Refused("包内文件过多", "too many members")
    if end[4:8] != b"\0\0\0\0" or end[8:10] != end[10:12] or offset + length != size - _END:
        raise Refused("ZIP 目录与文件不符", "the ZIP directory does not fit the file")


def _refuse_odd(infos: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for info in infos:
        if info.orig_filename != info.filename or not _NAMES.fullmatch(info.filename):
            raise Refused("包内有不属于证据包的文件名", "a member has a name that no evidence package has")
        if info.filename.lower() in seen:
            raise Refused("包内有重名的文件", "two members have the same name")
        seen.add(info.filename.lower())
        if info.flag_bits & ~_UTF8 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("包内文件经过加密或用了不支持的压缩方式", "a member is encrypted or packed in an unknown way")
        if info.external_attr >> 16 & 0o170000 not in (0, 0o100000, 0o040000):
            raise Refused("包内有不是普通文件的成员", "a member is no plain file")
        if info.file_size > (0 if info.is_dir() else MAX_MEMBER):
            raise Refused("包内文件过大", "a member is too large")
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise Refused("包解开后过大", "the package is too large when unpacked")


def _refuse_overlaps(infos: list[zipfile.ZipInfo], end: int) -> None:
    """Members lie one behind the other, from the first byte to the directory."""
    place = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset != place:
            raise Refused("包内文件首尾不相接", "members overlap or leave gaps")
        place += _LOCAL + len(info.filename.encode()) + info.compress_size
    if place != end:
        raise Refused("包内文件首尾不相接", "members overlap or leave gaps")


def _unpacked(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Never more than the directory says: the reader stops there, and the check sum tells."""
    with opened.open(info) as member:
        found = member.read(info.file_size + 1)
    if len(found) != info.file_size:
        raise Refused("包内文件的大小与目录不符", "a member is not as large as the directory says")
    return found
