"""Finding names by characters, pinyin, initials and mixtures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matters_map.pinyin import MOST_VARIANTS, Text, folded, pinyin_terms, readings


@pytest.mark.parametrize("query", ["社保", "shebao", "sb", "sheb", "社bao", "shebaojf", "jiaofeijilucx", "SheBao"])
def test_a_matter_is_found_however_it_is_typed(query: str) -> None:
    assert Text("社保缴费记录查询").found_by(folded(query))


@pytest.mark.parametrize("query", ["baoshe", "bs", "shebaocx", "shebaox", "查社"])
def test_letters_in_another_order_or_with_a_gap_find_nothing(query: str) -> None:
    assert not Text("社保缴费记录查询").found_by(folded(query))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("曾都区", "zengdu"),
        ("曾都区", "zdq"),
        ("重庆", "chongqing"),
        ("参保", "canbao"),
        ("吕布", "lvbu"),
        ("吕布", "lyubu"),
    ],
)
def test_every_reading_of_a_character_counts(text: str, query: str) -> None:
    assert Text(text).found_by(query)


def test_the_place_is_read_as_it_is_called() -> None:
    assert pinyin_terms("曾都")[0] == "zengdu"


def test_a_surname_with_two_readings_is_found_by_both() -> None:
    assert {"zengcan", "cengcan", "zc", "cc"} <= set(pinyin_terms("曾参"))
    assert {"qiuming", "chouming", "qm", "cm"} <= set(pinyin_terms("仇明"))
    assert {"shanxiongxin", "sxx"} <= set(pinyin_terms("单雄信"))


def test_characters_beyond_the_basic_plane_are_read() -> None:
    assert "zhaodice" in pinyin_terms("赵𬱖测")
    assert len(readings("赵𬱖测")) == 3


def test_a_long_name_has_a_bounded_number_of_variants() -> None:
    terms = pinyin_terms("曾仇单解查区朴盖任翟曾仇单解查区朴盖任翟")
    assert MOST_VARIANTS < len(terms) <= 2 * MOST_VARIANTS


def test_latin_names_and_empty_text_give_themselves() -> None:
    assert pinyin_terms("Anna O'Neil") == ["annaoneil"]
    assert pinyin_terms(" ") == []


@given(st.text(max_size=12))
def test_any_text_can_be_indexed_and_finds_itself(text: str) -> None:
    assert len(readings(text)) == len(folded(text))
    assert not folded(text) or Text(text).found_by(folded(text))


@given(st.text("曾仇单abz", min_size=1, max_size=6), st.text("abczq", min_size=1, max_size=50))
def test_a_query_longer_than_the_text_can_be_read_finds_nothing(text: str, query: str) -> None:
    longest = sum(max(len(sound) for sound in sounds) for sounds in readings(text))
    assert not (Text(text).found_by(query) and len(query) > longest)
