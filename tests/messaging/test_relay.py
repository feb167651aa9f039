"""The relay: signs once, sends the same bytes until a receipt comes, and lets no partner wait for another."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from messaging import contract, envelope, outbox, retry
from messaging import relay as relaying
from messaging.bus.port import PLENTY, Parcel, Refused
from messaging.outbox import Unspeakable
from messaging.relay import BATCH, Relay
from messaging.tables import DataKey, Mail, Outgoing
from messaging.unit_of_work import run_tx
from partners import connect, signing
from tests.county import CLERK, JINGSHAN, ZAOYANG, County, answers


class Road:
    """A bus that takes, refuses, and lets things happen while it is asked."""

    def __init__(self) -> None:
        self.offered: list[Parcel] = []
        self.refuses: set[str] = set()
        self.meanwhile: Callable[[], Any] | None = None
        self.rooms: dict[str, int] = {}
        self.slow: dict[str, asyncio.Event] = {}

    async def publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        self.offered += parcels
        if self.meanwhile is not None:
            await self.meanwhile()
        for partner in {parcel.partner for parcel in parcels} & self.slow.keys():
            await self.slow[partner].wait()
        return [Refused("no road") if parcel.partner in self.refuses else None for parcel in parcels]

    def room(self, partner: str) -> int:
        return self.rooms.get(partner, PLENTY)

    def subscribe(self, wake: Any) -> None:
        """Nobody is woken."""

    async def listen(self, arrival: Any) -> None:
        """Nobody speaks."""

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
def relay(county: County, road: Road) -> Relay:
    """The house's own relay, on a road that the test commands."""
    built = county.parts.relay
    built._bus = road
    return built


async def test_a_message_goes_signed_by_the_house_over_its_very_bytes(county: County, road: Road, relay: Relay) -> None:
    number = await county.file()
    assert await relay.once() == 1
    (parcel,) = road.offered
    (row,) = await county.outgoing(number)
    assert (parcel.body, parcel.sha256) == (await county.body(row), envelope.sha256_hex(parcel.body))
    proven = signing.verify(parcel.body, parcel.signature, county.parts.key.public_jwk())
    assert (proven.iss, proven.aud) == ("urn:jurisdiction:421321", "urn:jurisdiction:420683")
    assert proven.jti == row.message_id == parcel.message_id
    assert (parcel.partner, parcel.subject, parcel.sequence) == (ZAOYANG, number, 1)


async def test_the_signature_is_kept_before_the_first_send(county: County, road: Road, relay: Relay) -> None:
    number = await county.file()
    kept: list[str | None] = []

    async def look() -> None:
        kept.append((await county.outgoing(number))[0].signature)

    road.meanwhile = look
    await relay.once()
    assert kept == [road.offered[0].signature]


async def test_the_same_bytes_and_the_same_signature_go_every_time(county: County, road: Road, relay: Relay) -> None:
    await county.file()
    for seconds in (0, *retry.RESEND, retry.RESEND[-1]):
        county.clock.move(seconds=seconds)
        assert await relay.once() == 1
        assert await relay.once() == 0
    assert len(road.offered) == 6
    assert len({(parcel.body, parcel.signature, parcel.message_id) for parcel in road.offered}) == 1


async def test_a_message_that_cannot_be_signed_is_not_sent(
    county: County, road: Road, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(body: bytes, row: Outgoing) -> tuple[str, str]:
        raise RuntimeError("no key")

    number = await county.file()
    with monkeypatch.context() as patch:
        patch.setattr(relay, "_sign", broken)
        with pytest.raises(RuntimeError):
            await relay.once()
    assert road.offered == []
    await relay.once()
    assert all(parcel.signature for parcel in road.offered)
    assert (await county.outgoing(number))[0].state == "confirmed"


async def test_what_the_bus_took_is_shown_as_sent(county: County, relay: Relay) -> None:
    number = await county.file()
    county.clock.move(seconds=2)
    await relay.once()
    (row,) = await county.outgoing(number)
    assert (row.state, row.attempts, row.confirmed_at) == ("confirmed", 1, county.clock())
    leg = await county.leg(number)
    assert (leg.delivery, leg.delivery_at) == ("sent", county.clock())
    page = await county.parts.case_room.events(CLERK, number)
    assert [item["text"] for item in page["items"] if item["type"] == "delivery.sent"] == ["已转送枣阳市"]


async def test_sending_again_is_no_second_step_of_the_case(county: County, relay: Relay) -> None:
    number = await county.file()
    for _ in range(3):
        await relay.once()
        county.clock.move(hours=1)
    page = await county.parts.case_room.events(CLERK, number)
    assert [item["type"] for item in page["items"]].count("delivery.sent") == 1


async def test_what_was_refused_goes_again_a_little_later_and_shows_why(
    county: County, road: Road, relay: Relay
) -> None:
    road.refuses.add(ZAOYANG)
    number = await county.file()
    for seconds in retry.REFUSED:
        assert await relay.once() == 1
        assert await relay.once() == 0
        (row,) = await county.outgoing(number)
        assert (row.state, row.reason, (await county.leg(number)).delivery) == ("written", "no road", "waiting")
        county.clock.move(seconds=seconds)
    road.refuses.clear()
    await relay.once()
    (row,) = await county.outgoing(number)
    assert (row.state, row.reason, (await county.leg(number)).delivery) == ("confirmed", None, "sent")


async def test_how_often_a_broker_that_was_away_refused_delays_no_resend_to_a_partner_that_lost_it(
    county: County, road: Road, relay: Relay
) -> None:
    road.refuses.add(ZAOYANG)
    number = await county.file()
    for seconds in (*retry.REFUSED, retry.REFUSED[-1]):
        await relay.once()
        county.clock.move(seconds=seconds)
    road.refuses.clear()
    for seconds in retry.RESEND[:2]:
        await relay.once()
        (row,) = await county.outgoing(number)
        assert row.due_at == county.clock() + timedelta(seconds=seconds)
        county.clock.move(seconds=seconds)
    road.refuses.add(ZAOYANG)
    await relay.once()
    road.refuses.clear()
    county.clock.move(seconds=retry.REFUSED[-1])
    await relay.once()
    (row,) = await county.outgoing(number)
    assert row.due_at == county.clock() + timedelta(seconds=retry.RESEND[2])


async def test_a_partner_that_is_refused_does_not_hold_up_the_others(county: County, road: Road, relay: Relay) -> None:
    road.refuses.add(ZAOYANG)
    await county.file()
    number = await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    await relay.once()
    assert (await county.leg(number)).delivery == "sent"


async def test_a_bus_that_is_slow_for_one_partner_does_not_hold_up_the_others(
    county: County, road: Road, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "PATIENCE", 0.05)
    road.slow[ZAOYANG] = asyncio.Event()
    slow = await county.file()
    quick = await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    await relay.once()
    states = [(await Outgoing.get(subject=number)).state for number in (slow, quick)]
    assert states == ["written", "confirmed"]
    await relay.once()
    assert [parcel.partner for parcel in road.offered].count(ZAOYANG) == 1, "not twice while it is under way"
    road.slow[ZAOYANG].set()
    await relay.close()
    assert (await Outgoing.get(subject=slow)).state == "confirmed"


async def test_a_bus_without_room_is_offered_nothing_and_after_a_refusal_one(
    county: County, road: Road, relay: Relay
) -> None:
    for _ in range(3):
        await county.file()
    road.rooms[ZAOYANG] = 0
    assert await relay.once() == 0
    road.rooms[ZAOYANG] = 1
    assert await relay.once() == 1
    del road.rooms[ZAOYANG]
    assert await relay.once() == 2
    assert len(road.offered) == 3


async def test_a_link_that_rests_gets_nothing_and_does_not_hold_up_the_others(
    county: County, road: Road, relay: Relay
) -> None:
    """More waits for the resting link than one pass takes."""
    resting = [await county.file() for _ in range(3)]
    await _lengthen(resting[0], BATCH + 5)
    number = await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    await run_tx(lambda tx: connect.suspend(tx, ZAOYANG, county.clock(), until=None, notice="系统维护"))
    await county.parts.registry.load()
    await relay.once()
    assert {parcel.partner for parcel in road.offered} == {JINGSHAN}
    assert (await county.leg(number)).delivery == "sent"
    await run_tx(lambda tx: connect.resume(tx, ZAOYANG))
    await county.parts.registry.load()
    while await relay.once():
        pass
    assert {(await county.leg(one)).delivery for one in resting} == {"sent"}


async def test_a_long_queue_to_one_partner_leaves_room_for_the_others(county: County, road: Road, relay: Relay) -> None:
    await _lengthen(await county.file(), BATCH * 2)
    await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    await relay.once()
    assert {parcel.partner for parcel in road.offered} == {ZAOYANG, JINGSHAN}


async def _lengthen(number: str, count: int) -> None:
    """Many more rows like the one that a case wrote."""
    row = await Outgoing.get(subject=number)
    copies = [
        Outgoing(
            id=row.id + n,
            message_id=f"{row.message_id}-{n}",
            partner=row.partner,
            subject=number,
            sequence=n + 1,
            type=row.type,
            key_id=row.key_id,
            body=row.body,
            sha256=f"{n:064}",
            signature="a..b",
            due_at=row.due_at,
            created_at=row.created_at,
        )
        for n in range(1, count)
    ]
    for copy in copies:
        copy.body = row.body
    await Outgoing.bulk_create(copies)


async def test_nothing_overtakes_a_message_of_its_conversation_that_was_refused(
    county: County, road: Road, relay: Relay
) -> None:
    road.refuses.add(ZAOYANG)
    number = await county.file()
    await relay.once()
    road.refuses.clear()
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    assert await relay.once() == 0
    county.clock.move(seconds=1)
    await relay.once()
    assert [parcel.sequence for parcel in road.offered] == [1, 1, 2]


async def test_a_receipt_that_comes_while_the_bus_is_asked_is_not_overwritten(
    county: County, road: Road, relay: Relay
) -> None:
    number = await county.file()
    (row,) = await county.outgoing(number)

    async def receipt() -> None:
        road.meanwhile = None
        await county.hears(county.zaoyang.got(row))

    road.meanwhile = receipt
    await relay.once()
    (after,) = await county.outgoing(number)
    assert (after.state, after.outcome, after.due_at) == ("closed", "applied", None)
    assert (await county.leg(number)).delivery == "receipted"
    county.clock.move(days=1)
    assert await relay.once() == 0


async def test_a_receipt_that_comes_while_the_bus_refuses_is_not_overwritten(
    county: County, road: Road, relay: Relay
) -> None:
    """A refusal means: it may have arrived all the same."""
    road.refuses.add(ZAOYANG)
    number = await county.file()
    (row,) = await county.outgoing(number)

    async def receipt() -> None:
        road.meanwhile = None
        await county.hears(county.zaoyang.got(row))

    road.meanwhile = receipt
    await relay.once()
    (after,) = await county.outgoing(number)
    assert (after.state, after.outcome, after.due_at) == ("closed", "applied", None)


async def test_what_stands_outside_a_conversation_is_done_when_the_bus_has_it(county: County, relay: Relay) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, contract.example("note.sent") | {"attachments": []}))
    await county.tell()
    await relay.once()
    (receipt,) = await county.outgoing("")
    assert (receipt.state, receipt.due_at) == ("closed", None)


async def test_a_message_that_can_be_read_no_more_holds_up_nothing(county: County, road: Road, relay: Relay) -> None:
    """Its key was destroyed while it was still to be sent."""
    lost, number = await county.file(), await county.file()
    (row,) = await county.outgoing(lost)
    await run_tx(lambda tx: county.parts.keys.destroy(row.key_id, county.clock(), tx))
    await relay.once()
    assert (await county.leg(number)).delivery == "sent"
    (after,) = await county.outgoing(lost)
    assert (after.state, after.reason) == ("written", "KeyDestroyed")
    assert await DataKey.filter(id=row.key_id, wrapped__isnull=True).exists()


# what gets a number


async def test_what_breaks_the_contract_gets_no_number(county: County) -> None:
    number = await county.file()
    talk = await county.talk(number)
    for data in ({"text": ""}, {"text": "x", "surplus": 1}, {}):
        with pytest.raises(Unspeakable):
            outbox.say(county.parts.tools.sender, talk, "application.urged", data, county.clock())
    assert talk.next_out == 2


TOO_MUCH: dict[str, tuple[dict[str, Any], str]] = {
    "too large": ({"x": "字" * 400_000}, "too_large"),
    "too deep": ({"x": [[]]}, "too_deep"),
    "a number that JSON cannot hold": ({"x": 2**60}, "not_exact"),
}


@pytest.mark.parametrize("what", list(TOO_MUCH))
async def test_what_no_message_can_carry_gets_no_number(county: County, what: str) -> None:
    answers_, reason = TOO_MUCH[what]
    if what == "too deep":
        for _ in range(64):
            answers_ = {"x": answers_}
    number = await county.file()
    talk = await county.talk(number)
    data = contract.example("application.submitted") | {"answers": answers_}
    with pytest.raises(Unspeakable) as told:
        outbox.say(county.parts.tools.sender, talk, "application.submitted", data, county.clock())
    assert ("", reason) in told.value.errors
    assert talk.next_out == 2


async def test_every_message_says_how_far_we_have_applied_theirs(county: County) -> None:
    number = await county.file()
    note = contract.example("note.sent") | {"attachments": []}
    await county.hears(*(county.zaoyang.says("note.sent", number, note) for _ in range(3)))
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    said = [await county.said(row) for row in await county.outgoing(number)]
    assert [(one.sequence, one.seen) for one in said] == [(1, 0), (2, 3)]


async def test_the_mailbox_keeps_what_the_relay_sent_bit_for_bit(county: County) -> None:
    number = await county.file()
    await county.relay()
    (row,) = await county.outgoing(number)
    (item,) = await county.parts.mailbox.hand_out(ZAOYANG, 10)
    assert item.body.encode() == await county.body(row)
    assert await Mail.filter(partner=ZAOYANG).count() == 1
