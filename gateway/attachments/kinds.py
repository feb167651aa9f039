"""Which files may be put here, told by their content; what they are called decides nothing."""

from dataclasses import dataclass

import puremagic

from gateway.attachments.errors import WrongType
from gateway.attachments.look import Look
from gateway.attachments.names import extension_of


@dataclass(frozen=True)
class Kind:
    """A kind of file that a window or a deciding office works with."""

    media_type: str
    extensions: tuple[str, ...]  # the first one is given to a file without a name
    title: str  # as people call it


PDF = Kind("application/pdf", ("pdf",), "PDF")
PNG = Kind("image/png", ("png",), "PNG 图片")
JPEG = Kind("image/jpeg", ("jpg", "jpeg", "jfif"), "JPEG 图片")
TIFF = Kind("image/tiff", ("tif", "tiff"), "TIFF 图片")  # what scanners make of many pages
BMP = Kind("image/bmp", ("bmp", "dib"), "BMP 图片")
OFD = Kind("application/ofd", ("ofd",), "OFD")  # GB/T 33190, the format of electronic licences
DOC = Kind("application/msword", ("doc",), "Word 文档")
DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",), "Word 文档")
XLS = Kind("application/vnd.ms-excel", ("xls",), "Excel 表格")
XLSX = Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), "Excel 表格")
TXT = Kind("text/plain", ("txt", "text", "log"), "纯文本")
KINDS = (PDF, PNG, JPEG, TIFF, BMP, OFD, DOC, DOCX, XLS, XLSX, TXT)
# Plain archives are not among them: each material is one file with one digest, and what is inside an archive is seen
# neither here nor by the officer before it is unpacked.

GENERIC = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-download"})

# Content that runs, or that a browser or an office program would act upon.
DANGEROUS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "Windows 程序"),
    (b"\x7fELF", "Linux 程序"),
    (b"\xca\xfe\xba\xbe", "程序"),
    (b"\xfe\xed\xfa", "程序"),
    (b"\xcf\xfa\xed\xfe", "程序"),
    (b"\xce\xfa\xed\xfe", "程序"),
    (b"dex\n", "安卓程序"),
    (b"\0asm", "程序"),
    (b"#!", "脚本"),
    (b"L\0\0\0\x01\x14\x02\0", "快捷方式"),
    (b"ITSF", "CHM"),
    (b"{\\rtf", "RTF"),
    (b"MSCF", "压缩包"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)
ACTIVE = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<?php", b"<%", b"<!--")
DANGEROUS_NAMES = frozenset(
    {
        *("exe", "com", "scr", "pif", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "js", "jse", "wsf", "wsh"),
        *("hta", "msi", "msp", "msix", "dll", "cpl", "sys", "drv", "jar", "lnk", "url", "reg", "inf", "chm"),
        *("apk", "app", "dmg", "deb", "rpm", "sh", "py", "pl", "php", "html", "htm", "xhtml", "shtml", "mht"),
        *("mhtml", "svg", "xml", "swf", "docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "rtf", "zip", "rar", "7z"),
        *("gz", "tar", "tgz", "bz2", "xz", "cab", "iso", "img"),
    }
)
BITMAP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})


def judge(look: Look, name: str, declared: str) -> Kind:
    """What a file is, by its content. Raises WrongType for what may not be put here.

    A signature outweighs the declared media type and the name; only plain text, which has none, must be declared as
    what it is (or as nothing in particular).
    """
    if look.size == 0:
        raise WrongType("empty")
    extension = extension_of(name)
    if extension in DANGEROUS_NAMES:
        raise WrongType("dangerous", extension)
    for signature, title in DANGEROUS:
        if look.head.startswith(signature):
            raise WrongType("dangerous", title)
    kind = _by_signature(look)
    if kind is not None:
        return kind
    if look.is_text:
        return _text(look, extension, declared.partition(";")[0].strip().lower())
    raise WrongType("not_allowed", _guess(look.head))


def _by_signature(look: Look) -> Kind | None:
    head = look.head
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"II*\0", b"MM\0*")):
        return TIFF
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0" and int.from_bytes(head[14:18], "little") in BITMAP_HEADERS:
        return BMP
    if look.is_package:
        return _package(look)
    return _compound(look) if look.is_compound else None


def _package(look: Look) -> Kind:
    """OFD and the newer Office formats are ZIP packages; their table of contents says which one."""
    names = look.package_names()
    if any(name.rpartition("/")[2].lower() == "vbaproject.bin" for name in names):
        raise WrongType("macros")
    if "OFD.xml" in names:
        return OFD
    if "[Content_Types].xml" in names:
        for folder, kind in (("word/", DOCX), ("xl/", XLSX)):
            if any(name.startswith(folder) for name in names):
                return kind
    raise WrongType("dangerous", "压缩包")


def _compound(look: Look) -> Kind:
    """The older Office formats share their container with installers and mails; their parts say which one."""
    if "_VBA_PROJECT" in look.compound_parts:
        raise WrongType("macros")
    if "WordDocument" in look.compound_parts:
        return DOC
    if look.compound_parts & {"Workbook", "Book"}:
        return XLS
    raise WrongType("not_allowed", _guess(look.head))


def _text(look: Look, extension: str, declared: str) -> Kind:
    start = look.head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(ACTIVE):
        raise WrongType("dangerous", "网页或脚本")
    if declared not in GENERIC | {TXT.media_type}:
        title = next((kind.title for kind in KINDS if kind.media_type == declared), None)
        raise WrongType("not_allowed", declared) if title is None else WrongType("differs", TXT.title, title)
    for kind in KINDS:
        if extension in kind.extensions and kind is not TXT:
            raise WrongType("differs", TXT.title, kind.title)
    return TXT


def _guess(head: bytes) -> str:
    """What a refused file seems to be, for the sentence that people read."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return "无法识别"
    return found[0].extension.lstrip(".") or found[0].name or "无法识别"
