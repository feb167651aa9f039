"""The same matter with several partners side by side, and who agreed what with whom in which direction. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matters_map.columns import COLUMNS
from matters_map.matters import Matter, Member

# What a clerk is asked about when one county takes what another does not
FIELDS = (
    "matter_name", "sub_item", "mode", "direction", "materials", "promised_days", "statutory_days", "instant", "fee",
    "result_name", "result_delivery", "remarks",
)  # fmt: skip
TITLES = {column.name: column.zh for column in COLUMNS}


@dataclass(frozen=True)
class Row:
    """One field of all of them. `differs`: they do not all say the same."""

    field: str
    title: str
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Do they say different things?"""
        return len(set(self.values)) > 1


def same(matters: Iterable[Matter], code: str) -> tuple[list[Matter], list[Row]]:
    """Matters with this local basic code, in list order, and what each says of it."""
    found = [one for one in matters if one.line.local_basic_code == code]
    rows = [Row(name, TITLES[name], tuple(getattr(one.line, name) for one in found)) for name in FIELDS]
    return found, rows


@dataclass(frozen=True)
class Cell:
    """A matter with one partner. `kind`: both, outbound, inbound, guide or resting; `used`: cases since the start."""

    kind: str
    matter_id: str
    used: int


@dataclass(frozen=True)
class Coverage:
    """A matter over all partners; `cells` by the partner's code."""

    code: str
    name: str
    department: str
    cells: Mapping[str, Cell]

    @property
    def one_way(self) -> bool:
        """Is it agreed with somebody in one direction only?"""
        return any(cell.kind in ("outbound", "inbound") for cell in self.cells.values())

    @property
    def unused(self) -> bool:
        """Was it agreed and never asked for, with anybody?"""
        return not any(cell.used for cell in self.cells.values())


def coverage(matters: Sequence[Matter], used: Mapping[tuple[str, str], int]) -> tuple[list[Member], list[Coverage]]:
    """(partners, rows), both in the order in which they first appear; `used`: (matter id, partner) -> cases."""
    partners = {member.code: member for one in matters for member in one.handlers}
    rows: dict[str, dict[str, Any]] = {}
    for one in matters:
        line = one.line
        row = rows.setdefault(
            line.local_basic_code, {"name": line.matter_name, "department": line.department, "cells": {}}
        )
        for member in one.handlers:
            row["cells"][member.code] = Cell(_kind(one), one.id, used.get((one.id, member.code), 0))
    return list(partners.values()), [Coverage(code, **row) for code, row in rows.items()]


def _kind(matter: Matter) -> str:
    if matter.guide_only:
        return "guide"
    return "resting" if matter.rest is not None else matter.direction
