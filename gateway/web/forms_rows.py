"""Which rows a repeating group shows for a document that was never posted, and the rows of the materials' list."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.web.forms_fields import Material
from gateway.web.forms_filled import Slot


def slots(kind: str, values: Sequence[Any], materials: Sequence[Material]) -> tuple[Slot, ...]:
    """Keys for the rows of a fresh form; an empty group begins with one empty row, materials with those of the list."""
    if kind == "materials":
        return _material_slots(values, listed(materials))
    return tuple(Slot(f"r{index + 1}", index) for index in range(len(values))) or (Slot("r1", None),)


def listed(materials: Sequence[Material]) -> dict[str, Material]:
    """The list's materials by number, M01 first."""
    return {material.code or f"M{n:02}": material for n, material in enumerate(materials, 1)}


def known(materials: Sequence[Material], rows: Any) -> dict[str, str]:
    """Number and name of every material of the list and of the document."""
    given = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    names = {code: line.name for code, line in listed(materials).items()}
    return {**names, **{str(row["code"]): str(row.get("name", "")) for row in given if "code" in row}}


def material(slot: Slot, value: Any, values: Sequence[Any], materials: Sequence[Material]) -> Any:
    """A material's row with the number, and for one in the list the name, that it does not have yet."""
    if not isinstance(value, dict):
        return value
    by_code = listed(materials)
    if slot.key in by_code:
        return {"code": slot.key, "name": by_code[slot.key].name, **value}
    taken = {*by_code, *(row.get("code") for row in values if isinstance(row, dict))}
    return {"code": next(code for n in range(1, 1000) if (code := f"M{n:02}") not in taken), **value}


def _material_slots(values: Sequence[Any], by_code: Mapping[str, Material]) -> tuple[Slot, ...]:
    """The list's materials first, each with the row of its number, else of its name; then what else was given."""
    rows = [row if isinstance(row, dict) else {} for row in values]
    places: dict[str, int] = {}
    for code in by_code:
        _match(places, code, [index for index, row in enumerate(rows) if row.get("code") == code])
    for code, line in by_code.items():
        _match(places, code, [index for index, row in enumerate(rows) if row.get("name") == line.name])
    others = [index for index in range(len(rows)) if index not in places.values()]
    first = tuple(Slot(code, places.get(code)) for code in by_code)
    return (*first, *(Slot(f"x{n}", index) for n, index in enumerate(others, 1)))


def _match(places: dict[str, int], code: str, candidates: Sequence[int]) -> None:
    free = [index for index in candidates if index not in places.values()]
    if code not in places and free:
        places[code] = free[0]
