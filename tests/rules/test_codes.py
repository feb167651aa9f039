"""Identity numbers, organisation codes and case numbers."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from matters_map import codes

ZHANG_SAN = "421321200001019998"
DIGITS = st.text("0123456789", min_size=21, max_size=21)
BIRTHS = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 1, 1))


def complete(first_17: str) -> str:
    """The ID number with these 17 digits, found by trying: independent of the weights in the code."""
    return next(first_17 + last for last in "0123456789X" if codes.valid_id_number(first_17 + last))


def test_every_identity_vector_is_judged_as_listed(data: Path) -> None:
    vectors = json.loads((data / "check_digit_vectors.json").read_text(encoding="utf-8"))["id"]
    judged = {vector["value"]: codes.valid_id_number(codes.raised(vector["value"])) for vector in vectors}
    assert judged == {vector["value"]: vector["valid"] for vector in vectors}


def test_every_organisation_vector_is_judged_as_listed(data: Path) -> None:
    vectors = json.loads((data / "check_digit_vectors.json").read_text(encoding="utf-8"))["uscc"]
    assert [codes.valid_uscc(vector["value"]) for vector in vectors] == [vector["valid"] for vector in vectors]


@pytest.mark.parametrize(
    "bad", ["", "421321200001019998 ", "４21321200001019998", "٤21321200001019998", ZHANG_SAN + "\n"]
)
def test_other_characters_than_ascii_digits_are_refused(bad: str) -> None:
    assert not codes.valid_id_number(bad)
    assert codes.birth_date(bad) is None


def test_a_small_x_is_raised_and_nothing_else() -> None:
    assert codes.raised("42132120160615998x") == "42132120160615998X"
    assert [codes.raised(text) for text in ("x", "Hx", "4213212016061599xx", " 42132120160615998x", "")] == [
        "x",
        "Hx",
        "4213212016061599xx",
        " 42132120160615998x",
        "",
    ]


def test_birth_date_needs_a_real_day() -> None:
    assert codes.birth_date("429021200002299988") == date(2000, 2, 29)
    assert codes.birth_date("42132120010229999X") is None


@given(BIRTHS, st.integers(0, 999), st.sampled_from(sorted(codes.PROVINCES)))
def test_one_wrong_digit_is_always_found(born: date, serial: int, province: str) -> None:
    number = complete(f"{province}1321{born:%Y%m%d}{serial:03}")
    assert codes.birth_date(number) == born
    for place in range(14, 17):
        other = str((int(number[place]) + 1) % 10)
        assert not codes.valid_id_number(number[:place] + other + number[place + 1 :])


def test_the_example_number_of_the_contract_is_right() -> None:
    assert codes.check_character("421321202611242000001") == "G"
    assert codes.valid_number("421321202611242000001G")
    assert not codes.valid_number("421321202611242000001H")
    assert not codes.valid_number("421321202611242000001g")


@given(DIGITS, st.integers(0, 20), st.integers(1, 9))
def test_a_wrong_digit_in_a_case_number_is_found(number: str, place: int, shift: int) -> None:
    right = codes.check_character(number)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert codes.check_character(wrong) != right


@given(DIGITS, st.integers(0, 19))
def test_two_neighbours_swapped_in_a_case_number_are_found(number: str, place: int) -> None:
    """A hybrid system of ISO 7064 can only miss the swap of two neighbouring values, such as 3 and 4."""
    assume(abs(int(number[place]) - int(number[place + 1])) > 1)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert codes.check_character(swapped) != codes.check_character(number)


def test_the_check_character_is_that_of_the_standard() -> None:
    """The published example of a Global Release Identifier, which uses the same system."""
    assert codes.check_character("A12425GABC1234002") == "M"


def test_a_check_character_is_for_digits_and_capitals_only() -> None:
    with pytest.raises(ValueError, match="substring"):
        codes.check_character("4213z")
