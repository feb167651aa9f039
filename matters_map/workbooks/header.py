"""The header of a sheet: in which row or two rows it stands, and which column is which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matters_map.columns import COLUMNS
from matters_map.workbooks import titles
from matters_map.workbooks.codes import ERROR, WARNING
from matters_map.workbooks.finding import Finding, Said, finding
from matters_map.workbooks.grid import Grid, Range, address, blank, filled_places, letters

HEADER_WITHIN = 15  # rows in which it is looked for
ENOUGH = len(COLUMNS) // 2  # titles that make a row a header
# A column that may be missing because others tell it: column -> the one that it is told by, and how.
DERIVED = {
    "seq": (None, "按行的次序编号"),
    "local_basic_code": ("local_implement_code", "由实施编码末12位推出"),
    "partner_basic_code": ("partner_implement_code", "由实施编码末12位推出"),
    "instant": ("promised_days", "由承诺时限是否为 0 推出"),
}
Title = tuple[str, str | None]  # (upper, lower): lower is None where the header has one layer


@dataclass(frozen=True)
class Header:
    """`places`: column of the sheet -> name of the column; rows below `bottom` are the list."""

    top: int
    bottom: int
    places: dict[int, str]
    titles: dict[int, Title]

    @property
    def columns(self) -> dict[str, int]:
        """Name of the column -> the first column of the sheet that has it."""
        return {name: place for place, name in reversed(self.places.items())}


def find(grid: Grid) -> Header | None:
    """The first row, or pair of rows, that names enough columns."""
    for row in range(1, min(HEADER_WITHIN, len(grid.rows)) + 1):
        single = _header(grid, row, {place: (title, None) for place, title in _titles(grid, row).items()}, row)
        double = _header(grid, row, dict(_two_layers(grid, row)), row + 1) if _is_upper(grid, row) else single
        best = max(single, double, key=lambda one: len(one.places))
        if len(best.places) >= ENOUGH:
            return best
    return None


def _titles(grid: Grid, row: int) -> dict[int, str]:
    cells = grid.rows[row - 1]
    return {place: str(cells[place - 1].value) for place in filled_places(cells)}


def _is_upper(grid: Grid, row: int) -> bool:
    """Has the row below only a few words, under titles that stand above several columns?"""
    lower = _titles(grid, row + 1) if row < len(grid.rows) else {}
    upper = _titles(grid, row)
    return bool(lower) and len(lower) < len(upper) and min(upper, default=0) not in lower


def _two_layers(grid: Grid, row: int) -> Iterator[tuple[int, Title]]:
    upper, lower, group = _titles(grid, row), _titles(grid, row + 1), ""
    for place in sorted({*upper, *lower}):
        group = upper.get(place, group)
        yield place, (group, lower.get(place))


def _header(grid: Grid, row: int, named: dict[int, Title], bottom: int) -> Header:
    places = {place: name for place, (upper, lower) in named.items() if (name := _column(upper, lower))}
    places |= _local_and_partner(grid, bottom, {place: title for place, title in named.items() if place not in places})
    return Header(row, bottom, dict(sorted(places.items())), named)


def _column(upper: str, lower: str | None) -> str | None:
    if lower is None:
        return titles.column_of(upper)
    return titles.column_of(f"{upper}/{lower}") or titles.column_of(lower)


def _groups(named: dict[int, Title]) -> Iterator[list[int]]:
    """Runs of columns under one upper title."""
    run: list[int] = []
    for place, (upper, lower) in named.items():
        if run and (lower is None or named[run[-1]][0] != upper or place != run[-1] + 1):
            yield run
            run = []
        if lower is not None:
            run.append(place)
    if run:
        yield run


def _local_and_partner(grid: Grid, bottom: int, named: dict[int, Title]) -> dict[int, str]:
    """实施编码/随县 beside 实施编码/枣阳, or 随县/实施编码: the place that the departments are named after is local."""
    coded = {place: side for place, (upper, lower) in named.items() if lower and (side := _side(upper, lower))}
    names = {name for name, _ in coded.values()}
    if len(names) != 2:
        return {}
    local = max(sorted(names), key=lambda name: _named_after(grid, bottom, name))
    return {place: f"{'local' if name == local else 'partner'}_{kind}" for place, (name, kind) in coded.items()}


def _side(upper: str, lower: str) -> tuple[str, str] | None:
    """(whose, which code) of a title in two layers, in whichever order they stand."""
    for kind, whose in ((upper, lower), (lower, upper)):
        if code := titles.CODE_GROUPS.get(titles.folded(kind)):
            return whose.strip(), code
    return None


def _named_after(grid: Grid, bottom: int, place_name: str) -> int:
    texts = (cell.value for cells in grid.rows[bottom:] for cell in cells if isinstance(cell.value, str))
    return sum(text.startswith(place_name) and text.endswith(("局", "会", "中心", "馆", "厅", "委")) for text in texts)


def findings(grid: Grid, header: Header) -> Iterator[Finding]:
    """What is to be said of the header: synonyms, layers, order, hidden, unknown, missing and doubled columns."""
    for rule in (_merged, _aliases, _order, _hidden, _unknown, _doubled, _missing):
        yield from rule(grid, header)


def _merged(grid: Grid, header: Header) -> Iterator[Finding]:
    for group in _groups(header.titles):
        area = grid.merged_at(header.top, group[0]) or Range(header.top, group[0], header.top, group[-1])
        layers = "、".join("/".join(map(str, header.titles[place])) for place in group)
        yield finding(grid.sheet, area.text, Said("MERGED_HEADER", why=f"双层表头，读作“{layers}”"))


def _aliases(grid: Grid, header: Header) -> Iterator[Finding]:
    for place, name in header.places.items():
        upper, lower = header.titles[place]
        if lower is None and not titles.exact(upper, name):
            said = _alias(upper, titles.BY_NAME[name].zh)
            yield finding(grid.sheet, address(header.top, place), said, upper)


def _alias(title: str, zh: str) -> Said:
    misleading = titles.MISLEADING.get(titles.folded(title))
    if misleading:
        return Said("HEADER_ALIAS", zh, misleading[1], WARNING)
    return Said("HEADER_ALIAS", zh, f"列名“{title}”按“{zh}”读取")


def _order(grid: Grid, header: Header) -> Iterator[Finding]:
    wanted = {column.name: position for position, column in enumerate(titles.BY_NAME.values())}
    positions = [wanted[name] for name in header.places.values()]
    if any(after < before for before, after in pairwise(positions)):
        area = Range(header.top, min(header.titles), header.top, max(header.titles))
        yield finding(grid.sheet, area.text, Said("COLUMN_ORDER"))


def _hidden(grid: Grid, header: Header) -> Iterator[Finding]:
    for place in sorted(grid.hidden_columns & set(header.places)):
        zh = titles.BY_NAME[header.places[place]].zh
        yield finding(grid.sheet, letters(place), Said("HIDDEN_COLUMN", why=f"“{zh}”列被隐藏，仍会导入"))


def _unknown(grid: Grid, header: Header) -> Iterator[Finding]:
    wide = max((len(cells) for cells in grid.rows), default=0)
    for place in sorted(set(range(1, wide + 1)) - set(header.places)):
        upper, lower = header.titles.get(place, (None, None))
        below = any(not blank(grid.cell(row, place).value) for row in range(header.bottom + 1, len(grid.rows) + 1))
        if upper or below:
            row = header.bottom if lower else header.top
            yield finding(grid.sheet, address(row, place), Said("UNKNOWN_COLUMN"), lower or upper)


def _doubled(grid: Grid, header: Header) -> Iterator[Finding]:
    first = header.columns
    for place, name in header.places.items():
        if first[name] != place:
            why = f"“{titles.BY_NAME[name].zh}”列在 {letters(first[name])} 列已经有了"
            yield finding(
                grid.sheet, address(header.top, place), Said("DUPLICATE_COLUMN", why=why), header.titles[place][0]
            )


def _missing(grid: Grid, header: Header) -> Iterator[Finding]:
    absent = [column.name for column in COLUMNS if column.required and column.name not in header.columns]
    derived = [name for name in absent if derivable(name, header)]
    if derived:
        how = "；".join(dict.fromkeys(DERIVED[name][1] for name in derived))
        yield finding(grid.sheet, None, Said("MISSING_COLUMN", why=f"缺“{_zh(derived)}”列，可{how}"))
    if lost := [name for name in absent if name not in derived]:
        yield finding(grid.sheet, None, Said("MISSING_COLUMN", why=f"缺“{_zh(lost)}”列", severity=ERROR))


def derivable(name: str, header: Header) -> bool:
    """Can a missing column be told by another one?"""
    source = DERIVED.get(name)
    return source is not None and (source[0] is None or source[0] in header.columns)


def _zh(names: Sequence[str]) -> str:
    return "、".join(titles.BY_NAME[name].zh for name in names)
