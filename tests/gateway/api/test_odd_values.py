"""Values that one database takes and another does not: NUL characters, and numbers too large for a row's id."""

from typing import Any

import pytest

from tests.county import filing

HUGE = "9999999999999999999"
ODD = (
    "applications?q=%00",
    "applications?q=a%00b%00c%00d",
    f"applications?after={HUGE}",
    "applications?handler=%00",
    "applications/%00",
    "applications?handler=4206830",
    f"applications/{'4' * 30}",
    f"applications/{'4' * 400}",
    "matters?q=%00",
    "attachments/%00",
    "agreements/%00",
)


@pytest.mark.parametrize("path", ODD)
async def test_an_odd_question_is_answered(house: Any, path: str) -> None:
    status, _, _ = await house.call("GET", path)
    assert status < 500


@pytest.mark.parametrize("member", ["reference", "key"])
async def test_an_odd_filing_is_answered(house: Any, member: str) -> None:
    body = filing(**({"reference": "a\x00b"} if member == "reference" else {}))
    status, _, _ = await house.call("POST", "applications", json=body, headers={"Idempotency-Key": "k" * 200})
    assert status < 500
