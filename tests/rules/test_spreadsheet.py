"""Reading a list: what is in the sheet comes out unchanged, and a file that cannot be used says why."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from matters_map import sample_lists, spreadsheet
from matters_map.columns import COLUMNS
from matters_map.spreadsheet import BadWorkbook, read_list

ZAOYANG = sample_lists.FOLDER / "agreements_zaoyang.xlsx"
Change = Callable[[Any], object]


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Change], Path]:
    """The sample list with a change made to its sheet, as a new file."""

    def make(change: Change) -> Path:
        book = openpyxl.load_workbook(ZAOYANG)
        change(book.active)
        book.save(tmp_path / "list.xlsx")
        return tmp_path / "list.xlsx"

    return make


def refusal(file: Path) -> BadWorkbook:
    with pytest.raises(BadWorkbook) as caught:
        read_list(file)
    return caught.value


def put(cell: str, value: Any) -> Change:
    return lambda sheet: sheet.__setitem__(cell, value)


@pytest.mark.parametrize(("name", "rows"), [("zaoyang", 28), ("tongbai", 40), ("jingshan", 38), ("xssn_cluster", 71)])
def test_a_list_has_its_agreed_number_of_rows(name: str, rows: int) -> None:
    found = read_list(sample_lists.FOLDER / f"agreements_{name}.xlsx")
    assert [row["seq"] for row in found] == list(range(1, rows + 1))
    assert all(list(row) == [column.name for column in COLUMNS] for row in found)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_file_says_the_same_as_the_workbook(tmp_path: Path, encoding: str) -> None:
    rows = read_list(ZAOYANG)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.zh for column in COLUMNS])
    writer.writerows([[row[column.name] for column in COLUMNS] for row in rows])
    (tmp_path / "list.csv").write_bytes(text.getvalue().encode(encoding))
    assert read_list(tmp_path / "list.csv") == rows


def test_title_rows_blank_rows_other_columns_and_hidden_sheets_do_no_harm(changed: Callable[[Change], Path]) -> None:
    def change(sheet: Any) -> None:
        sheet.insert_rows(1, 3)
        sheet["A1"] = "随县与枣阳市跨域通办事项清单"
        sheet.append([])
        sheet["Z4"] = "内部备注"
        sheet["Z5"] = "=1+1"
        sheet.parent.create_sheet("隐藏", 0).sheet_state = "hidden"

    assert read_list(changed(change)) == read_list(ZAOYANG)


def test_a_column_for_guide_only_is_read_as_yes_or_no(changed: Callable[[Change], Path]) -> None:
    def change(sheet: Any) -> None:
        sheet["V1"], sheet["V2"], sheet["V3"] = "仅导办", "是", "否"

    assert [row["guide_only"] for row in read_list(changed(change))][:3] == [True, False, False]


@pytest.mark.parametrize(
    ("cell", "value", "says"),
    [
        ("G2", "=B2", "公式"),
        ("G2", 2014006001, "开头的 0"),
        ("G2", None, "未填写"),
        ("G3", "002014006001", "与第 2 行重复"),
        ("M2", "20个工作日", "不带单位的整数"),
        ("M2", 1.5, "不带单位的整数"),
        ("K2", "全程", "“全程网办”"),
        ("L2", "单向", "“双向”"),
        ("R2", "快递", "“邮寄”"),
        ("O2", "对", "“是”、“否”"),
        ("U2", "长" * 4001, "超过 4000 字"),
    ],
)
def test_a_bad_cell_is_named(changed: Callable[[Change], Path], cell: str, value: Any, says: str) -> None:
    found = refusal(changed(put(cell, value)))
    assert found.sheet == "通办事项清单"
    assert found.cell == (cell if cell != "G3" else "3:3")
    assert says in str(found)


def test_a_missing_column_is_named(changed: Callable[[Change], Path]) -> None:
    found = refusal(changed(lambda sheet: sheet.delete_cols(7, 2)))
    assert (found.sheet, found.cell) == ("通办事项清单", None)
    assert "缺少列：本地基本编码、本地实施编码" in found.message


def test_a_column_that_stands_twice_is_named(changed: Callable[[Change], Path]) -> None:
    assert "重复的列：备注" in refusal(changed(put("V1", "备注"))).message


def test_a_sheet_without_header_or_without_rows_says_so(changed: Callable[[Change], Path]) -> None:
    assert "没有找到表头" in refusal(changed(lambda sheet: sheet.delete_rows(1, 1))).message
    assert "没有任何事项" in refusal(changed(lambda sheet: sheet.delete_rows(2, 99))).message


def test_a_sheet_that_claims_to_be_huge_is_read_by_what_it_holds(changed: Callable[[Change], Path]) -> None:
    found = refusal(changed(put("A1048576", 1)))
    assert "超过 5000 行" in found.message


def archive(file: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return file


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archive(
        tmp_path / "a.xlsx", {"xl/workbook.xml": b"<x/>", "xl/a.xml": b"0" * (spreadsheet.BIGGEST_CONTENT + 1)}
    )
    assert "展开后过大" in refusal(bomb).message
    many = archive(
        tmp_path / "b.xlsx", {"xl/workbook.xml": b"<x/>"} | {f"xl/{number}.xml": b"" for number in range(500)}
    )
    assert "展开后过大" in refusal(many).message


def test_a_declaration_of_entities_is_refused(tmp_path: Path) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    assert "不允许的声明" in refusal(archive(tmp_path / "a.xlsx", {"xl/workbook.xml": evil})).message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "另存为 .xlsx"),
        (b"PK\x03\x04 broken", "已损坏"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "没有找到表头"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff", "不是 .xlsx 工作簿"),
        (b"\0\0\0\0", "不是 .xlsx 工作簿"),
        (b"", "没有找到表头"),
        ('序号,事项名称\n1,"未闭合'.encode(), "引号或分隔符有误"),
    ],
)
def test_another_kind_of_file_is_told_what_to_do(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "list.xlsx").write_bytes(content)
    assert says in refusal(tmp_path / "list.xlsx").message


def test_a_word_document_is_no_workbook(tmp_path: Path) -> None:
    assert "不是 Excel 工作簿" in refusal(archive(tmp_path / "list.xlsx", {"word/document.xml": b"<x/>"})).message


def test_a_workbook_with_a_broken_part_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(ZAOYANG) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        broken = archive(tmp_path / "list.xlsx", {**parts, name: parts[name][:100]})
        assert "已损坏" in refusal(broken).message


def test_a_file_that_is_too_big_or_missing_says_so(tmp_path: Path) -> None:
    assert "无法读取" in refusal(tmp_path / "none.xlsx").message
    assert "无法读取" in refusal(tmp_path).message
    (tmp_path / "big.xlsx").write_bytes(b"\0" * (spreadsheet.BIGGEST_FILE + 1))
    assert "超过 10 MB" in refusal(tmp_path / "big.xlsx").message
