"""What a sheet that is written shall hold, and what is marked in one: values only, the library draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

REPORT = "检查结果"  # title of the sheet with all findings


@dataclass(frozen=True)
class Sheet:
    """A table with a header in row 1. Keys of `choices` are columns, of `colours` (row, column), all from 1."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    widths: tuple[int, ...] = ()  # in characters
    choices: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # words offered in the column
    colours: Mapping[tuple[int, int], str] = field(default_factory=dict)  # RRGGBB


@dataclass(frozen=True)
class Mark:
    """Cells of a sheet to colour, the first of which gets a comment."""

    sheet: str
    cells: tuple[tuple[int, int], ...]
    colour: str  # RRGGBB
    text: str
