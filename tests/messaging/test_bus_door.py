"""The door for what comes by the bus: whatever a partner publishes is durable afterwards, or kept apart."""

from messaging.bus_door import BusDoor
from messaging.tables import Incoming, SetApart
from tests.county import ZAOYANG, County


async def test_a_message_is_stored_with_the_door_that_it_came_by(county: County) -> None:
    letter = county.zaoyang.says(
        "note.sent", county.zaoyang.number(), {"text": "一", "attachments": [], "author": None}
    )
    await BusDoor(county.parts.inbox).arrive(ZAOYANG, letter.body, letter.signature)
    row = await Incoming.get(message_id=letter.id)
    assert (row.partner, row.door, row.sha256) == (ZAOYANG, "amqp", letter.sha256)


async def test_what_is_no_json_is_kept_apart_and_need_not_come_again(county: County) -> None:
    await BusDoor(county.parts.inbox).arrive(ZAOYANG, b'{"a":', None)
    row = await SetApart.get(partner=ZAOYANG)
    assert (row.outcome, row.reason, row.door) == ("quarantined", "not JSON", "amqp")


async def test_what_cannot_be_believed_is_kept_apart_and_need_not_come_again(county: County) -> None:
    letter = county.jingshan.says("note.sent", "x", {"text": "一", "attachments": [], "author": None})
    await BusDoor(county.parts.inbox).arrive(ZAOYANG, letter.body, letter.signature)
    row = await SetApart.get(partner=ZAOYANG)
    assert (row.outcome, row.reason) == ("quarantined", "source_is_not_the_link")
    assert await Incoming.all().count() == 0
