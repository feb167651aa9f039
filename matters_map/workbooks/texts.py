"""Cells of free text and of names."""

from collections.abc import Sequence
from typing import Any

from matters_map.columns import Column
from matters_map.workbooks import repairs
from matters_map.workbooks.finding import Said, plain
from matters_map.workbooks.surroundings import Reading, Surroundings


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """Free text, without white space at its ends."""
    return _text(value, repairs.TEXT)


def read_name(value: Any, column: Column, around: Surroundings) -> Reading:
    """A name: on one line, without white space inside."""
    return _text(value, repairs.NAME)


def _text(value: Any, steps: Sequence[repairs.Step]) -> Reading:
    if not isinstance(value, str):
        shown = as_text(value)
        return Reading(shown, (Said("TEXT_NUMBER", shown),))
    kept = repairs.unescaped(value)
    if kept != value:  # text that an export kept from being a formula
        return Reading(kept)
    return Reading(*repairs.repaired(value, steps))


def as_text(value: Any) -> str:
    """A number or a day as people read it: 10.0 is 10."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(plain(value))
