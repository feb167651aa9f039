"""What clerks type is understood as they mean it."""

from typing import Any

import pytest

from gateway.web import forms_values

DAY = {"type": "string", "format": "date"}
MONTH = {"type": "string", "pattern": r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"}
REGION = {"type": "string", "x-ref": "region", "pattern": r"^[1-9]\d{5}$"}
PLACES = {"420683": "枣阳市", "411330": "桐柏县"}


@pytest.mark.parametrize(
    "typed", ["20080301", "2008-3-1", "2008.3.1", "2008/03/01", "2008年3月1日", "２００８－０３－０１", " 2008-03-01 "]
)
def test_a_date_is_read_however_it_is_written(typed: str) -> None:
    assert forms_values.read(DAY, typed, {}) == "2008-03-01"


@pytest.mark.parametrize("typed", ["20080230", "2008-3", "去年", "08-3-1"])
def test_what_is_no_day_stays_as_typed(typed: str) -> None:
    assert forms_values.read(DAY, typed, {}) == typed


@pytest.mark.parametrize("typed", ["202003", "2020-3", "2020.3", "2020年3月"])
def test_a_month_is_read_however_it_is_written(typed: str) -> None:
    assert forms_values.read(MONTH, typed, {}) == "2020-03"


def test_month_thirteen_stays_as_typed() -> None:
    assert forms_values.read(MONTH, "2020-13", {}) == "2020-13"


@pytest.mark.parametrize(
    ("typed", "code"), [("420683", "420683"), ("420683 枣阳市", "420683"), ("桐柏县", "411330"), ("某地", "某地")]
)
def test_a_place_is_known_by_code_or_name(typed: str, code: str) -> None:
    assert forms_values.read(REGION, typed, PLACES) == code


@pytest.mark.parametrize(
    ("node", "typed", "value"),
    [
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, "12.5", "12.5"),
        ({"type": "integer"}, "9" * 30, "9" * 30),
        ({"type": "number"}, "１2.50", 12.5),
        ({"type": "number"}, "nan", "nan"),
        ({"type": "number"}, "1e5", "1e5"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "maybe", "maybe"),
        ({"type": "integer", "enum": [0, 20, 40]}, "20", 20),
        ({"type": "string", "pattern": r"^\d{9,20}$"}, "0000 0001 2345", "000000012345"),
        ({"type": "string", "pattern": "^(鄂|豫)（20"}, "鄂（2026）枣阳市", "鄂（2026）枣阳市"),
        ({"type": "string"}, "  王五 ", "王五"),
        ({"type": "string"}, "   ", None),
    ],
)
def test_text_becomes_the_value_it_stands_for(node: dict[str, Any], typed: str, value: Any) -> None:
    read = forms_values.read(node, typed, {})
    assert read == value
    assert type(read) is type(value)
