"""What is wrong with one line of a draft: the columns' own rules and those of the import, so that an editor meets no others."""

from collections.abc import Iterator

from matters_map import joint, perspective, regions
from matters_map.columns import COLUMNS
from matters_map.lines import Line
from matters_map.workbooks.codes import ERROR
from matters_map.workbooks.finding import finding
from matters_map.workbooks.known import Known
from matters_map.workbooks.row_rules import RULES

LONGEST_CELL = 4000  # characters
TITLES = {column.name: column.zh for column in COLUMNS}


def problems(line: Line, home: str) -> list[tuple[str, str]]:
    """(column, what is wrong), in words; "" is the line as a whole."""
    return [*_cells(line), *_together(line), *_parties(line, home), *(("joint", text) for text in _joint(line))]


def _cells(line: Line) -> Iterator[tuple[str, str]]:
    said = line.to_json()
    for column in COLUMNS:
        problem, _ = column.read(said[column.name], LONGEST_CELL)
        if problem:
            yield column.name, f"“{column.zh}”{problem}"


def _together(line: Line) -> Iterator[tuple[str, str]]:
    known = Known(perspective.keeper(line))
    for rule in RULES:
        for column, said in rule(line.to_json(), known):
            one = finding(None, None, said)
            if one.severity == ERROR:
                yield column, f"“{TITLES.get(column, column)}”：{one.why}"


def _parties(line: Line, home: str) -> Iterator[tuple[str, str]]:
    codes, keeper = [member.code for member in line.members], perspective.keeper(line)
    if not codes:
        yield "", "没有写明由哪里办理"
    if len(set(codes)) != len(codes) or keeper in codes:
        yield "", "同一个地区列了两次"
    if home not in (keeper, *codes):
        yield "", "本县不在这一行里"
    for code in codes:
        if regions.name_of(code) is None:
            yield "", f"没有地区代码 {code}"


def _joint(line: Line) -> list[str]:
    return joint.problems(line.joint) if line.joint is not None else []
