"""The press: a paper's content as a PDF, set by typst in a font that holds Chinese. Without such a font it says so."""

import asyncio
import importlib.util
import io
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import segno
import typst

from gateway.applications.papers import content
from gateway.applications.papers.seal import ElectronicSeal

log = logging.getLogger("tongban.papers")
TEMPLATE = Path(__file__).with_name("paper.typ")
PACKAGE = "pylopdf_fonts_zh_cn"  # brings Noto Serif SC and Noto Sans SC
SERIF = ("Noto Serif SC", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun")
SANS = ("Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "SimHei")
NO_FONT = (
    "没有找到中文字体，文书只能在网页上打印，不生成 PDF。请安装 fonts-noto-cjk 后重新启动 (no Chinese font: no PDF)"
)

Json = Mapping[str, Any]


def font_folders() -> list[str]:
    """Where the fonts of the package lie; empty when it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    return list(found.submodule_search_locations or []) if found is not None else []


class Press:
    """Prints in threads, never while a transaction is open. `seal` is None in every house of today."""

    def __init__(
        self, public_url: str | None, folders: Sequence[str] | None = None, seal: ElectronicSeal | None = None
    ) -> None:
        """`folders` of fonts stand instead of what the machine has."""
        self._url, self._seal = (public_url or "").rstrip("/"), seal
        own = font_folders() if folders is None else list(folders)
        self._fonts = typst.Fonts(include_system_fonts=folders is None, include_embedded_fonts=True, font_paths=own)
        there = set(self._fonts.families())
        self._serif, self._sans = (_first(wanted, there) for wanted in (SERIF, SANS))
        if not self.ready:
            log.warning(NO_FONT)

    @property
    def ready(self) -> bool:
        """Can it print? Without a font for Chinese it cannot, and pages offer their own print alone."""
        return bool(self._serif or self._sans)

    def address(self, number: str, code: str) -> str:
        """Where anybody can ask whether the paper is genuine; what its QR code holds."""
        return f"{self._url}/papers/check?{urlencode({'n': number, 'c': code})}"

    def sealed(self, paper: Json) -> str:
        """What the paper says of an electronic seal: that it bears none, or whose."""
        return content.unsealed(paper) if self._seal is None else f"已加盖电子印章：{self._seal.name}"

    async def pdf(
        self, paper: Json, sha256: str, code: str, asking: tuple[str, str | None] | None = None
    ) -> bytes | None:
        """The PDF of a content, or None where there is no font. The same content gives the same pages.

        `asking`: the 查询码 beside a 收件凭证, no part of its content, and the address that takes it, if there is one.
        """
        if not self.ready:
            return None
        printed = await asyncio.to_thread(self._print, paper, sha256, code, asking)
        if self._seal is not None:
            office, number = paper["office"]["code"], paper["number"]
            return await asyncio.to_thread(self._seal.seal, printed, office=office, paper=number)
        return printed

    def _print(self, paper: Json, sha256: str, code: str, asking: tuple[str, str | None] | None) -> bytes:
        query, front = asking or (None, None)
        told = {
            "paper": dict(paper),
            "sha256": sha256,
            "code": code,
            "qr": qr(self.address(str(paper["number"]), code)),
            "unsealed": self.sealed(paper),
            "query": query,
            "front": front,
            "front_qr": qr(front) if front else None,
            "serif": self._serif or self._sans,
            "sans": self._sans or self._serif,
            "day": str(paper["issued_at"])[:10],
        }
        compiler = typst.Compiler(str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=self._fonts)
        printed = compiler.compile(format="pdf", sys_inputs={"told": json.dumps(told, ensure_ascii=False)})
        assert isinstance(printed, bytes)  # noqa: S101  # one document, no file was named
        return printed


def _first(wanted: Sequence[str], there: set[str]) -> list[str]:
    """Those that the machine has, the best first: what one lacks the next may have."""
    return [family for family in wanted if family in there]


def qr(text: str) -> str:
    """A QR code as SVG without style or script."""
    drawn = io.BytesIO()
    made = segno.make(text, error="m", micro=False)
    made.save(drawn, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, svgclass=None, lineclass=None)
    return drawn.getvalue().decode()
