"""A withdrawal that crosses whatever the handler says: every interleaving of both sides' deeds and of the messages
between them, walked over the very deeds, the lifecycle and the draining that the house runs.

A walk's place is what both legs say and what is under way; places that were seen are not walked again, so that the walk
is complete for so many deeds of each side.
"""

import copy
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.applications import corrections
from gateway.applications.case import Case
from gateway.applications.lifecycle import CLOSED, State
from gateway.applications.plan import Plan, Who
from tests.faults.both_lists import SUIXIAN, ZAOYANG
from tests.faults.deeds import HANDLER, ORIGIN
from tests.faults.pure_counties import Clock, Disk, Letter, PureCounty

SAME = ("state", "outcome", "supplements", "before_supplement", "withdrawal_answer")
ANSWERS = ("withdrawal.granted", "withdrawal.refused")
OF_THE_HANDLER = tuple(name for name in HANDLER if name not in {"note", "hand_over"})


@dataclass(frozen=True)
class Place:
    """Both counties, how much of what each said has arrived, and which deeds were done."""

    origin: PureCounty
    handler: PureCounty
    at: datetime
    arrived: tuple[int, int] = (0, 0)  # at the handler, at the origin
    window: int = 0
    officer: int = 0
    way: tuple[str, ...] = field(default=(), compare=False)

    def said(self, by: PureCounty) -> list[Any]:
        """Every message of one side, in order."""
        return sorted(by.disk.outgoing.values(), key=lambda row: row.sequence or 0)

    @property
    def under_way(self) -> tuple[list[Any], list[Any]]:
        """To the handler, to the origin."""
        return self.said(self.origin)[self.arrived[0] :], self.said(self.handler)[self.arrived[1] :]

    @property
    def name(self) -> tuple[Any, ...]:
        """What the next steps depend on."""
        to_handler, to_origin = self.under_way
        legs = [leg for county in (self.origin, self.handler) for leg in county.disk.legs.values()]
        told = [(*(getattr(leg, name) for name in SAME), leg.withdrawal_asked_at is None) for leg in legs]
        lines = [tuple(row.type for row in rows) for rows in (to_handler, to_origin)]
        return (*told, *lines, self.window, self.officer, *self._corrected)

    @property
    def _corrected(self) -> tuple[Any, ...]:
        """A correction changes what the case says, not where it stands: all that was said, and what of it has arrived."""
        if "correct" not in self.way:
            return ()
        return (*(tuple(row.type for row in self.said(by)) for by in (self.origin, self.handler)), self.arrived)


class Walk:
    """From a case that was just filed on, through every order of deeds and arrivals."""

    def __init__(self, window: Sequence[str], most: tuple[int, int]) -> None:
        self._clock, self._window, self._most = Clock(), window, most
        self.number = ""
        self.steps = 0

    def places(self) -> Iterator[Place]:
        """Every place once."""
        origin = PureCounty(SUIXIAN, ZAOYANG, self._clock)
        handler = PureCounty(ZAOYANG, SUIXIAN, self._clock)
        self.number = origin.file()
        first = Place(origin, handler, self._clock.at)
        ahead, seen = deque([first]), {first.name}
        while ahead:
            place = ahead.popleft()
            yield place
            for following in self._steps(place):
                self.steps += 1
                if following.name not in seen:
                    seen.add(following.name)
                    ahead.append(following)

    def _steps(self, place: Place) -> Iterator[Place]:
        if place.window < self._most[0]:
            for name in self._window:
                yield from self._deed(place, "origin", name)
        if place.officer < self._most[1] and place.handler.disk.legs:
            for name in OF_THE_HANDLER:
                yield from self._deed(place, "handler", name)
        for side, rows in zip(("handler", "origin"), place.under_way, strict=True):
            if rows:
                yield self._arrives(place, side, rows[0])

    def _branch(self, place: Place, side: str) -> PureCounty:
        """The county as it is there, to go on from; rows are never changed in place."""
        self._clock.at = place.at
        county: PureCounty = copy.copy(getattr(place, side))
        disk = county.disk
        county.disk = Disk(**{name: copy.copy(value) for name, value in vars(disk).items()})
        return county

    def _deed(self, place: Place, side: str, name: str) -> Iterator[Place]:
        county = self._branch(place, side)
        act = (ORIGIN if side == "origin" else HANDLER)[name]
        if county.deed(self.number, act):
            counter = "window" if side == "origin" else "officer"
            done = {side: county, counter: getattr(place, counter) + 1, "at": self._clock.at}
            yield replace(place, **done, way=(*place.way, name))

    def _arrives(self, place: Place, side: str, row: Any) -> Place:
        county = self._branch(place, side)
        sender = place.origin if side == "handler" else place.handler
        county.arrives(Letter(county.home, body=sender._body(row)))
        there, here = place.arrived
        arrived = (there + 1, here) if side == "handler" else (there, here + 1)
        way = (*place.way, f"{side} hears {row.type}")
        moved = replace(place, arrived=arrived, at=self._clock.at, way=way)
        return replace(moved, handler=county) if side == "handler" else replace(moved, origin=county)


def test_both_sides_end_with_the_same_single_answer_whatever_crosses() -> None:
    walk = Walk(("withdraw", "supplement"), (2, 3))
    ends, crossed, count = set(), set(), 0
    for place in walk.places():
        count += 1
        to_handler, to_origin = ({row.type for row in rows} for rows in place.under_way)
        if "application.withdrawn" in to_handler:
            crossed |= to_origin
        if not to_handler and not to_origin:
            ends.add(the_end(place, walk.number))
    # the wish crossed each word of the handler
    assert crossed >= {
        "application.accepted", "application.declined", "application.decided", "supplement.requested",
        "procedure.suspended", "procedure.resumed", "limit.extended",
    }  # fmt: skip
    answers = {(state, answer) for state, answer in ends if answer}
    assert answers >= {
        (State.WITHDRAWN, "granted"), (State.DECIDED, "refused"), (State.DECLINED, "refused"),
        (State.EXPIRED, "refused"), (State.ACCEPTED, "refused"), (State.SUSPENDED, "refused"),
    }  # fmt: skip
    assert count > 500, count


def test_both_sides_end_with_one_document_whatever_a_correction_crosses() -> None:
    walk = Walk(("correct",), (2, 2))
    taken = set()
    for place in walk.places():
        if not any(place.under_way):
            here, there = (document(walk, place, side) for side in ("origin", "handler"))
            assert here == there, place.way
            taken |= {one["taken"] for one in here[1]}
    assert taken == {True, False}


def document(walk: Walk, place: Place, side: str) -> tuple[Any, list[Any]]:
    """The form's document, and the corrections that are kept, as one side has them."""
    seen: list[tuple[Any, list[Any]]] = []

    def look(case: Case, who: Who, now: datetime) -> Plan:
        kept = [{name: one[name] for name in ("items", "before", "after", "taken")} for one in corrections.kept(case)]
        seen.append((case.document["answers"], kept))
        return Plan(who)

    assert walk._branch(place, side).deed(walk.number, look)
    return seen[0]


def the_end(place: Place, number: str) -> tuple[str, str | None]:
    """Nothing is under way: both sides say the same, and each wish has its one answer, or waits in a case that goes on."""
    here, there = place.origin.disk.legs[number], place.handler.disk.legs[number]
    for name in SAME:
        assert getattr(here, name) == getattr(there, name), (name, place.way)
    assert (here.withdrawal_asked_at is None) == (there.withdrawal_asked_at is None), place.way
    wishes = sum(row.type == "application.withdrawn" for row in place.said(place.origin))
    given = sum(row.type in ANSWERS for row in place.said(place.handler))
    waits = int(here.withdrawal_asked_at is not None and here.withdrawal_answer is None)
    assert given == wishes - waits, place.way
    assert not (waits and State(here.state) in CLOSED), place.way
    assert (here.withdrawal_answer == "granted") == (here.state == State.WITHDRAWN), place.way
    return here.state, here.withdrawal_answer
