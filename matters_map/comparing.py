"""Two versions of a list side by side: what is new, what is gone, and what of a line has changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from matters_map.columns import COLUMNS, EXTRAS

Values = Mapping[str, Any]  # a line as lines.Line.to_json gives it, or a row of a workbook
_TITLES = {column.name: column.zh for column in (*COLUMNS, *EXTRAS)}
_NOT_COMPARED = frozenset({"seq"})  # where a line stands is no part of what is agreed
_SAME_ABSENT = frozenset({"joint", "duties"})  # a line without them does not have the member at all


@dataclass(frozen=True)
class Change:
    """A line that is in both versions; `fields`: name -> (before, after)."""

    before: Values
    after: Values
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Comparison:
    """Lines in the order of the version that has them."""

    added: tuple[Values, ...]
    removed: tuple[Values, ...]
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def to_json(self) -> dict[str, Any]:
        """`{"added":[line],"removed":[line],"changed":[line + {"fields":{name:{"before","after"}}}]}`

        A line is `{"seq","local_basic_code","matter_name","sub_item"}`.
        """
        return {
            "added": [_named(line) for line in self.added],
            "removed": [_named(line) for line in self.removed],
            "changed": [_named(one.after) | {"fields": _told(one.fields)} for one in self.changed],
        }


def compare(before: Sequence[Values], after: Sequence[Values]) -> Comparison:
    """Lines are matched by their local base code, and by the sub item too where a code stands more than once."""
    several = _several(before) | _several(after)
    old, new = ({_key(line, several): line for line in lines} for lines in (before, after))
    pairs = [(old[key], line) for key, line in new.items() if key in old]
    changes = [Change(one, other, fields) for one, other in pairs if (fields := _fields(one, other))]
    added = tuple(line for key, line in new.items() if key not in old)
    removed = tuple(line for key, line in old.items() if key not in new)
    return Comparison(added, removed, tuple(changes))


def title_of(field: str) -> str:
    """The column's title, as people know the field."""
    return _TITLES.get(field, field)


def _several(lines: Sequence[Values]) -> set[str]:
    counted = Counter(line["local_basic_code"] for line in lines)
    return {code for code, times in counted.items() if times > 1}


def _key(line: Values, several: set[str]) -> tuple[str, str | None]:
    code = line["local_basic_code"]
    return code, line.get("sub_item") if code in several else None


def _fields(before: Values, after: Values) -> dict[str, tuple[Any, Any]]:
    """What differs; a member that only one side knows about (a column that a sheet lacks) is not compared."""
    names = [name for name in before if name in after or name in _SAME_ABSENT]
    names += [name for name in after if name in _SAME_ABSENT and name not in before]
    pairs = {name: (_plain(before.get(name)), _plain(after.get(name))) for name in names if name not in _NOT_COMPARED}
    return {name: pair for name, pair in pairs.items() if _ordered(pair[0]) != _ordered(pair[1])}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _ordered(value: Any) -> Any:
    """Members are the same in whatever order they stand."""
    return sorted(value, key=repr) if isinstance(value, list) else value


def _named(line: Values) -> dict[str, Any]:
    return {name: line.get(name) for name in ("seq", "local_basic_code", "matter_name", "sub_item")}


def _told(fields: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: {"before": before, "after": after} for name, (before, after) in fields.items()}
