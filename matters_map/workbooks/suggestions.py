"""What a missing or broken value most likely should be: from the former list, or from the other rows of the file.

A suggestion is shown with its error and never imported by itself.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said
from matters_map.workbooks.known import Known
from matters_map.workbooks.rows import Row

_FROM_OTHERS = frozenset({"CODE_MISSING", "CODE_LENGTH", "CODE_CHARSET", "CODE_CHECK", "CODE_SCIENTIFIC"})
_FROM_FORMER = _FROM_OTHERS | {"REQUIRED_EMPTY", "FORMULA_CELL", "PROMISED_GT_STATUTORY"}
_BODY = slice(0, 19)  # of an implement code: who carries the matter out, and at which level


def suggest(rows: Sequence[Row], known: Known) -> None:
    """Put a suggestion in place of 人工确认 where there is one."""
    bodies = {side: _bodies(rows, side) for side in ("local", "partner")}
    for row in rows:
        row.said = [(column, _suggested(row, column, said, known, bodies)) for column, said in row.said]


Bodies = dict[str, dict[Any, str]]  # side -> department -> beginning of its implement codes


def _suggested(row: Row, column: str, said: Said, known: Known, bodies: Bodies) -> Said:
    if said.expected != ASK or said.code not in _FROM_FORMER:
        return said
    value = (known.former_of(row.values) or {}).get(column)
    if value is None and said.code in _FROM_OTHERS:
        value = _from_codes(row, column, bodies)
    return said if value is None else said._replace(expected=value)


def _from_codes(row: Row, column: str, bodies: Bodies) -> str | None:
    side, _, kind = column.partition("_")
    basic, implement = row.values.get(f"{side}_basic_code"), row.values.get(f"{side}_implement_code")
    if kind == "basic_code":
        return implement[-12:] if implement else None
    body = bodies[side].get(row.values.get("department"))
    return body + basic if body and basic else None


def _bodies(rows: Sequence[Row], side: str) -> dict[Any, str]:
    """Departments whose rows all name one body."""
    found: dict[Any, Counter[str]] = {}
    for department, code in _pairs(rows, side):
        found.setdefault(department, Counter())[code[_BODY]] += 1
    return {department: next(iter(counted)) for department, counted in found.items() if len(counted) == 1}


def _pairs(rows: Sequence[Row], side: str) -> Iterator[tuple[Any, str]]:
    """Those of codes that nothing is said of."""
    column = f"{side}_implement_code"
    for row in rows:
        department, code = row.values.get("department"), row.values.get(column)
        if department and code and not any(name == column for name, _ in row.said):
            yield department, code
