"""The mailbox: oldest first, one unreceipted message per conversation, again until receipted."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest
from tortoise import connections

from messaging import contract, envelope
from messaging.bus.embedded import EmbeddedBus
from messaging.bus.port import Parcel
from messaging.key_ring import KeyRing
from partners.mailbox import Mailbox
from tests.partners.conftest import NOW

ZAOYANG, TONGBAI = "420683", "411330"
FIRST, SECOND = "421321202611242000001G", "421321202611242000002E"

pytestmark = pytest.mark.usefixtures("database")


def letter(id_: str) -> bytes:
    """r…: a receipt; own…: 枣阳's own message that goes back to it; else an urging of ours."""
    type_ = "receipt" if id_.startswith("r") else "application.urged"
    source, recipient = (ZAOYANG, "421321") if id_.startswith("own") else ("421321", ZAOYANG)
    return envelope.build(
        id=id_, source=source, type=type_, subject=FIRST, time=NOW, recipient=recipient, seen=None,
        sequence=None if type_ == "receipt" else 1, data=contract.example(type_),
    )  # fmt: skip


class House:
    """The embedded bus and the mailbox over the same table, by a clock of our own."""

    def __init__(self, keys: KeyRing) -> None:
        self.at = NOW
        self.keys = keys
        self.bus = EmbeddedBus(keys, self.now)
        self.mailbox = Mailbox(keys, self.now)
        self.bus.subscribe(self.mailbox.wake)
        self.key_id = 0

    def now(self) -> datetime:
        return self.at

    async def lay_out(self, *letters: tuple[str, str, str, int | None]) -> None:
        if not self.key_id:
            key = self.keys.make(NOW)
            await key.save(force_create=True)
            self.key_id = key.id
        await self.bus.publish(
            [
                Parcel(
                    partner,
                    id_,
                    subject,
                    number,
                    self.key_id,
                    letter(id_),
                    envelope.sha256_hex(b""),
                    "a..b",
                )
                for partner, id_, subject, number in letters
            ]
        )

    async def names(self, partner: str = ZAOYANG, limit: int = 50) -> list[tuple[str, int]]:
        return [(item.id, item.attempt) for item in await self.mailbox.hand_out(partner, limit)]


@pytest.fixture
def house(keys: KeyRing) -> House:
    return House(keys)


async def test_only_the_first_of_each_conversation_is_handed_out_and_it_comes_again(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1), (ZAOYANG, "a2", FIRST, 2), (ZAOYANG, "b1", SECOND, 1))
    assert await house.names() == [("a1", 1), ("b1", 1)]
    assert await house.names() == [("a1", 2), ("b1", 2)]
    assert await house.names(limit=1) == [("a1", 3)]


async def test_a_receipt_lets_the_next_one_go(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1), (ZAOYANG, "a2", FIRST, 2))
    assert await house.mailbox.settle(ZAOYANG, "a1")
    assert not await house.mailbox.settle(ZAOYANG, "a1")
    assert await house.names() == [("a2", 1)]


async def test_what_stands_outside_a_conversation_is_handed_out_once_and_several_together(house: House) -> None:
    await house.lay_out((ZAOYANG, "r1", "", None), (ZAOYANG, "a1", FIRST, 1), (ZAOYANG, "r2", "", None))
    assert await house.names() == [("r1", 1), ("a1", 1), ("r2", 1)]
    assert await house.names() == [("a1", 2)]


async def test_a_partners_own_message_that_goes_back_to_it_waits_for_its_receipt(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1), (ZAOYANG, "own7", FIRST, None), (ZAOYANG, "own8", FIRST, None))
    assert await house.names() == [("a1", 1), ("own7", 1), ("own8", 1)]
    assert await house.mailbox.settle(ZAOYANG, "own7")
    assert await house.names() == [("a1", 2), ("own8", 2)]
    begun = time.monotonic()
    assert [item.id for item in await house.mailbox.wait_and_hand_out(ZAOYANG, 50, 0.3)] == ["a1", "own8"]
    assert time.monotonic() - begun > 0.25  # handed out just now, so they are no reason to answer at once


async def test_nothing_is_handed_out_to_one_who_has_hung_up(house: House) -> None:
    left: list[bool] = []
    waiting = asyncio.create_task(house.mailbox.wait_and_hand_out(ZAOYANG, 50, 20, lambda: bool(left)))
    await asyncio.sleep(0.1)
    left.append(True)
    await house.lay_out((ZAOYANG, "r1", "", None))
    assert await waiting == []
    assert await house.names() == [("r1", 1)]


async def test_no_partner_sees_or_settles_what_is_anothers(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1), (TONGBAI, "t1", FIRST, 1))
    assert await house.names(TONGBAI) == [("t1", 1)]
    assert not await house.mailbox.settle(TONGBAI, "a1")
    assert await house.mailbox.find(TONGBAI, "a1") is None
    assert await house.names() == [("a1", 1)]


async def test_the_bytes_come_out_as_they_went_in(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    (item,) = await house.mailbox.hand_out(ZAOYANG, 1)
    assert item.body.encode() == letter("a1")
    assert item.signature == "a..b"


async def test_a_message_sent_again_by_the_relay_is_laid_out_again(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    await house.mailbox.settle(ZAOYANG, "a1")
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    assert await house.names() == [("a1", 1)]


async def test_a_long_wait_ends_when_something_is_laid_out(house: House) -> None:
    begun = time.monotonic()
    waiting = asyncio.create_task(house.mailbox.wait_and_hand_out(ZAOYANG, 50, 20))
    await asyncio.sleep(0.1)
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    assert [item.id for item in await waiting] == ["a1"]
    assert time.monotonic() - begun < 3


async def test_a_long_wait_does_not_hand_out_at_once_what_was_handed_out_just_now(house: House) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    assert [item.attempt for item in await house.mailbox.wait_and_hand_out(ZAOYANG, 50, 20)] == [1]
    waiting = asyncio.create_task(house.mailbox.wait_and_hand_out(ZAOYANG, 50, 0.3))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert [item.attempt for item in await waiting] == [2]  # the wait is over: it comes again all the same
    house.at += timedelta(seconds=3)
    assert [item.attempt for item in await house.mailbox.wait_and_hand_out(ZAOYANG, 50, 20)] == [3]


async def test_an_empty_mailbox_answers_empty_when_the_wait_is_over(house: House) -> None:
    assert await house.mailbox.wait_and_hand_out(ZAOYANG, 50, 0.05) == []


async def test_a_message_whose_key_was_destroyed_steps_aside(house: House, keys: KeyRing) -> None:
    await house.lay_out((ZAOYANG, "a1", FIRST, 1))
    house.keys._known.clear()
    await keys.destroy(house.key_id, NOW, connections.get("default"))
    assert await house.names() == []
    assert (await house.mailbox.waiting(ZAOYANG)).count == 0


async def test_the_count_of_what_waits_leaves_receipts_out(house: House) -> None:
    await house.lay_out((ZAOYANG, "r1", "", None), (ZAOYANG, "a1", FIRST, 1), (ZAOYANG, "a2", FIRST, 2))
    waiting = await house.mailbox.waiting(ZAOYANG)
    assert (waiting.count, waiting.oldest) == (2, NOW)
