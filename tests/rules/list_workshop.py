"""Lists made for a test: the first lines of a sample list, changed as a coordinator might have changed them."""

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl

from matters_map import sample_lists
from matters_map.workbooks.checking import NOTHING_KNOWN, Checked
from matters_map.workbooks.files import checked
from matters_map.workbooks.known import Known

Change = Callable[[Any], object]
ZAOYANG = sample_lists.FOLDER / "agreements_zaoyang.xlsx"
LINES = 6
SHEET = "通办事项清单"


def workbook(change: Change = lambda sheet: None, lines: int = LINES) -> bytes:
    """The header and the first lines of the list with 枣阳, with a change made to the sheet."""
    book = openpyxl.load_workbook(ZAOYANG)
    sheet = book.worksheets[0]
    sheet.delete_rows(lines + 2, 100)
    change(sheet)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def cells(**values: Any) -> Change:
    """Put values into cells."""

    def change(sheet: Any) -> None:
        for cell, value in values.items():
            sheet[cell] = value

    return change


def csv_text(change: Callable[[list[list[Any]]], object] = lambda rows: None, separator: str = ",") -> str:
    """The same lines as the text of a csv file; `change` gets the rows, header first."""
    sheet = openpyxl.load_workbook(ZAOYANG).worksheets[0]
    rows = [["" if cell.value is None else cell.value for cell in row] for row in sheet.iter_rows(max_row=LINES + 1)]
    change(rows)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def found(content: bytes, known: Known = NOTHING_KNOWN) -> list[tuple[Any, ...]]:
    """(cell, code, severity, found, expected) of every finding, all of them in the list's own sheet."""
    return told(checked(content, known))


def told(looked: Checked) -> list[tuple[Any, ...]]:
    """The findings in the words of the tests; another sheet's name stands before its cell."""
    return [
        (
            one.cell if one.sheet == looked.sheet else f"{one.sheet}!{one.cell}",
            one.code,
            one.severity,
            one.to_json()["found"],
            one.to_json()["expected"],
        )
        for one in looked.findings
    ]
