"""The second sheet of a workbook, 成员编码: which members each line covers, and their codes for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from matters_map.lines import Line, LineMember
from matters_map.regions import name_of
from matters_map.workbooks.finding import Finding, Said, finding
from matters_map.workbooks.grid import Grid, address, blank
from matters_map.workbooks.limits import whole
from matters_map.workbooks.repairs import unescaped

TITLE = "成员编码"
COLUMNS = ("序号", "本地基本编码", "地区代码", "地区名称", "对方基本编码", "对方实施编码")

Members = Mapping[int, Sequence[LineMember]]  # order number of the line -> its members


def rows_of(lines: Iterable[Line]) -> list[list[Any]]:
    """The sheet's rows for the lines whose members their own columns cannot tell."""
    return [
        [line.seq, line.local_basic_code, member.code, name_of(member.code), member.basic_code, member.implement_code]
        for line in lines
        if not told_by_columns(line)
        for member in line.members
    ]


def told_by_columns(line: Line) -> bool:
    """Is the one member the place that 对方实施编码 names?"""
    code = line.partner_implement_code
    return line.members == (LineMember(code[2:8], line.partner_basic_code, code),)


def read(grid: Grid) -> tuple[Members, tuple[Finding, ...]]:
    """The members by line, and what is wrong with the sheet."""
    found: dict[int, list[LineMember]] = {}
    wrong: list[Finding] = []
    for number, values in _rows(grid):
        seq, codes = whole(values[0]), [values[2], values[4], values[5]]
        if seq is None or not all(isinstance(code, str) and code.strip() for code in codes):
            why = "序号应为整数，地区代码和两个编码应为文本"
            wrong.append(finding(grid.sheet, address(number, 1), Said("MEMBERS_MISSING", why=why), values[0]))
        else:
            found.setdefault(seq, []).append(LineMember(*(unescaped(code.strip()) for code in codes)))
    return found, tuple(wrong)


def _rows(grid: Grid) -> Iterator[tuple[int, list[Any]]]:
    for number in range(2, len(grid.rows) + 1):
        values = [grid.cell(number, place).value for place in range(1, len(COLUMNS) + 1)]
        if not all(blank(value) for value in values):
            yield number, values
