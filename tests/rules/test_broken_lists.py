"""Four lists as a coordinator might really send them: exactly the findings that are expected, and no other."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from matters_map import sample_lists
from matters_map.lines import Line
from matters_map.spreadsheet import read_list
from matters_map.workbooks.checking import NOTHING_KNOWN
from matters_map.workbooks.files import checked
from matters_map.workbooks.finding import Finding
from matters_map.workbooks.known import Known

FOLDER = Path(__file__).parents[1] / "data" / "broken_lists"
EXPECTED: list[dict[str, Any]] = json.loads((FOLDER / "expected_findings.json").read_text(encoding="utf-8"))["findings"]
AGREEMENTS = {
    "01_枣阳_标题行与合并表头.xlsx": "zaoyang",
    "02_桐柏_重复行与全角字符.xlsx": "tongbai",
    "03_京山_缺编码与时限文字.xlsx": "jingshan",
    "05_枣阳_日期序列号与列错位.xlsx": "zaoyang",
}
FORMS = sample_lists.forms()


def agreed(agreement: str) -> list[Line]:
    """The list in force of a sample agreement."""
    sample = next(one for one in sample_lists.AGREEMENTS if one.id == agreement)
    return sample_lists.lines(sample, FORMS)


def knowing(agreement: str) -> Known:
    """What an agreement brings: home, members, the former list and its number of rows."""
    sample = next(one for one in sample_lists.AGREEMENTS if one.id == agreement)
    return Known.of(sample_lists.HOME, sample.members, [line.to_json() for line in agreed(agreement)])


def looked_over(file: str, known: Known) -> tuple[Finding, ...]:
    return checked((FOLDER / file).read_bytes(), known).findings


def keys(findings: tuple[Finding, ...]) -> list[tuple[str | None, ...]]:
    return sorted(((one.sheet, one.cell, one.code, one.severity) for one in findings), key=repr)


def expected_keys(file: str) -> list[tuple[str | None, ...]]:
    ours = [one for one in EXPECTED if one["file"] == file]
    return sorted(((one["sheet"], one["cell"], one["code"], one["severity"]) for one in ours), key=repr)


@pytest.mark.parametrize("file", AGREEMENTS)
def test_with_the_agreement_the_expected_findings_are_met_and_there_is_no_other(file: str) -> None:
    assert keys(looked_over(file, knowing(AGREEMENTS[file]))) == expected_keys(file)


@pytest.mark.parametrize("file", AGREEMENTS)
def test_what_was_found_and_what_is_expected_agree_too(file: str) -> None:
    found = {(one.cell, one.code): one.to_json() for one in looked_over(file, knowing(AGREEMENTS[file]))}
    for one in (one for one in EXPECTED if one["file"] == file):
        ours = found[one["cell"], one["code"]]
        assert {name: ours[name] for name in ("found", "expected") if name in one} == {
            name: one[name] for name in ("found", "expected") if name in one
        }, one["cell"]


@pytest.mark.parametrize("file", AGREEMENTS)
def test_without_the_agreement_only_the_number_of_rows_is_not_known(file: str) -> None:
    alone = keys(looked_over(file, NOTHING_KNOWN))
    assert alone == [key for key in expected_keys(file) if key[2] != "ROW_COUNT"]


def test_these_expected_values_need_the_former_list() -> None:
    """What a code should be the file itself tells, from its other rows."""
    file = "03_京山_缺编码与时限文字.xlsx"
    alone = {one.cell: one.expected for one in looked_over(file, NOTHING_KNOWN)}
    told = {one.cell: one.expected for one in looked_over(file, knowing("jingshan"))}
    assert {cell for cell in told if alone[cell] != told[cell]} == {"N18", "P19", "U20"}
    assert {alone[cell] for cell in ("N18", "P19", "U20")} == {"人工确认"}


def test_the_missing_line_is_named() -> None:
    findings = looked_over("05_枣阳_日期序列号与列错位.xlsx", knowing("zaoyang"))
    assert [one.why for one in findings if one.code == "ROW_COUNT"] == [
        "协议约定28项，表中27项，缺“法律援助异地申请协作”"
    ]


@pytest.mark.parametrize(
    ("file", "rows", "kept"),
    [
        ("01_枣阳_标题行与合并表头.xlsx", 28, 28),
        ("02_桐柏_重复行与全角字符.xlsx", 42, 40),
        ("03_京山_缺编码与时限文字.xlsx", 38, 24),
        ("05_枣阳_日期序列号与列错位.xlsx", 27, 23),
    ],
)
def test_a_row_with_an_error_is_left_out_and_no_other(file: str, rows: int, kept: int) -> None:
    found = checked((FOLDER / file).read_bytes())
    assert (found.count, len(found.rows)) == (rows, kept)


@pytest.mark.parametrize(
    ("file", "agreement", "but"),
    [
        ("01_枣阳_标题行与合并表头.xlsx", "zaoyang", {"seq"}),
        ("02_桐柏_重复行与全角字符.xlsx", "tongbai", set()),
    ],
)
def test_the_repaired_rows_are_the_lines_that_were_agreed(file: str, agreement: str, but: set[str]) -> None:
    lines = {line.local_basic_code: line.to_json() for line in agreed(agreement)}
    rows = checked((FOLDER / file).read_bytes()).rows
    assert len(rows) == len(lines)
    for row in rows:
        line = lines[row["local_basic_code"]]
        assert {name: value for name, value in row.items() if name not in but} == {
            name: line[name] for name in row if name not in but
        }


@pytest.mark.parametrize("agreement", ["zaoyang", "tongbai", "jingshan", "xssn_cluster"])
def test_a_perfect_list_has_no_finding_as_a_workbook_or_as_csv(agreement: str) -> None:
    workbook = sample_lists.FOLDER / f"agreements_{agreement}.xlsx"
    rows = read_list(workbook)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(rows[0]), *(row.values() for row in rows)])
    for content in (workbook.read_bytes(), text.getvalue().encode("utf-8-sig"), text.getvalue().encode("gb18030")):
        found = checked(content, knowing(agreement))
        assert found.findings == checked(content).findings == ()
        assert list(found.rows) == rows
