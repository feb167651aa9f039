"""What a cell's rule may know beside the cell: the whole column of materials, and how the file counts days."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from matters_map.matters import split_list
from matters_map.workbooks.finding import Said

E_CERTIFICATE = "[电子证照]"


class Reading(NamedTuple):
    """`value`: as it would be imported."""

    value: Any
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """`materials`: names that stand in proper lists; `certified`: those that always bear the mark 电子证照 there."""

    materials: frozenset[str] = frozenset()
    certified: frozenset[str] = frozenset()
    date1904: bool = False


def of_materials(texts: Iterable[Any], date1904: bool) -> Surroundings:
    """Surroundings from the cells of the column 申请材料 (other values than text are passed over)."""
    items = [item for text in texts if isinstance(text, str) and ";" in text for item in split_list(text)]
    with_mark = {item.removesuffix(E_CERTIFICATE) for item in items if item.endswith(E_CERTIFICATE)}
    without = {item for item in items if not item.endswith(E_CERTIFICATE)}
    return Surroundings(frozenset(with_mark | without), frozenset(with_mark - without), date1904)
