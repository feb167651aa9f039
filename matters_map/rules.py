"""The rules that a schema cannot say, as a form names them in `x-rules`.

A rule is `{"rule": name, …, "x-error"?: text}`. GB11643, GB32100 and real_date hold wherever the schema marks a value
(`"x-check": "GB11643"`, `"format": "date"`); the others name their places:

- order         `at` `not_before`        two dates or months
- differs_from  `at` `from`              two values
- sum           `at` `of` `equals`       member `of` of every row of `at` adds up to `equals`, exactly
- age           `at` `of` `under`?       the flag `at` says whether the holder of the ID number `of` is younger than
                                         `under` years, or without `under`, whether the date `of` has passed
- material_ref  `at` `in`                the code `at` is the code of a row of `in`

Where a rule needs a day it is the day of receipt, never today. A rule speaks only about values that are there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from matters_map import codes
from matters_map.findings import Path, path_of

Spec = Mapping[str, Any]
_ABSENT: Any = object()

CHECKS: dict[str, tuple[Callable[[str], bool], str]] = {
    "GB11643": (codes.valid_id_number, "公民身份号码有误，请对照证件逐位核对"),
    "GB32100": (codes.valid_uscc, "统一社会信用代码有误，请对照证照逐位核对"),
}
REAL_DATE = "real_date"  # judged with the schema, where `"format": "date"` stands
NEEDED = {
    "GB11643": (),
    "GB32100": (),
    REAL_DATE: (),
    "order": ("at", "not_before"),
    "differs_from": ("at", "from"),
    "sum": ("at", "of", "equals"),
    "age": ("at", "of"),
    "material_ref": ("at", "in"),
}  # rule -> members that it must have


@dataclass(frozen=True)
class Breach:
    """A broken rule: where it is reported, our words for it, and the values that were looked at."""

    at: Path
    text: str
    looked_at: tuple[Path, ...]


def breaches(spec: Spec, document: Any, on: date) -> Iterator[Breach]:
    """Breaches of a rule that names its places; `on` is the day of receipt."""
    return _PLACED[spec["rule"]](spec, document, on) if spec["rule"] in _PLACED else iter(())


def _order(spec: Spec, document: Any, _on: date) -> Iterator[Breach]:
    (at, later), (first, earlier) = _value(document, spec["at"]), _value(document, spec["not_before"])
    if isinstance(later, str) and isinstance(earlier, str) and later < earlier:
        yield Breach(at, "不能早于起始时间", (at, first))


def _differs_from(spec: Spec, document: Any, _on: date) -> Iterator[Breach]:
    (at, one), (other_at, other) = _value(document, spec["at"]), _value(document, spec["from"])
    if one is not _ABSENT and one == other:
        yield Breach(at, "不能与另一项相同", (at, other_at))


def _sum(spec: Spec, document: Any, _on: date) -> Iterator[Breach]:
    (at, rows), (total_at, total) = _value(document, spec["at"]), _value(document, spec["equals"])
    if not isinstance(rows, list) or not _is_number(total):
        return
    parts = [row.get(spec["of"]) if isinstance(row, dict) else None for row in rows]
    if all(_is_number(part) for part in parts) and sum(map(_exact, parts), Decimal(0)) != _exact(total):
        looked_at = tuple((*at, place, spec["of"]) for place in range(len(rows)))
        yield Breach(at, "各行之和应等于总数", (at, total_at, *looked_at))


def _age(spec: Spec, document: Any, on: date) -> Iterator[Breach]:
    (at, flag), (of, value) = _value(document, spec["at"]), _value(document, spec["of"])
    if not isinstance(flag, bool) or not isinstance(value, str):
        return
    fact = _younger(value, spec["under"], on) if "under" in spec else _passed(value, on)
    if fact is not None and fact is not flag:
        yield Breach(at, "与日期不一致（以收件当日计）", (at, of))


def _material_ref(spec: Spec, document: Any, _on: date) -> Iterator[Breach]:
    (at, code), (rows_at, rows) = _value(document, spec["at"]), _value(document, spec["in"])
    if isinstance(code, str) and isinstance(rows, list):
        known = [row.get("code") for row in rows if isinstance(row, dict)]
        if code not in known:
            looked_at = tuple((*rows_at, place, "code") for place in range(len(rows)))
            yield Breach(at, "应是申请材料清单中的一份", (at, rows_at, *looked_at))


_PLACED: dict[str, Callable[[Spec, Any, date], Iterator[Breach]]] = {
    "order": _order,
    "differs_from": _differs_from,
    "sum": _sum,
    "age": _age,
    "material_ref": _material_ref,
}


def _value(document: Any, pointer: str) -> tuple[Path, Any]:
    path = path_of(pointer)
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return path, _ABSENT
        document = document[part]
    return path, document


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _exact(value: Any) -> Decimal:
    return Decimal(str(value))  # the decimal that was written, not the binary fraction next to it


def _younger(id_number: str, years: int, on: date) -> bool | None:
    born = codes.birth_date(id_number) if codes.valid_id_number(id_number) else None
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < years


def _passed(day: str, on: date) -> bool | None:
    try:
        return date.fromisoformat(day) < on
    except ValueError:
        return None
