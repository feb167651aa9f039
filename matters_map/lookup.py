"""Routing from memory: which matters there are, and matter × place → the jurisdiction that decides.

The index is built from list versions and one moment; whoever holds it builds a new one when a version changes or when
`changes_at` has come.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from matters_map import refusals
from matters_map.lines import Line
from matters_map.matters import Matter, Member, Rest, matter_of
from matters_map.pinyin import Text, folded
from matters_map.refusals import NoRoute

__all__ = ["MatterIndex", "NoRoute", "Route", "Version"]

LONGEST_QUERY = 50  # characters; longer questions find nothing
# States whose own window of time says when they were or are in force; the others are not in force at any time.
WITH_FORCE = frozenset({"signed", "in_force", "superseded", "ended"})


@dataclass(frozen=True)
class Version:
    """A list version: aware instants, `effective_to` None while open-ended, `position` orders the agreements."""

    agreement: str
    version: int
    state: str
    effective_from: datetime
    effective_to: datetime | None
    lines: tuple[Line, ...]
    position: int = 0

    def in_force(self, at: datetime) -> bool:
        """Was or is this version in force at that instant?"""
        begun = self.state in WITH_FORCE and self.effective_from <= at
        return begun and (self.effective_to is None or at < self.effective_to)


@dataclass(frozen=True)
class Route:
    """Who decides: `matter.mode` still says whether it can be filed in one step (a joint one cannot)."""

    matter: Matter
    handler: Member


class MatterIndex:
    """All matters in force at one moment."""

    def __init__(
        self, versions: Iterable[Version], at: datetime, rests: Mapping[tuple[str, str], Rest] = MappingProxyType({})
    ) -> None:
        """`rests`: (agreement, local basic code) -> how the matter is suspended."""
        every = sorted(versions, key=lambda one: (one.position, one.agreement, one.version))
        live, resting = _live(every, at), {place: rest for place, rest in rests.items() if rest.at(at)}
        self._matters = {matter.id: matter for version in live for matter in _matters(version, resting)}
        self._other = {matter.id: version for version in every for matter in _matters(version)}
        self._texts = {matter.id: _texts(matter) for matter in self._matters.values()}
        self._by_code: dict[str, list[Matter]] = {}
        for matter in self._matters.values():
            self._by_code.setdefault(matter.line.local_basic_code, []).append(matter)
        self.at = at
        self.changes_at = _next_change(every, resting.values(), at)

    def matters(
        self,
        handler: str | None = None,
        q: str | None = None,
        direction: str | None = None,
        mode: str | None = None,
    ) -> list[Matter]:
        """Matters in list order, narrowed by jurisdiction code, words, direction and mode (names of the API).

        `q` is a part of the name, the sub item or a code, or pinyin or initials of the names, or several of these
        with spaces between them.
        """
        return [
            matter
            for matter in self._found(q)
            if (handler is None or matter.handler(handler) is not None)
            and (direction is None or matter.direction == direction)
            and (mode is None or matter.mode == mode)
        ]

    def get(self, matter_id: str) -> Matter | None:
        """The matter in force with this id, or None."""
        return self._matters.get(matter_id)

    def route(self, matter_id: str, handler: str | None = None) -> Route | NoRoute:
        """Who decides this matter in that place. The place may be left out where only one jurisdiction decides."""
        matter = self._matters.get(matter_id)
        if matter is None:
            return self._absent(matter_id)
        if matter.guide_only:
            return refusals.guide_only(matter)
        if matter.rest is not None:
            return refusals.resting(matter, matter.rest)
        if matter.direction == "inbound":
            return refusals.inbound(matter)
        if handler is None:
            return Route(matter, matter.handlers[0]) if len(matter.handlers) == 1 else refusals.which_handler(matter)
        member = matter.handler(handler)
        if member is None:
            return refusals.not_a_member(matter, handler, self._by_code[matter.line.local_basic_code])
        return Route(matter, member)

    def _absent(self, matter_id: str) -> NoRoute:
        version = self._other.get(matter_id)
        if version is None:
            return refusals.unknown_matter()
        upcoming = version.state in WITH_FORCE and version.effective_from > self.at
        return refusals.not_in_force(version.effective_from if upcoming else None)

    def _found(self, q: str | None) -> Iterable[Matter]:
        if q is not None and len(q) > LONGEST_QUERY:
            return ()
        words = [word for word in map(folded, (q or "").split()) if word]
        return (one for one in self._matters.values() if all(self._matches(one, word) for word in words))

    def _matches(self, matter: Matter, word: str) -> bool:
        line = matter.line
        codes = (line.local_basic_code, line.local_implement_code, *_member_codes(matter.handlers))
        return any(code.lower().startswith(word) for code in codes) or any(
            text.found_by(word) for text in self._texts[matter.id]
        )


def _live(versions: Sequence[Version], at: datetime) -> list[Version]:
    latest: dict[str, Version] = {}
    for version in versions:
        held = latest.get(version.agreement)
        if version.in_force(at) and (held is None or version.effective_from >= held.effective_from):
            latest[version.agreement] = version
    return list(latest.values())


def _matters(version: Version, rests: Mapping[tuple[str, str], Rest] = MappingProxyType({})) -> list[Matter]:
    name = version.agreement
    return [matter_of(name, version.version, line, rests.get((name, line.local_basic_code))) for line in version.lines]


def _texts(matter: Matter) -> tuple[Text, ...]:
    names = (matter.line.matter_name, matter.line.sub_item)
    return tuple(_text(name) for name in names if name)


@lru_cache(maxsize=4096)
def _text(name: str) -> Text:
    """Names recur in every version, and whenever lists are read anew."""
    return Text(name)


def _member_codes(members: Iterable[Member]) -> Iterable[str]:
    return (code for member in members for code in (member.basic_code, member.implement_code))


def _next_change(versions: Iterable[Version], rests: Iterable[Rest], at: datetime) -> datetime | None:
    edges = [
        edge
        for version in versions
        if version.state in WITH_FORCE
        for edge in (version.effective_from, version.effective_to)
        if edge is not None and edge > at
    ]
    edges += [rest.until for rest in rests if rest.until is not None]
    return min(edges, default=None)
