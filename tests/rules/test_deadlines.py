"""Working days: the published cases, the scenarios of the licensing law, and what must hold for any limit."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matters_map import sample_lists
from matters_map.calendar import BadCalendar, Calendar, load_csv, read_days
from matters_map.deadlines import due, working_days_between

PUBLISHED = load_csv(sample_lists.FOLDER / "calendar_2025_2026.csv")
CASES: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "deadline_cases.json").read_text(encoding="utf-8")
)
SCENARIOS = {scenario["id"]: scenario for scenario in CASES["scenarios"]}
STARTS = st.dates(min_value=date(2025, 1, 1), max_value=date(2026, 6, 30))


def ends(start: str, days: int) -> str:
    return due(date.fromisoformat(start), days, PUBLISHED).due.isoformat()


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
def test_published_case(case: dict[str, Any]) -> None:
    excluded = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in case["excluded"]]
    answer = due(date.fromisoformat(case["start"]), case["working_days"], PUBLISHED, excluded)
    assert answer.due.isoformat() == case["expect"]["due"]
    assert not answer.provisional


def test_silence_of_five_days_is_acceptance_from_receipt() -> None:
    s01 = SCENARIOS["S01"]
    deadline = ends(s01["received"], 5)
    assert deadline == s01["notice_deadline"]
    assert (date.fromisoformat(deadline) + timedelta(days=1)).isoformat() == s01["deemed_known_from"]
    assert ends(s01["deemed_accepted_on"], s01["decision_days"]) == s01["decision_due"]


def test_the_promise_runs_from_the_day_the_supplement_was_complete() -> None:
    s02 = SCENARIOS["S02"]
    assert ends(s02["received"], 5) == s02["notice_deadline"]
    assert ends(s02["accepted_on"], s02["promised_days"]) == s02["promise_due"]


def test_a_certificate_is_delivered_within_ten_days_of_the_decision() -> None:
    assert ends(SCENARIOS["S05"]["decided"], 10) == SCENARIOS["S05"]["delivery_due"]


def test_an_immediate_limit_that_begins_on_a_day_off_ends_on_the_next_working_day() -> None:
    assert ends("2026-11-22", 0) == "2026-11-23"


def test_a_limit_into_an_unpublished_year_is_provisional() -> None:
    answer = due(date(2026, 12, 28), 5, PUBLISHED)
    assert (answer.due, answer.provisional) == (date(2027, 1, 5), True)  # 1 January is a Friday and never worked


def test_a_limit_that_ends_on_the_last_published_day_is_not_provisional() -> None:
    assert not due(date(2026, 12, 28), 3, PUBLISHED).provisional


def test_an_unpublished_year_keeps_week_ends_and_fixed_holidays() -> None:
    off = [
        date(2027, 1, 1),
        date(2027, 5, 1),
        date(2027, 5, 2),
        date(2027, 10, 1),
        date(2027, 10, 2),
        date(2027, 10, 3),
    ]
    assert [PUBLISHED.is_working(day) for day in off] == [(False, True)] * 6
    assert PUBLISHED.is_working(date(2027, 5, 3)) == (True, True)
    assert PUBLISHED.is_working(date(2027, 5, 8)) == (False, True)


def test_loading_the_next_year_counts_anew_and_makes_the_limit_firm() -> None:
    days = {date(2026, 12, 28) + timedelta(days=step): True for step in range(4)}
    days |= {date(2027, 1, 1): False, date(2027, 1, 2): False, date(2027, 1, 3): True, date(2027, 1, 4): True}
    answer = due(date(2026, 12, 28), 5, Calendar(days))
    assert (answer.due, answer.provisional) == (date(2027, 1, 4), False)


@pytest.mark.parametrize("days", [-1, 2001])
def test_an_absurd_limit_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match="working days"):
        due(date(2026, 1, 5), days, PUBLISHED)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="span"):
        due(date(2026, 1, 5), 3, PUBLISHED, [(date(2026, 1, 9), date(2026, 1, 8))])


@given(STARTS, st.integers(1, 60))
def test_as_many_working_days_lie_between_as_the_limit_has(start: date, days: int) -> None:
    last = due(start, days, PUBLISHED).due
    assert PUBLISHED.is_working(last)[0]
    assert working_days_between(start, last, PUBLISHED) == days
    assert working_days_between(last, start, PUBLISHED) == -days


@given(STARTS, st.integers(1, 40), st.integers(0, 20), st.integers(0, 20))
def test_an_excluded_span_never_shortens_a_limit(start: date, days: int, after: int, length: int) -> None:
    first = start + timedelta(days=after)
    span = (first, first + timedelta(days=length))
    answer = due(start, days, PUBLISHED, [span])
    assert answer.due >= due(start, days, PUBLISHED).due
    assert not span[0] <= answer.due <= span[1]
    assert working_days_between(start, answer.due, PUBLISHED, [span]) == days


@given(STARTS, st.integers(0, 60))
def test_a_longer_limit_never_ends_earlier(start: date, days: int) -> None:
    assert due(start, days + 1, PUBLISHED).due >= due(start, days, PUBLISHED).due


def test_the_shipped_calendar_has_every_day_of_both_years() -> None:
    days = [day.day for day in read_days(sample_lists.FOLDER / "calendar_2025_2026.csv")]
    assert days == [date(2025, 1, 1) + timedelta(days=step) for step in range(730)]


@pytest.mark.parametrize(
    "text", ["date,is_workday\n2026-02-30,1\n", "date,is_workday\n2026-02-03,是\n", "date\n2026-02-03\n", "a,b\n1\n"]
)
def test_a_bad_calendar_file_names_the_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "calendar.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadCalendar, match="第 2 行"):
        load_csv(file)


def test_a_calendar_that_is_no_text_says_so(tmp_path: Path) -> None:
    file = tmp_path / "calendar.csv"
    file.write_bytes(b"\xff\xfe\x00date")
    with pytest.raises(BadCalendar, match="UTF-8"):
        load_csv(file)
