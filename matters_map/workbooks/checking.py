"""Looking a list over before it is imported: every finding, and the rows as they would be imported."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matters_map.lines import LineMember
from matters_map.workbooks import header as headers
from matters_map.workbooks import layout, list_rules, member_sheet, rows, suggestions, surroundings
from matters_map.workbooks.codes import ERROR, WARNING
from matters_map.workbooks.finding import Finding, Said, finding, rank
from matters_map.workbooks.grid import Grid, address, filled_places, place_of
from matters_map.workbooks.header import Header
from matters_map.workbooks.known import Known
from matters_map.workbooks.row_rules import RULES, usual_region
from matters_map.workbooks.rows import Row
from matters_map.workbooks.sheets import REPORT

Progress = Callable[[int, int], object]  # (rows looked at, rows in all)
PROGRESS_EVERY = 100  # rows
NOTHING_KNOWN = Known()
_OURS = (member_sheet.TITLE, REPORT)  # sheets that are no list and need no word


@dataclass(frozen=True)
class Checked:
    """`rows`: those without an error, as `loading.lines` takes them, every repair made; `count`: rows in the sheet."""

    sheet: str | None
    count: int
    findings: tuple[Finding, ...]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def errors(self) -> int:
        """How many findings keep the list from being imported."""
        return sum(one.severity == ERROR for one in self.findings)


def check(grids: Sequence[Grid], known: Known = NOTHING_KNOWN, progress: Progress | None = None) -> Checked:
    """Look over the first visible sheet with a header; `progress` is called now and then while rows are read."""
    found = {grid.sheet: headers.find(grid) for grid in grids if grid.sheet not in _OURS}
    grid = next((one for one in grids if one.visible and found.get(one.sheet)), None)
    others = tuple(_others(grids, grid, found))
    header = found[grid.sheet] if grid else None
    if grid is None or header is None:
        first = grids[0].sheet if grids else None
        why = f"没有找到表头：前 {headers.HEADER_WITHIN} 行应有一行写明“事项名称”“本地基本编码”等列名"
        return Checked(first, 0, (finding(first, None, Said("NO_HEADER", why=why)), *others), ())
    return _checked(grid, header, grids, others, known, progress)


def unreadable(sheet: str | None, cell: str | None, message: str) -> Checked:
    """What is said of a file that could not be read at all."""
    return Checked(sheet, 0, (finding(sheet, cell, Said("BAD_FILE", why=message)),), ())


def _checked(
    grid: Grid,
    header: Header,
    grids: Sequence[Grid],
    others: tuple[Finding, ...],
    known: Known,
    progress: Progress | None,
) -> Checked:
    about_header = tuple(headers.findings(grid, header))
    laid_out = layout.laid_out(grid, header)
    matters = _read(grid, header, laid_out.matters, progress)
    about_members = _with_members(matters, grids)
    _judge(matters, known)
    about_rows = [*_of_rows(grid, header, matters), *_of_list(grid, matters, known)]
    findings = (*about_header, *laid_out.findings, *about_members, *about_rows)
    usable = not any(one.severity == ERROR for one in (*about_header, *about_members))
    kept = tuple(row.values for row in matters if not row.blocked) if usable else ()
    return Checked(grid.sheet, len(matters), (*_in_order(_grouped(_gravest(findings))), *others), kept)


def _others(grids: Sequence[Grid], chosen: Grid | None, found: Mapping[str, Header | None]) -> Iterator[Finding]:
    for grid in grids:
        if grid is chosen or grid.sheet in _OURS or not any(map(filled_places, grid.rows)):
            continue
        if not grid.visible and found[grid.sheet]:
            yield finding(grid.sheet, None, Said("HIDDEN_SHEET"))
        elif grid.visible and chosen:
            is_list = found[grid.sheet] is not None
            why = "另一张工作表里也有清单，没有导入" if is_list else "工作表不是清单，没有导入"
            yield finding(grid.sheet, None, Said("OTHER_SHEET", why=why, severity=WARNING if is_list else None))


def _read(grid: Grid, header: Header, numbers: Sequence[int], progress: Progress | None) -> list[Row]:
    place = header.columns.get("materials", 0)
    around = surroundings.of_materials((grid.cell(row, place).value for row in numbers), grid.date1904)
    read = []
    for done, number in enumerate(numbers, start=1):
        read.append(rows.read(grid, header, number, around))
        if progress and (done % PROGRESS_EVERY == 0 or done == len(numbers)):
            progress(done, len(numbers))
    return read


def _with_members(matters: Sequence[Row], grids: Sequence[Grid]) -> tuple[Finding, ...]:
    """Members from the sheet 成员编码, or from the column of that name, as values of the rows."""
    sheet = next((grid for grid in grids if grid.sheet == member_sheet.TITLE), None)
    members, wrong = member_sheet.read(sheet) if sheet else ({}, ())
    for row in matters:
        own = row.values.pop("members", None)
        covered = tuple(LineMember(**one) for one in own) if own else members.get(row.values.get("seq", 0))
        if covered:
            row.values["members"] = tuple(covered)
    known = {row.values.get("seq") for row in matters}
    lost = "、".join(str(seq) for seq in members if seq not in known)
    why = f"“{member_sheet.TITLE}”里的序号 {lost} 不在清单中"
    return (*wrong, finding(member_sheet.TITLE, None, Said("MEMBERS_MISSING", why=why))) if lost else wrong


def _judge(matters: Sequence[Row], known: Known) -> None:
    here = replace(known, home=known.home or usual_region([row.values for row in matters]))
    for row in matters:
        for rule in RULES:
            row.said += rule(row.values, here)
    for over_all in list_rules.RULES:
        over_all(matters, known)
    suggestions.suggest(matters, known)


def _of_rows(grid: Grid, header: Header, matters: Sequence[Row]) -> Iterator[Finding]:
    for row in matters:
        for column, said in row.said:
            place = header.columns.get(column) or min(header.places)
            where = address(*grid.anchor(row.number, place))
            yield finding(grid.sheet, where, said, row.raw.get(column))


def _of_list(grid: Grid, matters: Sequence[Row], known: Known) -> Iterator[Finding]:
    if not matters:
        yield finding(grid.sheet, None, Said("NO_ROWS"))
    elif said := list_rules.row_count(matters, known):
        yield finding(grid.sheet, None, said, len(matters))


def _gravest(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for a cell, the gravest and among equals the first; the sheet as a whole may have several."""
    best: dict[object, Finding] = {}
    for position, one in enumerate(findings):
        key = (one.sheet, one.cell) if one.cell else position
        if key not in best or rank(one.severity) < rank(best[key].severity):
            best[key] = one
    return list(best.values())


def _grouped(findings: Sequence[Finding]) -> list[Finding]:
    """Day numbers that stand down a column are one finding, from the first to the last of them."""
    serials: dict[object, list[Finding]] = {}
    for one in findings:
        if one.code == "DATE_SERIAL":
            serials.setdefault((one.sheet, place_of(one.cell or "")[1], one.found), []).append(one)
    groups = [_as_one(group) for group in serials.values()]
    return [*(one for one in findings if one.code != "DATE_SERIAL"), *groups]


def _as_one(group: Sequence[Finding]) -> Finding:
    first, last = group[0], group[-1]
    cell = first.cell if first is last else f"{first.cell}:{last.cell}"
    why = f"{first.why}：{first.found} 即 {first.expected}，共 {len(group)} 处"
    return Finding(first.sheet, cell, first.code, first.severity, first.found, first.expected, why)


def _in_order(findings: Sequence[Finding]) -> list[Finding]:
    """The sheet as a whole first, then from top to bottom."""
    return sorted(findings, key=lambda one: tuple(part or 0 for part in place_of(one.cell or "")))
