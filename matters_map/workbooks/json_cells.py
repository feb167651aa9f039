"""Cells that only an export of ours writes: members, joint and duties of a line, as JSON."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from matters_map import duties, joint
from matters_map.columns import Column
from matters_map.workbooks.codes import ASK
from matters_map.workbooks.finding import Said
from matters_map.workbooks.surroundings import Reading, Surroundings

_LONGEST = 32000  # characters; a cell holds 32,767
_MEMBER = {"code", "basic_code", "implement_code"}


def read(value: Any, column: Column, around: Surroundings) -> Reading:
    """The value as JSON has it; an error when it is no JSON or not of the column's shape."""
    try:
        found = json.loads(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    except (ValueError, RecursionError):
        found = None
    return Reading(found) if _FITS[column.name](found) else Reading(None, (Said("BAD_JSON", ASK),))


def _members(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_texts(one) and set(one) == _MEMBER for one in value)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _joint(value: Any) -> bool:
    return isinstance(value, dict) and not joint.problems(value)


def _duties(value: Any) -> bool:
    return _texts(value) and not duties.problems(value)


_FITS: Mapping[str, Callable[[Any], bool]] = {"members": _members, "joint": _joint, "duties": _duties}
