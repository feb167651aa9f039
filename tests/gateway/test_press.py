"""The press: Chinese with rare characters in a PDF, the same for the same content; without a font it says so; a seal is a port."""

import logging
import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from gateway.applications.papers import content
from gateway.applications.papers.content import Draft, Office, line
from gateway.applications.papers.press import NO_FONT, Press

NAME = "张𬱖䶮㛃𠅤"  # characters that people bear in their names
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PAPER = Draft(
    "acceptance",
    "SL421321202611242000001G-01",
    1,
    "421321202611242000001G",
    Office("421321", "随县", "随县人力资源和社会保障局"),
    AT,
    "李四",
    (
        line("文书编号", "SL421321202611242000001G-01"),
        line("申请人", NAME),
        content.table("材料", ("名称",), [["居民身份证"]] * 60),
        content.group("领取人", [("姓名", "")]),
        content.says("声明", "一次告知"),
        content.signed("签名"),
        content.stamp("受理专用章"),
        content.dated("日期", AT),
    ),
)


class Seal:
    """A seal service that leaves a mark."""

    name = "随县人力资源和社会保障局电子印章"

    def seal(self, pdf: bytes, *, office: str, paper: str) -> bytes:
        return pdf + f"\n% sealed {office} {paper}".encode()


async def printed(press: Press) -> bytes:
    pdf = await press.pdf(PAPER.to_json(), PAPER.sha256, "7K3M-QF2P-9XWT")
    assert pdf is not None
    return pdf


def characters(pdf: bytes) -> set[str]:
    """What the PDF's fonts say their glyphs stand for: what a reader can copy out of it."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        for code in re.findall(rb"<([0-9A-Fa-f]{4,8})>", text) if b"beginbf" in text else []:
            found.add(bytes.fromhex(code.decode()).decode("utf-16-be", "replace"))
    return found


async def test_rare_characters_can_be_read_out_of_the_pdf_and_it_has_as_many_pages_as_it_needs() -> None:
    pdf = await printed(Press("https://tongban.example.gov.cn"))
    assert pdf.startswith(b"%PDF-")
    assert set(NAME) <= characters(pdf)
    assert len(re.findall(rb"/Type/Page\b(?!s)", pdf)) > 1


async def test_the_same_content_gives_the_same_pdf() -> None:
    press = Press("https://tongban.example.gov.cn/")
    assert await printed(press) == await printed(press)
    assert press.address("SL1-01", "A-B") == "https://tongban.example.gov.cn/papers/check?n=SL1-01&c=A-B"


async def test_what_the_applicant_asks_with_stands_beside_a_receipt_only() -> None:
    press, asked = Press("https://tongban.example.gov.cn"), PAPER.to_json()
    with_code = await press.pdf(asked, PAPER.sha256, "x", ("7Q2M9K4XWT", "https://front.example.gov.cn/421321"))
    alone = await press.pdf(asked, PAPER.sha256, "x", ("7Q2M9K4XWT", None))
    assert with_code is not None
    assert alone is not None
    assert "询" in characters(with_code) & characters(alone)
    assert "机" in characters(with_code) - characters(alone)
    assert "询" not in characters(await printed(press))


async def test_without_a_chinese_font_it_says_so_once_and_prints_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        press = Press(None, folders=[])
    assert [record.message for record in caplog.records] == [NO_FONT]
    assert not press.ready
    assert await press.pdf(PAPER.to_json(), PAPER.sha256, "x") is None


async def test_a_paper_says_plainly_that_it_bears_no_seal_and_a_service_behind_the_port_changes_that() -> None:
    told: dict[str, Any] = PAPER.to_json()
    unsealed, sealed = Press(None), Press(None, seal=Seal())
    assert unsealed.sealed(told) == "本文书未加盖电子印章，加盖印章后生效。"
    assert sealed.sealed(told) == f"已加盖电子印章：{Seal.name}"
    assert (await printed(sealed)).endswith(b"% sealed 421321 SL421321202611242000001G-01")
    assert b"% sealed" not in await printed(unsealed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("7k3m qf2p-9xwt", "7K3M-QF2P-9XWT"), ("7K3MQF2P9XWTZZ", "7K3M-QF2P-9XWT"), ("0O1I", ""), ("", "")],
)
async def test_a_code_is_read_as_people_type_it(typed: str, kept: str) -> None:
    assert content.plain_code(typed) == kept


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.text(), st.integers(1, 99))
def test_a_content_is_canonical_whatever_people_wrote(lines: list[tuple[str, str]], name: str, version: int) -> None:
    parts = (line(name, name), content.group(name, lines), content.table(name, (name,), [[one] for _, one in lines]))
    paper = replace(PAPER, parts=parts, version=version, by=name, replaces={"version": version, "why": name})
    assert paper.text == rfc8785.dumps(paper.to_json())


async def test_codes_are_random_and_hold_nothing_that_is_read_for_something_else() -> None:
    codes = {content.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert set("".join(codes)) <= set(content.ALPHABET + "-")
    assert not set("01IO") & set(content.ALPHABET)
