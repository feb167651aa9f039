"""A joint case, purely: what is due follows from the parts alone, and whatever they end in, the whole ends."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.applications import joint
from gateway.applications.joint import GRANTED, STOPPED, Part, Rules
from gateway.applications.lifecycle import OPEN, PARTIAL, State
from matters_map import joint as lines
from matters_map import sample_lists
from matters_map.matters import matter_of

ENDS = [
    (State.DECIDED, "granted"),
    (State.DECIDED, "refused"),
    (State.DECIDED, "terminated"),
    (State.DECLINED, None),
    (State.EXPIRED, "overdue"),
    (State.WITHDRAWN, None),
]
RULES = [
    Rules(lead, join, refusal, withdrawal)
    for lead in (1, 2)
    for join in lines.JOINS
    for refusal, withdrawal in itertools.product(lines.ENDINGS, repeat=2)
]


def parts(*stages: int) -> list[Part]:
    return [Part(number, stage) for number, stage in enumerate(stages, 1)]


def settle(rules: Rules, now: list[Part]) -> tuple[list[Part], list[joint.Due]]:
    """Do what is due until nothing is, as the deed does."""
    done = []
    while not (due := joint.due(rules, now)).nothing:
        done.append(due)
        now = [
            replace(one, state=State.SUBMITTED, begun=True)
            if one.part in due.begin
            else replace(one, state=State.WITHDRAWN)
            if one.part in due.stop
            else replace(one, asked=one.asked or one.part in due.ask)
            for one in now
        ]
        assert len(done) <= 2 * len(now), "it goes round in circles"
    return now, done


def ends(now: list[Part], part: int, ending: int = 0) -> list[Part]:
    state, outcome = ENDS[ending]
    return [replace(one, state=state, outcome=outcome) if one.part == part else one for one in now]


def test_the_first_stage_goes_at_once_and_the_next_when_it_has_granted() -> None:
    now, done = settle(Rules(), parts(1, 1, 2))
    assert [one.begin for one in done] == [(1, 2)]
    now, done = settle(Rules(), ends(now, 1))
    assert done == []
    now, done = settle(Rules(), ends(now, 2))
    assert [one.begin for one in done] == [(3,)]
    assert joint.derived(Rules(), now) == (State.ACCEPTED, None)
    now = ends(now, 3)
    assert joint.due(Rules(), now) == joint.Due(ended=True)
    assert joint.derived(Rules(), now) == (State.DECIDED, GRANTED)


def test_a_refusal_stops_what_was_not_sent_and_asks_what_is_under_way() -> None:
    now, _ = settle(Rules(), parts(1, 1, 2))
    now, done = settle(Rules(), ends(now, 1, 1))
    assert (done[0].stop, done[0].ask) == ((3,), (2,))
    assert joint.derived(Rules(), ends(now, 2)) == (State.DECIDED, PARTIAL)
    assert joint.derived(Rules(), ends(now, 2, 5)) == (State.DECIDED, "refused")


def test_a_rule_may_let_the_others_go_on_or_stop_only_what_was_not_sent() -> None:
    stop = Rules(on_refusal="stop")
    now, _ = settle(stop, parts(1, 1, 2))
    _, done = settle(stop, ends(now, 1, 1))
    assert (done[0].stop, done[0].ask) == ((3,), ())
    each = Rules(join="each", on_refusal="nothing")
    now, _ = settle(each, parts(1, 2))
    now, done = settle(each, ends(now, 1, 1))
    assert done[0].begin == (2,)
    assert joint.derived(each, ends(now, 2)) == (State.DECIDED, PARTIAL)


def test_where_the_lead_decides_the_others_do_not_matter() -> None:
    rules = Rules(lead=2, join="lead")
    now, _ = settle(rules, parts(1, 1))
    now, done = settle(rules, ends(now, 1, 1))
    assert done == []
    assert joint.derived(rules, ends(now, 2)) == (State.DECIDED, GRANTED)
    assert joint.derived(rules, ends(now, 2, 3)) == (State.DECLINED, None)


def test_the_whole_waits_for_the_citizen_as_soon_as_one_part_does() -> None:
    now, _ = settle(Rules(), parts(1, 1))
    assert joint.derived(Rules(), now) == (State.SUBMITTED, None)
    asked = [replace(now[0], state=State.SUPPLEMENT), replace(now[1], state=State.SUSPENDED)]
    assert joint.derived(Rules(), asked) == (State.SUPPLEMENT, None)
    stands = [replace(one, state=State.SUSPENDED) for one in now]
    assert joint.derived(Rules(), stands) == (State.SUSPENDED, None)
    assert joint.text(State.ACCEPTED, None) == "办理中"
    assert joint.text(State.DECIDED, PARTIAL) == "部分办结"
    assert joint.text(State.DECIDED, "refused") == "已办结·不予"


def test_it_is_handed_over_when_the_citizen_has_every_decision() -> None:
    now, _ = settle(Rules(join="each", on_refusal="nothing"), parts(1, 1))
    now = ends(ends(now, 1), 2, 1)
    one = [replace(one, state=State.HANDED_OVER) if one.part == 1 else one for one in now]
    assert joint.derived(Rules(), one) == (State.DECIDED, PARTIAL)
    both = [replace(one, state=State.HANDED_OVER) for one in now]
    assert joint.derived(Rules(), both) == (State.HANDED_OVER, PARTIAL)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(st.integers(1, 3), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
    st.integers(0, 20),
)
def test_whatever_the_parts_end_in_the_whole_ends_and_nothing_begins_after_a_stop(
    rules: Rules, stages: list[int], dice: random.Random, withdrawn_after: int
) -> None:
    ranks = {stage: rank for rank, stage in enumerate(sorted(set(stages)), 1)}
    now, _ = settle(rules, parts(*(ranks[stage] for stage in stages)))
    assert {one.part for one in now if one.begun} == {one.part for one in now if one.stage == 1}
    for turn in range(40):
        living = [one.part for one in now if one.state in OPEN]
        if not living:
            break
        if turn == withdrawn_after:  # the citizen withdraws the whole
            now = [replace(one, state=State.WITHDRAWN) if one.waits else replace(one, asked=True) for one in now]
        stopped = any(one.ending == STOPPED for one in now)
        now = ends(now, dice.choice(living), dice.randrange(len(ENDS)))
        before = {one.part for one in now if one.begun}
        now, _ = settle(rules, now)
        begun = {one.part for one in now if one.begun}
        assert not (stopped and begun - before)
        assert not any(one.waits for one in now) or not any(one.ending == STOPPED for one in now)
    assert joint.due(rules, now).ended
    state, outcome = joint.derived(rules, now)
    assert state not in OPEN | {State.DRAFT}
    if outcome == PARTIAL:
        assert len({one.ending for one in now}) > 1


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from(State), st.sampled_from([None, "granted", "refused"]), st.booleans()
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_derivation_and_planner_are_total(rules: Rules, drawn: list[tuple[int, State, str | None, bool]]) -> None:
    """Even of what never comes about."""
    now = [Part(n, stage, state, outcome, begun) for n, (stage, state, outcome, begun) in enumerate(drawn, 1)]
    state, outcome = joint.derived(rules, now)
    assert joint.text(state, outcome)
    due = joint.due(rules, now)
    assert not (due.begin and due.stop)
    assert due.ended == all(one.ending is not None for one in now)


# the line's data


def test_what_a_line_says_is_read_and_told_wrong_in_words() -> None:
    said = {"parts": [{"at": "origin", "does": ["accept"]}, {"at": "420683", "stage": 2, "told": ["/certificates/0"]}]}
    found = lines.read(said)
    assert (found.join, found.lead, found.on_refusal) == ("all", 1, "ask")
    assert lines.read(lines.to_json(found)) == found
    assert lines.problems(
        {"parts": [{"at": "somewhere", "stage": 2, "does": [], "told": ["/applicant"]}], "lead": 3}
    ) == [
        "第 1 个承办地：地点应为六位代码、origin、handler 或申请表中的位置",
        "第 1 个承办地：职责应取自 accept、assess、approve、issue、hand_over",
        "第 1 个承办地：可告知的前序结果应取自 /outcome、/reference、/decided_at、/text、/legal_basis、/certificates、/documents",
        "阶段应从 1 起连续编号",
        "牵头地应为承办地的序号",
    ]


def test_only_what_the_line_names_is_picked() -> None:
    said = {
        "outcome": "granted",
        "text": "canary",
        "certificates": [{"name": "甲", "number": "1"}, {"name": "乙", "number": "2"}],
    }
    assert lines.picked(said, ["/outcome", "/certificates/1/number", "/documents"]) == {
        "outcome": "granted",
        "certificates": [{"number": "2"}],
    }
    assert lines.picked(said, []) == {}


@pytest.mark.parametrize(("residence", "places"), [("420600", ["420600", "420300"]), ("421321", ["421321", "420300"])])
def test_the_disability_card_is_said_by_data_alone(residence: str, places: list[str]) -> None:
    """One county accepts and assesses, another approves and prints (残疾人证新办)."""
    cluster = next(one for one in sample_lists.AGREEMENTS if one.id == "xssn_cluster")
    line = next(
        one for one in sample_lists.lines(cluster, sample_lists.forms()) if one.local_basic_code == "000742001001"
    )
    matter = matter_of(cluster.id, 1, line)
    shared = lines.of(matter)
    handler = matter.handler("420300")
    assert shared is not None
    assert handler is not None
    found = lines.placed(matter, shared, handler, "421321", {"residenceRegion": residence})
    assert isinstance(found, tuple)
    assert [one.handler.code for one in found] == places
    assert [one.does for one in found] == [("accept", "assess"), ("approve", "issue", "hand_over")]
    refused = lines.placed(matter, shared, handler, "421321", {"residenceRegion": "110000"})
    assert isinstance(refused, lines.NoPlace)
    assert refused.pointer == "/residenceRegion"
