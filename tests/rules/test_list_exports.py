"""A list that was written out and read again is the same list; nothing that is written can start a formula."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matters_map import loading, sample_lists
from matters_map.lines import Line
from matters_map.workbooks import exporting
from matters_map.workbooks.choices import TYPES
from matters_map.workbooks.files import checked
from tests.rules.list_workshop import workbook
from tests.rules.test_broken_lists import AGREEMENTS, FOLDER, FORMS, agreed
from tests.rules.test_own_broken_lists import CASES

WRITERS: dict[str, Callable[[Sequence[Line]], bytes]] = {
    "xlsx": exporting.to_xlsx,
    "csv": exporting.to_csv,
    "json": exporting.to_json,
}
SAMPLES = {one.id: agreed(one.id) for one in sample_lists.AGREEMENTS}
NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="()（）"), min_size=1, max_size=20
).filter(lambda text: text[0] not in "=+-@＝＋－＠/\\—'" and text not in ("无", "空"))
TEXTS = (
    st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" \n"), min_size=2, max_size=40)
    .map(str.strip)
    .filter(lambda text: len(text) > 1 and text not in ("——", "待定", "待补", "待填", "暂缺", "暂无", "没有"))
)
DANGEROUS = st.sampled_from(
    ["=1+1", "+86", "-2", "@SUM(A1)", "'=1", "''=1", '=HYPERLINK("x")', "'普通", '"引号"', "a,b;c"]
)
DAYS = st.integers(0, 60)


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Lines of all the sample lists in any order, with words that somebody made up."""
    every = {line.local_basic_code: line for sample in SAMPLES.values() for line in sample}
    codes = draw(st.lists(st.sampled_from(sorted(every)), min_size=1, max_size=5, unique=True))
    numbers = draw(st.permutations(range(1, len(codes) + 1)))
    return [changed(draw, every[code], seq) for code, seq in zip(codes, numbers, strict=True)]


def changed(draw: st.DrawFn, line: Line, seq: int) -> Line:
    promised, more, words = draw(DAYS), draw(DAYS), TEXTS | DANGEROUS
    return replace(
        line,
        seq=seq,
        matter_name=draw(NAMES),
        sub_item=draw(st.none() | NAMES),
        matter_type=draw(st.sampled_from(TYPES)),
        department=draw(words),
        promised_days=promised,
        statutory_days=promised + more,
        instant="否" if promised else "是",
        fee=draw(words),
        contact_window=draw(words),
        remarks=draw(st.none() | words),
        guide_only=draw(st.booleans()),
        form=draw(st.sampled_from(sorted(form.id for form in FORMS))),
        duties=draw(st.none() | st.just(line.duties) | st.just({"identity": "origin"})),
    )


def read_again(content: bytes) -> list[Line]:
    """The lines as they would be imported; there is nothing to say of them."""
    looked = checked(content)
    assert looked.findings == ()
    return loading.lines(looked.rows, sample_lists.HOME, FORMS)


@pytest.mark.parametrize("written_as", WRITERS)
@pytest.mark.parametrize("agreement", SAMPLES)
def test_a_sample_list_is_the_same_after_a_journey(agreement: str, written_as: str) -> None:
    assert read_again(WRITERS[written_as](SAMPLES[agreement])) == SAMPLES[agreement]


@pytest.mark.parametrize("written_as", WRITERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=lines())
@example(made=[replace(SAMPLES["zaoyang"][0], remarks="=1+1", fee="'=1+1", contact_window="@x")])
def test_any_list_is_the_same_after_a_journey(written_as: str, made: list[Line]) -> None:
    assert read_again(WRITERS[written_as](made)) == made


@pytest.mark.parametrize("written_as", WRITERS)
@pytest.mark.parametrize("case", [*AGREEMENTS, *CASES])
def test_a_repaired_list_needs_no_second_repair(case: str, written_as: str) -> None:
    """What a broken list leaves to be imported is the same list, without a word, when it was written out."""
    content = (FOLDER / case).read_bytes() if case in AGREEMENTS else workbook(CASES[case][0])
    if rows := checked(content).rows:
        made = loading.lines(rows, sample_lists.HOME, FORMS)
        assert read_again(WRITERS[written_as](made)) == made


def every_cell(content: bytes) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]


EVIL = [
    replace(SAMPLES["zaoyang"][0], remarks=start + "cmd|' /C calc'!A0", fee=start + "1", department=start + "x")
    for start in ("=", "+", "-", "@", "\t=", "＝", "＠")
]


def test_no_cell_of_an_export_can_start_a_formula() -> None:
    for line in EVIL:
        cells = every_cell(exporting.to_xlsx([line]))
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert not [cell.value for cell in cells if str(cell.value or "")[:1] in tuple("=+-@\t\r＝＋－＠")]
        rows = csv.reader(io.StringIO(exporting.to_csv([line]).decode("utf-8-sig"), newline=""))
        assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r＝＋－＠")]


def test_a_workbook_is_made_to_be_worked_with() -> None:
    book = openpyxl.load_workbook(io.BytesIO(exporting.to_xlsx(SAMPLES["xssn_cluster"])))
    assert book.sheetnames == ["通办事项清单", "成员编码"]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet["G2"].number_format == "@"
    assert sheet.column_dimensions["B"].width == 36
    offered = {str(one.sqref).split("2:")[0]: one.formula1 for one in sheet.data_validations.dataValidation}
    assert {column: offered[column] for column in "EKLO"} == {
        "E": '"自然人,法人,其他组织"',
        "K": '"全程网办,异地代收代办,多地联办"',
        "L": '"双向,仅本地收件,仅对方收件"',
        "O": '"是,否"',
    }
    assert set(offered) == {"D", "E", "K", "L", "O", "R", "V"}
    assert book.worksheets[1].max_row == 1 + 4 * 71


def test_json_holds_each_line_as_it_is_signed() -> None:
    told = json.loads(exporting.to_json(SAMPLES["zaoyang"], agreement="zaoyang", version=1))
    assert (told["agreement"], told["version"]) == ("zaoyang", 1)
    assert told["lines"] == [line.to_json() for line in SAMPLES["zaoyang"]]


@pytest.mark.parametrize(
    ("column", "value"), [("joint", "{"), ("joint", '{"parts": 1}'), ("duties", '{"x": "y"}'), ("members", "[]")]
)
def test_a_json_cell_that_was_spoilt_is_an_error(column: str, value: str) -> None:
    titles = {"joint": "联办约定", "duties": "办理分工", "members": "成员编码"}
    rows = exporting.table(SAMPLES["zaoyang"][:1])
    rows[0].append(titles[column])
    rows[1].append(value)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    findings = checked(text.getvalue().encode()).findings
    assert [(one.cell, one.code, one.severity) for one in findings] == [("X2", "BAD_JSON", "error")]


def test_a_form_that_there_is_not_is_refused_by_name() -> None:
    rows = checked(exporting.to_csv([replace(SAMPLES["zaoyang"][0], form="nope")])).rows
    with pytest.raises(loading.CannotLoad, match="nope"):
        loading.lines(rows, sample_lists.HOME, FORMS)
