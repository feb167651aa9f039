"""The workbook that goes back to the coordinator: coloured cells, comments and a sheet with every finding."""

import io
from typing import Any

import openpyxl
import pytest

from matters_map.workbooks.files import checked
from matters_map.workbooks.marking import COLOURS, HEADER, marked
from tests.rules.list_workshop import cells, csv_text, workbook
from tests.rules.test_broken_lists import AGREEMENTS, FOLDER


def marked_book(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(marked(content, checked(content).findings)))


def colour(cell: Any) -> str:
    return str(cell.fill.fgColor.rgb)[-6:]


@pytest.mark.parametrize("file", AGREEMENTS)
def test_every_finding_stands_in_the_report_and_at_its_cell(file: str) -> None:
    content = (FOLDER / file).read_bytes()
    findings, book = checked(content).findings, marked_book(content)
    report = list(book["检查结果"].iter_rows(values_only=True))
    assert report[0] == HEADER
    assert [(row[1], row[2], row[3]) for row in report[1:]] == [(one.sheet, one.cell, one.code) for one in findings]
    for one in findings:
        if one.cell and one.cell[-1].isdigit():
            cell = book[one.sheet or ""][one.cell.split(":")[0]]
            assert colour(cell) == COLOURS[one.severity], one.cell
            assert one.code in cell.comment.text


def test_a_group_of_cells_is_coloured_where_the_value_stands() -> None:
    sheet = marked_book((FOLDER / "05_枣阳_日期序列号与列错位.xlsx").read_bytes())["清单"]
    assert {row for row in range(2, 29) if colour(sheet.cell(row, 21)) == COLOURS["warning"]} == {
        *(2, 3, 4, 8, 9),
        *range(11, 29),
    }
    assert colour(sheet["U10"]) == "000000"


def test_a_hidden_column_is_marked_at_its_head() -> None:
    sheet = marked_book((FOLDER / "01_枣阳_标题行与合并表头.xlsx").read_bytes())["Sheet1"]
    assert "HIDDEN_COLUMN" in sheet["R3"].comment.text
    assert sheet.column_dimensions["R"].hidden


def test_no_formula_is_left_in_a_marked_workbook() -> None:
    def change(sheet: Any) -> None:
        cells(U2='=HYPERLINK("http://x.invalid")', Z9="=1+1", B3="@x", C3="-1", T4="\tx", A99="'=x")(sheet)
        sheet["B2"].hyperlink = "http://x.invalid"
        sheet.parent.defined_names["evil"] = openpyxl.workbook.defined_name.DefinedName("evil", attr_text="1+1")

    book = marked_book(workbook(change))
    every = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in every}
    assert not [cell.value for cell in every if str(cell.value or "")[:1] in tuple("=+-@\t")]
    assert book.worksheets[0]["U2"].value == '\'=HYPERLINK("http://x.invalid")'
    assert not [cell for cell in every if cell.hyperlink]
    assert not book.defined_names


def test_a_csv_file_is_marked_as_a_workbook() -> None:
    def change(rows: list[list[Any]]) -> None:
        rows[1][12], rows[2][20] = "60个工作日", "=1+1"

    book = marked_book(csv_text(change).encode("gb18030"))
    assert book.sheetnames == ["CSV", "检查结果"]
    assert colour(book["CSV"]["M2"]) == COLOURS["warning"]
    assert (colour(book["CSV"]["U3"]), book["CSV"]["U3"].data_type) == (COLOURS["error"], "s")


def test_a_marked_workbook_can_be_checked_again() -> None:
    content = workbook(cells(N3="即时办结", K6="随便"))
    findings = checked(content).findings
    again = checked(marked(content, findings))
    assert again.findings == findings
    assert marked_book(marked(content, findings)).sheetnames == ["通办事项清单", "检查结果"]
