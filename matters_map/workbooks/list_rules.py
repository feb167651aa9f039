"""Rules that look at the list as a whole: numbering, repeated rows, names that are written in two ways."""

from collections.abc import Callable, Sequence
from itertools import count

from matters_map.workbooks.finding import Said
from matters_map.workbooks.known import Known
from matters_map.workbooks.repairs import half_brackets
from matters_map.workbooks.rows import Row

_FULL = str.maketrans("()", "（）")


def numbered(rows: Sequence[Row], known: Known) -> None:
    """Order numbers are whole and differ; one that is not is replaced by the row's place in the list."""
    taken = {row.values.get("seq") for row in rows}
    seen: set[int] = set()
    for place, row in enumerate(rows, start=1):
        number = row.values.get("seq")
        if number is None or number in seen:
            free = place if place not in taken else next(one for one in count(1) if one not in taken)
            taken.add(free)
            _renumber(row, number, free)
        seen.add(row.values["seq"])


def _renumber(row: Row, number: int | None, free: int) -> None:
    if "seq" not in row.raw or any(name == "seq" for name, _ in row.said):
        row.values["seq"] = free
    elif number is None:
        row.mend("seq", free, Said("SEQ_NOT_INTEGER", free, f"序号“{row.raw['seq'] or ''}”不是整数"))
    else:
        row.mend("seq", free, Said("SEQ_DUPLICATE", free, f"序号{number}重复"))


def repeated(rows: Sequence[Row], known: Known) -> None:
    """A row that says the same as one before it, whatever its number, is out; so is one with the same code."""
    whole: dict[tuple[object, ...], Row] = {}
    coded: dict[str, Row] = {}
    for row in rows:
        values = tuple(repr(value) for name, value in sorted(row.values.items()) if name != "seq")
        code = row.values.get("local_basic_code")
        earlier = whole.setdefault(values, row)
        if earlier is not row:
            _same_row(row, earlier)
        elif code and (first := coded.setdefault(code, row)) is not row:
            column = "local_basic_code" if "local_basic_code" in row.raw else "local_implement_code"
            row.say(column, Said("DUPLICATE_CODE", why=f"“本地基本编码”与第 {first.number} 行重复"))


def _same_row(row: Row, earlier: Row) -> None:
    same_number = row.raw.get("seq") == earlier.raw.get("seq")
    how = "整行完全重复" if same_number else "仅序号不同"
    row.say("seq", Said("DUPLICATE_ROW", f"A{earlier.number}", f"与第 {earlier.number} 行{how}"))


def brackets(rows: Sequence[Row], known: Known) -> None:
    """Names have the brackets of the former list, or else those that most names of this list have."""
    for column in ("matter_name", "sub_item"):
        names = [row.values.get(column) or "" for row in rows]
        full, half = sum("（" in name for name in names), sum("(" in name for name in names)
        for row in rows:
            name = row.values.get(column) or ""
            wanted = _former_name(name, column, row, known) or _as_most(name, full, half)
            if wanted != name:
                row.mend(column, wanted, Said("NAME_BRACKET_WIDTH", wanted))


def _former_name(name: str, column: str, row: Row, known: Known) -> str | None:
    former = (known.former_of(row.values) or {}).get(column) or ""
    return former if former and half_brackets(former) == half_brackets(name) else None


def _as_most(name: str, full: int, half: int) -> str:
    """Each name with brackets counts once for each width that it has; with as many of both, half width it is."""
    if not full or not half:
        return name
    return name.translate(_FULL) if full > half else half_brackets(name)


RULES: tuple[Callable[[Sequence[Row], Known], None], ...] = (brackets, repeated, numbered)


def row_count(rows: Sequence[Row], known: Known) -> Said | None:
    """Has the list as many rows as agreed?"""
    if known.agreed_rows is None or len(rows) == known.agreed_rows:
        return None
    why = f"协议约定{known.agreed_rows}项，表中{len(rows)}项"
    again = sum(said.code == "DUPLICATE_ROW" for row in rows for _, said in row.said)
    gone = known.gone([row.values for row in rows])
    why += f"，去重后{len(rows) - again}项" if again else ""
    why += f"，缺“{'”“'.join(line['matter_name'] for line in gone[:10])}”" if gone else ""
    return Said("ROW_COUNT", known.agreed_rows, why)
