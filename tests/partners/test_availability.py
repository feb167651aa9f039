"""How a link is doing, from the rows of the post room."""

from datetime import timedelta
from typing import Any

import pytest

from messaging import ids
from messaging.tables import Incoming, Outgoing
from partners.availability import Availability, availability
from tests.partners.neighbours import CASE, NOW, ZAOYANG

TONGBAI = "411330"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("database")


async def outgoing(number: int, **more: Any) -> None:
    row: dict[str, Any] = {
        "message_id": ids.message_id(),
        "partner": ZAOYANG,
        "subject": CASE,
        "sequence": number,
        "type": "x",
        "key_id": 1,
    }
    await Outgoing.create(id=ids.row_id(), **{**row, "body": b"", "sha256": "", "created_at": NOW, **more})


async def test_backlog_oldest_and_last_success_are_counted_for_each_partner(database: None) -> None:
    await outgoing(1, state="closed", receipted_at=NOW + MINUTE)
    await outgoing(2, state="confirmed", created_at=NOW + 2 * MINUTE)
    await outgoing(3, state="written", created_at=NOW + 3 * MINUTE)
    await Incoming.create(
        id=1, message_id="M", partner=ZAOYANG, subject=CASE, sequence=1, type="x", key_id=1, body=b"", sha256="", signature="",
        kid="", stored_at=NOW + 4 * MINUTE, door="rest",
    )  # fmt: skip
    found = await availability([ZAOYANG, TONGBAI])
    assert found[ZAOYANG] == Availability(ZAOYANG, NOW + 4 * MINUTE, 2, NOW + 2 * MINUTE)
    assert found[TONGBAI] == Availability(TONGBAI, None, 0, None)


def test_a_link_is_down_when_something_waits_and_nothing_comes_through() -> None:
    assert not Availability(ZAOYANG, None, 0, None).down(NOW)
    assert not Availability(ZAOYANG, None, 1, NOW - MINUTE).down(NOW)
    assert Availability(ZAOYANG, None, 1, NOW - 5 * MINUTE).down(NOW)
    assert Availability(ZAOYANG, NOW - 6 * MINUTE, 1, NOW - 5 * MINUTE).down(NOW)
    assert not Availability(ZAOYANG, NOW - MINUTE, 1, NOW - 5 * MINUTE).down(NOW)
