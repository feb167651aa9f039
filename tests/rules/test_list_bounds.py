"""Files made to do harm are refused before they are unfolded, and a long list is read in seconds with progress told."""

import io
import time
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from matters_map import spreadsheet
from matters_map.lines import Line
from matters_map.workbooks import exporting
from matters_map.workbooks.files import checked
from matters_map.workbooks.marking import marked
from tests.rules.list_workshop import workbook
from tests.rules.test_broken_lists import agreed


def long_list(rows: int) -> list[Line]:
    """A list of so many different lines."""
    found = []
    for seq, line in zip(range(1, rows + 1), agreed("zaoyang") * (rows // 28 + 1), strict=False):
        code = f"0020{seq:05d}001"
        own, theirs = line.local_implement_code[:19] + code, line.partner_implement_code[:19] + code
        named = replace(line, seq=seq, local_basic_code=code, local_implement_code=own)
        found.append(replace(named, partner_basic_code=code, partner_implement_code=theirs))
    return found


def test_five_thousand_lines_are_read_in_seconds_and_progress_is_told() -> None:
    content, told = exporting.to_csv(long_list(5000)), list[tuple[int, int]]()
    begun = time.monotonic()
    looked = checked(content, progress=lambda done, total: told.append((done, total)))
    assert time.monotonic() - begun < 30, "a second or two when nothing else runs"
    assert (looked.count, looked.findings, len(looked.rows)) == (5000, (), 5000)
    assert told == [(done, 5000) for done in range(100, 5001, 100)]


def test_more_than_that_is_refused() -> None:
    text = exporting.to_csv(long_list(1)) + b"1,x\r\n" * 5200
    assert [one.why for one in checked(text).findings] == ["超过 5000 行（含空行），请删去清单以外的内容"]


def changed_part(name: str, old: bytes, new: bytes) -> bytes:
    """A sample workbook with other bytes in one of its parts."""
    kept = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as source, zipfile.ZipFile(kept, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            target.writestr(part, content.replace(old, new) if part == name else content)
    return kept.getvalue()


def merged(reference: str) -> bytes:
    """A list with this range merged."""
    merges = f'</sheetData><mergeCells count="1"><mergeCell ref="{reference}"/></mergeCells>'
    return changed_part("xl/worksheets/sheet1.xml", b"</sheetData>", merges.encode())


def test_a_range_merged_over_the_whole_sheet_is_refused_before_it_is_unfolded() -> None:
    content = merged("A1:XFD1048576")
    looked = checked(content)
    assert [(one.code, one.severity) for one in looked.findings] == [("BAD_FILE", "error")]
    assert "合并" in looked.findings[0].why
    with pytest.raises(spreadsheet.BadWorkbook):
        marked(content, ())


@pytest.mark.parametrize("reference", ["A9:B1", "A0", "x", ""])
def test_a_range_that_is_none_is_a_broken_file(reference: str) -> None:
    assert [one.code for one in checked(merged(reference)).findings] == ["BAD_FILE"]


def test_a_title_merged_over_all_columns_is_cut_to_those_that_are_read() -> None:
    def change(sheet: Any) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "清单"
        sheet.merge_cells("A1:XFD1")

    assert [one.cell for one in checked(workbook(change)).findings] == ["A1:CV1"]


def test_more_sheets_than_anybody_needs_are_refused() -> None:
    def change(sheet: Any) -> None:
        for number in range(50):
            sheet.parent.create_sheet(f"表{number}")

    assert "工作表超过 50 张" in checked(workbook(change)).findings[0].why


def test_a_huge_text_is_cut_and_said_to_be_too_long() -> None:
    text = exporting.to_csv(long_list(1)).decode("utf-8-sig").replace("双向", "双" * 100_000)
    looked = checked(text.encode())
    assert [(one.cell, one.code) for one in looked.findings] == [("L2", "TEXT_TOO_LONG")]
    assert len(looked.findings[0].found) == spreadsheet.LONGEST_CELL
