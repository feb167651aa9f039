"""What every bus promises: at least once, durable when confirmed, nothing of one partner's to another; no order."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from messaging import contract, envelope
from messaging.bus.port import Parcel, Refused
from tests.contract.harness import Harness
from tests.county import HOME, JINGSHAN, WORKING_HOURS, ZAOYANG

FIRST = "421321202611241000001X"


async def parcels(harness: Harness, *ids: str, partner: str = ZAOYANG, subject: str | None = None) -> list[Parcel]:
    """A parcel for each id, each in a conversation of its own unless a subject is given."""
    return [
        await harness.parcel(partner, id_, subject or f"case-{id_}", n, f"bytes of {id_}".encode())
        for n, id_ in enumerate(ids, 1)
    ]


async def drained(harness: Harness, partner: str = ZAOYANG) -> list[str]:
    """Everything that waits for a partner, settled as it is read."""
    seen: list[str] = []
    while items := await harness.read(partner):
        for item in items:
            seen.append(item.id)
            await harness.settle(partner, item.id)
    return seen


# towards partners


async def test_what_was_confirmed_is_read_bit_for_bit(harness: Harness) -> None:
    (parcel,) = await parcels(harness, "a1")
    assert await harness.bus.publish([parcel]) == [None]
    (got,) = await harness.read(ZAOYANG)
    assert (got.id, got.body, got.signature) == ("a1", parcel.body, parcel.signature)


@pytest.mark.parametrize("body", [b"", "汉字 😀\r\n\t\u2028".encode(), b'{"a":1.0}', b"x" * (1024 * 1024)])
async def test_every_byte_passes_unchanged(harness: Harness, body: bytes) -> None:
    parcel = await harness.parcel(ZAOYANG, "a1", FIRST, 1, body)
    assert await harness.bus.publish([parcel]) == [None]
    assert [item.body for item in await harness.read(ZAOYANG)] == [body]


async def test_what_was_confirmed_survives_a_restart(harness: Harness) -> None:
    ids = [f"a{n}" for n in range(20)]
    answers = await harness.bus.publish(await parcels(harness, *ids))
    await harness.restart()
    assert answers == [None] * 20
    assert sorted(await drained(harness)) == sorted(ids)


async def test_what_was_read_and_not_settled_comes_again_also_after_a_restart(harness: Harness) -> None:
    await harness.bus.publish(await parcels(harness, "a1"))
    assert [item.id for item in await harness.read(ZAOYANG)] == ["a1"]
    assert [item.id for item in await harness.read(ZAOYANG)] == ["a1"]
    await harness.restart()
    assert [item.id for item in await harness.read(ZAOYANG)] == ["a1"]


async def test_what_was_settled_does_not_come_again_also_after_a_restart(harness: Harness) -> None:
    await harness.bus.publish(await parcels(harness, "a1", "a2"))
    await harness.settle(ZAOYANG, "a1")
    assert [item.id for item in await harness.read(ZAOYANG)] == ["a2"]
    await harness.restart()
    assert [item.id for item in await harness.read(ZAOYANG)] == ["a2"]


async def test_the_same_message_published_again_is_not_doubled(harness: Harness) -> None:
    batch = await parcels(harness, "a1", "a2")
    for _ in range(3):
        assert await harness.bus.publish(batch) == [None, None]
    await harness.bus.publish([*batch, *batch])
    assert sorted(await drained(harness)) == ["a1", "a2"]


async def test_what_was_settled_and_is_published_again_is_laid_out_again(harness: Harness) -> None:
    """The partner asked for it again: it lost it, whatever it had said before."""
    batch = await parcels(harness, "a1", "a2")
    await harness.bus.publish(batch)
    assert sorted(await drained(harness)) == ["a1", "a2"]
    assert await harness.bus.publish(batch[:1]) == [None]
    assert await drained(harness) == ["a1"]


async def test_what_stands_outside_conversations_is_laid_out_again_too(harness: Harness) -> None:
    body = envelope.build(
        id="r1", source=HOME, type="receipt", subject="receipt", time=WORKING_HOURS, recipient=ZAOYANG, sequence=None,
        seen=None, data=contract.example("receipt"),
    )  # fmt: skip
    receipt = await harness.parcel(ZAOYANG, "r1", "", None, body)
    for _ in range(2):
        await harness.bus.publish([receipt])
        assert await drained(harness) == ["r1"]


async def test_no_partner_reads_what_is_for_another(harness: Harness) -> None:
    await harness.bus.publish(await parcels(harness, "a1"))
    await harness.bus.publish(await parcels(harness, "j1", partner=JINGSHAN))
    assert await drained(harness, JINGSHAN) == ["j1"]
    assert await drained(harness, ZAOYANG) == ["a1"]


async def test_two_partners_may_have_messages_of_the_same_id(harness: Harness) -> None:
    await harness.bus.publish(await parcels(harness, "same"))
    await harness.bus.publish(await parcels(harness, "same", partner=JINGSHAN))
    await harness.settle(JINGSHAN, "same")
    assert await drained(harness, ZAOYANG) == ["same"]
    assert await drained(harness, JINGSHAN) == []


async def test_a_partner_that_is_refused_does_not_hold_up_another(harness: Harness) -> None:
    with harness.refusing(ZAOYANG):
        refused = await harness.bus.publish(await parcels(harness, "a1", "a2"))
        taken = await harness.bus.publish(await parcels(harness, "j1", partner=JINGSHAN))
    assert [type(answer) for answer in refused] == [Refused, Refused]
    assert taken == [None]
    assert await drained(harness, JINGSHAN) == ["j1"]


async def test_a_refusal_is_an_answer_for_each_parcel_and_never_an_exception(harness: Harness) -> None:
    with harness.refusing(ZAOYANG):
        answers = await harness.bus.publish(await parcels(harness, "a1", "a2", "a3"))
    assert len(answers) == 3
    assert all(str(answer) for answer in answers)


async def test_what_was_refused_and_is_offered_again_comes_once(harness: Harness) -> None:
    batch = await parcels(harness, "a1", "a2")
    with harness.refusing(ZAOYANG):
        await harness.bus.publish(batch)
    assert await harness.bus.publish(batch) == [None, None]
    assert sorted(await drained(harness)) == ["a1", "a2"]


async def test_what_was_refused_although_it_arrived_comes_once(harness: Harness) -> None:
    batch = await parcels(harness, "a1", "a2")
    with harness.losing_answers():
        answers = await harness.bus.publish(batch)
    assert [type(answer) for answer in answers] == [Refused, Refused]
    assert await harness.bus.publish(batch) == [None, None]
    assert sorted(await drained(harness)) == ["a1", "a2"]


async def test_nothing_to_publish_is_nothing(harness: Harness) -> None:
    assert await harness.bus.publish([]) == []


async def test_many_publish_at_once_and_nothing_is_lost(harness: Harness) -> None:
    batches = [await parcels(harness, *(f"b{batch}-{n}" for n in range(5))) for batch in range(8)]
    answers = await asyncio.gather(*(harness.bus.publish(batch) for batch in batches))
    assert [answer for batch in answers for answer in batch] == [None] * 40
    assert sorted(await drained(harness)) == sorted(parcel.message_id for batch in batches for parcel in batch)


async def test_a_publisher_who_is_cancelled_leaves_the_bus_whole(harness: Harness) -> None:
    batch = await parcels(harness, "a1", "a2")
    for steps in range(0, 30, 5):
        task = asyncio.create_task(harness.bus.publish(batch))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await harness.bus.publish(batch) == [None, None]
    assert sorted(await drained(harness)) == ["a1", "a2"]


async def test_subscribers_are_woken_once_the_message_can_be_read(harness: Harness) -> None:
    woken: list[tuple[str, str]] = []
    harness.bus.subscribe(lambda partner: woken.append(("one", partner)))
    harness.bus.subscribe(lambda partner: woken.append(("two", partner)))
    await harness.bus.publish(await parcels(harness, "a1", "a2"))
    assert sorted(woken) == [("one", ZAOYANG), ("two", ZAOYANG)]
    assert len(await harness.read(ZAOYANG)) == 2


async def test_nobody_is_woken_for_what_was_refused(harness: Harness) -> None:
    woken: list[str] = []
    harness.bus.subscribe(woken.append)
    with harness.refusing(ZAOYANG):
        await harness.bus.publish(await parcels(harness, "a1"))
    assert woken == []


# from partners


class Ear:
    """What the house hears; deaf for the first few times, if told so."""

    def __init__(self, deaf: int = 0) -> None:
        self.heard: list[tuple[str, bytes, str | None]] = []
        self.deaf = deaf

    async def __call__(self, partner: str, body: bytes, signature: str | None) -> object:
        if self.deaf:
            self.deaf -= 1
            raise OSError("the disk is full")
        self.heard.append((partner, body, signature))
        return None


async def test_what_a_partner_publishes_is_heard_with_whose_link_it_came_by(harness: Harness) -> None:
    ear = Ear()
    await harness.bus.listen(ear)
    letters = [(ZAOYANG, "一".encode(), "a..b"), (JINGSHAN, b"\x00\xff", None)]
    for letter in letters:
        await harness.arrive(*letter)
    assert ear.heard == letters


async def test_what_could_not_be_made_durable_comes_again(harness: Harness) -> None:
    ear = Ear(deaf=3)
    await harness.bus.listen(ear)
    await harness.arrive(ZAOYANG, b"a1", "s")
    assert ear.heard == [(ZAOYANG, b"a1", "s")]


async def test_what_is_published_before_anybody_listens_is_not_lost(harness: Harness) -> None:
    ear, arriving = Ear(), asyncio.create_task(_patiently(harness, b"a1"))
    await asyncio.sleep(0.05)
    await harness.bus.listen(ear)
    await arriving
    assert [body for _, body, _ in ear.heard] == [b"a1"]


async def _patiently(harness: Harness, body: bytes) -> None:
    """A partner comes back when nobody took its message."""
    for _ in range(50):
        try:
            await harness.arrive(ZAOYANG, body, "s")
        except Refused:
            await asyncio.sleep(0.02)
        else:
            return
    raise AssertionError("never taken")


@pytest.mark.parametrize("seed", range(5))
async def test_doubled_and_shuffled_messages_all_come_at_least_once_unchanged(harness: Harness, seed: int) -> None:
    ear = Ear(deaf=seed)
    await harness.bus.listen(ear)
    letters = [(ZAOYANG, f"m{n}".encode(), f"s{n}") for n in range(20)]
    await harness.arrive_badly(letters, seed)
    assert set(ear.heard) == set(letters)
    assert len(ear.heard) > len(letters)


async def test_nothing_is_heard_after_the_bus_was_closed(harness: Harness) -> None:
    ear = Ear()
    await harness.bus.listen(ear)
    await harness.bus.close()
    with pytest.raises(Refused):
        await harness.arrive(ZAOYANG, b"a1", "s")
    assert ear.heard == []


# all of it together


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_nothing_is_lost_and_nothing_is_invented(harness: Harness, seed: int) -> None:
    """Publish, refuse, lose answers, read, settle and restart at random; then drain and compare."""
    dice = random.Random(seed)
    parts = [parcel for n in range(12) for parcel in await parcels(harness, f"m{n}")]
    confirmed: set[str] = set()
    read: set[str] = set()
    for _ in range(40):
        some = dice.sample(parts, dice.randint(1, 4))
        confirmed |= await _attempt(harness, some, dice)
        if dice.random() < 0.4:
            items = await harness.read(ZAOYANG)
            read |= {item.id for item in items}
            for item in items:
                if dice.random() < 0.5:
                    await harness.settle(ZAOYANG, item.id)
        if dice.random() < 0.1:
            await harness.restart()
    read |= set(await drained(harness))
    assert confirmed - read == set(), "lost"
    assert read - {parcel.message_id for parcel in parts} == set(), "unexpected"


async def _attempt(harness: Harness, some: Sequence[Parcel], dice: random.Random) -> set[str]:
    """One publishing, well or badly; the ids that were confirmed."""
    fate = dice.random()
    if fate < 0.2:
        with harness.refusing(ZAOYANG):
            answers = await harness.bus.publish(some)
    elif fate < 0.4:
        with harness.losing_answers():
            answers = await harness.bus.publish(some)
    else:
        answers = await harness.bus.publish(some)
    return {parcel.message_id for parcel, answer in zip(some, answers, strict=True) if answer is None}
