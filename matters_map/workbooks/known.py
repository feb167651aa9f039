"""What is known beside the file: the agreement's members, its former list and the agreed number of rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matters_map.workbooks.repairs import half_brackets

Line = Mapping[str, Any]  # as lines.Line.to_json gives it


@dataclass(frozen=True)
class Known:
    """Empty: only what the file itself shows is reported. `home`, `members`: six-digit codes."""

    home: str | None = None
    members: frozenset[str] = frozenset()
    former: tuple[Line, ...] = ()
    agreed_rows: int | None = None

    @classmethod
    def of(cls, home: str, members: Iterable[Mapping[str, str]], former: Sequence[Line]) -> "Known":
        """What an agreement with these `[{code, …}]` and this list makes known; its number of rows is agreed."""
        partners = frozenset(member["code"] for member in members) - {home}
        return cls(home, partners, tuple(former), len(former))

    def former_of(self, values: Mapping[str, Any]) -> Line | None:
        """The line of the former list with the same code, or else with the same name and sub item."""
        return next((self._former[key] for key in keys_of(values) if key in self._former), None)

    def gone(self, every: Sequence[Mapping[str, Any]]) -> list[Line]:
        """Lines of the former list that none of these rows is."""
        found = {id(line) for values in every if (line := self.former_of(values)) is not None}
        return [line for line in self.former if id(line) not in found]

    @cached_property
    def _former(self) -> dict[tuple[str, ...], Line]:
        return {key: line for line in reversed(self.former) for key in keys_of(line)}


def keys_of(values: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """What a line may be known by, surest first."""
    if code := values.get("local_basic_code"):
        yield ("code", code)
    if implement := values.get("local_implement_code"):
        yield ("code", implement[-12:])
    if name := values.get("matter_name"):
        yield ("name", half_brackets(name), half_brackets(values.get("sub_item") or ""))
