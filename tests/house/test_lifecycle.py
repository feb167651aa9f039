"""The lifecycle table is total, speaks the contract's words, and says no more than it hears."""

from itertools import product

import pytest

from gateway.applications import lifecycle
from gateway.applications.lifecycle import CLOSED, OPEN, State
from messaging import contract

ABOUT_CASES = {name for name in contract.KNOWN if not name.startswith(("agreement.", "matter."))} - {
    "receipt",
    "resend.requested",
}


def test_the_table_knows_every_message_about_a_case_and_nothing_else() -> None:
    assert set(lifecycle.HEARD) == ABOUT_CASES
    assert set(lifecycle.SAID) == ABOUT_CASES


def test_who_may_say_what_is_the_same_in_table_and_contract() -> None:
    roles = {name: contract.KNOWN[name].from_role for name in ABOUT_CASES}
    assert {name for name, role in roles.items() if role == "origin"} == lifecycle.FROM_ORIGIN
    assert {name for name, role in roles.items() if role == "both"} == lifecycle.FROM_BOTH


@pytest.mark.parametrize(("state", "said"), list(product(State, sorted(ABOUT_CASES))))
def test_every_message_has_an_answer_in_every_state(state: State, said: str) -> None:
    move = lifecycle.hear(state, said, back_to=State.ACCEPTED if state is State.SUPPLEMENT else None)
    assert isinstance(move.to, State)
    assert move.counts or move.to is state, "what only gets recorded changes nothing"


@pytest.mark.parametrize("state", list(State))
def test_a_message_of_an_unknown_type_changes_nothing(state: State) -> None:
    assert lifecycle.hear(state, "application.sung_about") == lifecycle.Move(state, counts=False)


@pytest.mark.parametrize(("state", "said"), list(product(State, sorted(ABOUT_CASES))))
def test_what_our_side_may_say_counts_where_it_is_said(state: State, said: str) -> None:
    if lifecycle.may_say(state, said):
        assert lifecycle.hear(state, said, back_to=State.SUBMITTED).counts


def test_a_closed_case_is_reopened_by_nothing_that_is_heard() -> None:
    reached = {(state, said): lifecycle.hear(state, said).to for state, said in product(CLOSED, ABOUT_CASES)}
    assert {where for where, to in reached.items() if to in OPEN} == set()


def test_every_state_can_be_reached_and_has_words() -> None:
    reached, grown = {State.DRAFT}, True
    while grown:
        found = {lifecycle.hear(state, said, outcome=outcome).to for state, said, outcome in _ways(reached)}
        grown = not found <= reached
        reached |= found
    assert reached == set(State)
    assert set(lifecycle.TEXT) == set(State)


def _ways(states: set[State]) -> list[tuple[State, str, str | None]]:
    return [(state, said, outcome) for state in states for said in ABOUT_CASES for outcome in (None, "overdue")]
