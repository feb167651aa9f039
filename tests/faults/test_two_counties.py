"""Two counties over a bad line, whatever both do: they end in the same state, each word counted once and in its order."""

import contextlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.audit import chain
from tests.faults.both_lists import SUIXIAN, ZAOYANG
from tests.faults.deeds import HANDLER, ORIGIN, Act, rotated
from tests.faults.pure_counties import Clock, Crash, Letter, PureCounty
from tests.faults.seeds import LONG, SEEDS

pytestmark = pytest.mark.faults
COUNTIES = st.sampled_from((SUIXIAN, ZAOYANG))
ANY = st.integers(0, 2**16)
SAME = ("state", "outcome", "supplements", "before_supplement", "their_number")


class TwoCounties(RuleBasedStateMachine):
    """随县 and 枣阳 file cases with each other; the line loses, doubles and disorders; both crash."""

    def __init__(self) -> None:
        super().__init__()
        clock = Clock()
        self.at = {SUIXIAN: PureCounty(SUIXIAN, ZAOYANG, clock), ZAOYANG: PureCounty(ZAOYANG, SUIXIAN, clock)}
        self.line: list[Letter] = []
        self.cases: list[tuple[str, str]] = []  # (origin, number)

    @precondition(lambda self: len(self.cases) < 3)
    @rule(origin=COUNTIES)
    def file(self, origin: str) -> None:
        self.cases.append((origin, self.at[origin].file()))

    @precondition(lambda self: self.cases)
    @rule(case=ANY, first=ANY)
    def window_does(self, case: int, first: int) -> None:
        origin, number = self.cases[case % len(self.cases)]
        self._do(self.at[origin], number, ORIGIN, first)

    @precondition(lambda self: self.cases)
    @rule(case=ANY, first=ANY)
    def officer_does(self, case: int, first: int) -> None:
        origin, number = self.cases[case % len(self.cases)]
        handler = self.at[self.at[origin].other]
        if number in handler.disk.legs:
            self._do(handler, number, HANDLER, first)

    @precondition(lambda self: self.cases)
    @rule(case=ANY, first=ANY)
    def window_dies_while_it_does(self, case: int, first: int) -> None:
        origin, number = self.cases[case % len(self.cases)]
        self.at[origin].crash_next = True
        with contextlib.suppress(Crash):
            self._do(self.at[origin], number, ORIGIN, first)
        self.at[origin].crash_next = False

    def _do(self, county: PureCounty, number: str, deeds: Mapping[str, Act], first: int) -> None:
        """The first deed, from a place in the table on, that may be done now."""
        for name in rotated(sorted(deeds), first):
            if county.deed(number, deeds[name]):
                return

    @rule(who=COUNTIES)
    def speak_undisturbed(self, who: str) -> None:
        """What one side has to say arrives, and so do its receipts."""
        for letter in self.at[who].send():
            answer = self.at[letter.to].arrives(letter)
            if answer is not None:
                self._arrive(answer)

    @rule(who=COUNTIES, most=st.one_of(st.none(), st.integers(1, 3)))
    def send(self, who: str, most: int | None) -> None:
        self.line += self.at[who].send(most)

    @precondition(lambda self: self.line)
    @rule(which=ANY)
    def arrive(self, which: int) -> None:
        self._arrive(self.line.pop(which % len(self.line)))

    @precondition(lambda self: self.line)
    @rule(which=ANY)
    def arrive_and_stay_on_the_line(self, which: int) -> None:
        self._arrive(self.line[which % len(self.line)])

    @precondition(lambda self: self.line)
    @rule(which=ANY)
    def get_lost(self, which: int) -> None:
        self.line.pop(which % len(self.line))

    @precondition(lambda self: self.line)
    @rule(which=ANY)
    def arrive_and_die_before_it_is_applied(self, which: int) -> None:
        letter = self.line.pop(which % len(self.line))
        self.at[letter.to].crash_next = True
        self._arrive(letter)
        self.at[letter.to].crash_next = False

    def _arrive(self, letter: Letter) -> None:
        answer = self.at[letter.to].arrives(letter)
        if answer is not None:
            self.line.append(answer)

    @invariant()
    def nothing_is_parked(self) -> None:
        for county in self.at.values():
            assert [row.reason for row in county.disk.incoming.values() if row.state == "parked"] == []

    @invariant()
    def effects_come_once_and_in_order(self) -> None:
        for county in self.at.values():
            by_subject: dict[str, list[int]] = {}
            for subject, sequence, _ in county.disk.effects:
                by_subject.setdefault(subject, []).append(sequence)
            for subject, numbers in by_subject.items():
                assert numbers == list(range(1, len(numbers) + 1)), subject

    def teardown(self) -> None:
        """The line is mended, and everything that is open goes until nothing is."""
        for _ in range(20):
            for county in self.at.values():
                for subject in county.disk.talks:
                    county.drain(subject)
                self.line += county.send() + [county.receipt(row_id) for row_id in county.disk.incoming]
            while self.line:
                self._arrive(self.line.pop(0))
            if all(row.outcome == "applied" for county in self.at.values() for row in county.disk.outgoing.values()):
                break
        self._both_agree()

    def _both_agree(self) -> None:
        for origin, number in self.cases:
            here, there = self.at[origin].disk, self.at[self.at[origin].other].disk
            assert _shown(here.legs[number]) == _shown(there.legs[number])
            event(here.legs[number].state)
            assert here.talks[number].next_in == there.talks[number].next_out
            assert there.talks[number].next_in == here.talks[number].next_out
        for county in self.at.values():
            self._all_is_told(county)

    def _all_is_told(self, county: PureCounty) -> None:
        other = self.at[county.other].disk
        assert {row.outcome for row in county.disk.outgoing.values()} <= {"applied"}
        assert {row.state for row in county.disk.incoming.values()} <= {"applied", "recorded"}
        heard = {message_id for _, _, message_id in county.disk.effects}
        assert heard == {row.message_id for row in other.outgoing.values()}
        by_case: dict[str, list[Any]] = {}
        for line in county.disk.lines:
            by_case.setdefault(line.chain, []).append(line)
        for number, lines in by_case.items():
            assert chain.verify(lines) is None
            assert county.disk.legs[number].audit_hash == lines[-1].hash


def _shown(leg: Any) -> dict[str, Any]:
    return {name: getattr(leg, name) for name in SAME}


TestTwoCounties = TwoCounties.TestCase
TestTwoCounties.settings = settings(
    max_examples=100 * SEEDS if LONG else 100,
    stateful_step_count=40,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    print_blob=True,
)
