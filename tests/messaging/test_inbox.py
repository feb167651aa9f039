"""What comes in is stored once, verified once, and answered the same each time; what cannot be believed is set apart."""

import json
from datetime import timedelta

import pytest

from messaging import ids
from messaging.inbox import Unverified
from messaging.strict_json import Malformed
from messaging.tables import Incoming, Outgoing, SetApart
from messaging.unit_of_work import run_tx
from partners import key_cabinet
from partners.keys import SigningKey
from tests.county import JINGSHAN, ZAOYANG, County, Letter, accepted, answers, decided, note


async def test_a_verified_message_is_kept_bit_for_bit_with_its_verdict(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    stored = await county.arrives(letter)
    row = await county.incoming(letter)
    await county.parts.keys.fetch([row.key_id])
    opened = county.parts.keys.open(row.key_id, row.body, f"post_incoming.body:{ZAOYANG}:{letter.id}")
    assert opened == letter.body
    assert (row.sha256, row.signature, row.kid, row.custodial) == (letter.sha256, letter.signature, "420683-1", False)
    assert (row.stored_at, row.door, row.sequence, row.state) == (county.clock(), "rest", 1, "stored")
    assert (stored.id, stored.sha256, stored.duplicate) == (letter.id, letter.sha256, False)


async def test_nothing_readable_lies_in_the_row(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("note.sent", number, note("只给窗口看的话"))
    await county.arrives(letter)
    assert "只给窗口看的话".encode() not in bytes((await county.incoming(letter)).body)


async def test_the_same_message_again_is_the_same_answer_and_no_second_row(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    first = await county.arrives(letter)
    county.clock.move(minutes=3)
    again = await county.arrives(letter)
    assert again.duplicate
    assert (again.id, again.sha256, again.stored_at) == (first.id, first.sha256, first.stored_at)
    assert await Incoming.filter(message_id=letter.id).count() == 1


async def test_a_message_that_comes_again_after_its_receipt_is_told_again(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.hears(letter)
    await county.tell()
    county.clock.move(seconds=60)
    await county.arrives(letter)
    await county.tell()
    assert [(entry["id"], entry["outcome"]) for entry in await county.told()] == [(letter.id, "applied")] * 2
    await county.tell()
    assert len(await county.told()) == 2


async def test_a_message_that_comes_twice_before_it_was_looked_at_is_not_told_as_held(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.arrives(letter)
    await county.arrives(letter)
    await county.tell()
    assert await county.told() == []
    await county.apply()
    await county.tell()
    assert [entry["outcome"] for entry in await county.told()] == ["applied"]


async def test_a_held_message_that_comes_twice_is_told_only_after_five_seconds(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=2)
    await county.hears(letter)
    county.clock.move(seconds=1)
    await county.hears(letter)
    await county.tell()
    assert await county.told() == []
    county.clock.move(seconds=4)
    await county.tell()
    assert [entry["outcome"] for entry in await county.told()] == ["held"]


async def test_a_message_that_nobody_could_look_at_is_told_as_held_after_five_seconds(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.arrives(letter)
    county.clock.move(seconds=5)
    await county.tell()
    assert [(entry["outcome"], entry["highest_applied"]) for entry in await county.told()] == [("held", 0)]
    await county.apply()
    await county.tell()
    assert [entry["outcome"] for entry in await county.told()] == ["held", "applied"]


async def test_a_receipt_that_comes_again_gets_no_receipt(county: County) -> None:
    await county.file()
    await county.relay()
    (sent,) = await Outgoing.all()
    receipt = county.zaoyang.got(sent)
    await county.hears(receipt)
    await county.hears(receipt)
    await county.tell()
    assert await county.told() == []


async def test_the_same_id_with_other_bytes_is_a_conflict_and_has_no_effect(county: County) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    forged = county.zaoyang.says(
        "application.accepted", number, accepted(county.clock(), reference="ZY-2"), id_=first.id, sequence=1
    )
    await county.hears(first)
    stored = await county.arrives(forged)
    await county.apply()
    assert (stored.duplicate, (await county.leg(number)).their_number) == (False, "ZY-1")
    (apart,) = await county.apart()
    assert (apart.outcome, apart.reason, apart.claimed_id) == ("conflict", "same_id_other_bytes", first.id)


async def test_another_message_under_a_number_that_is_taken_is_a_conflict(county: County) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    second = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=1)
    await county.hears(first, second)
    assert (await county.leg(number)).state == "ACCEPTED"
    (apart,) = await county.apart()
    assert (apart.outcome, apart.reason) == ("conflict", "same_number_other_message")


async def test_a_conflict_is_told_with_id_and_digest_and_again_each_time(county: County) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    second = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=1)
    await county.hears(first, second)
    await county.tell()
    conflicts = [entry for entry in await county.told() if entry["outcome"] == "conflict"]
    assert [(entry["id"], entry["sha256"]) for entry in conflicts] == [(second.id, second.sha256)]
    await county.arrives(second)
    await county.tell()
    assert len([entry for entry in await county.told() if entry["outcome"] == "conflict"]) == 2
    assert [apart.times for apart in await county.apart()] == [2]


async def test_the_sender_may_replace_what_was_parked_under_its_number(county: County) -> None:
    number = await county.file()
    parked = county.zaoyang.says("application.accepted", number, {"reference": "ZY-1"})
    behind = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.hears(parked, behind)
    assert await county.states(number) == {1: "parked", 2: "held"}
    right = county.zaoyang.says(
        "application.accepted", number, accepted(county.clock()), sequence=1, replaces=parked.id
    )
    await county.hears(right)
    states = {row.message_id: row.state for row in await Incoming.filter(subject=number)}
    assert states == {parked.id: "replaced", right.id: "applied", behind.id: "applied"}
    assert (await county.leg(number)).state == "DECIDED"


async def test_only_what_is_parked_can_be_replaced(county: County) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.hears(first)
    other = county.zaoyang.says(
        "application.accepted", number, accepted(county.clock(), reference="ZY-2"), sequence=1, replaces=first.id
    )
    await county.hears(other)
    assert (await county.leg(number)).their_number == "ZY-1"
    assert [apart.outcome for apart in await county.apart()] == ["conflict"]


async def test_what_was_replaced_and_comes_again_changes_nothing_and_owes_nothing(county: County) -> None:
    number = await county.file()
    parked = county.zaoyang.says("application.accepted", number, {"reference": "ZY-1"})
    await county.hears(parked)
    right = county.zaoyang.says(
        "application.accepted", number, accepted(county.clock()), sequence=1, replaces=parked.id
    )
    await county.hears(right)
    await county.tell()
    await county.hears(parked)
    await county.tell()
    assert (await county.incoming(parked)).state == "replaced"
    assert await Incoming.filter(receipt_due_at__not_isnull=True).count() == 0
    assert [entry["id"] for entry in await county.told()] == [right.id]


def _unsigned(county: County, number: str) -> Letter:
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    return Letter(letter.id, letter.body, "")


def _by_a_stranger(county: County, number: str) -> Letter:
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    return Letter(letter.id, letter.body, county.jingshan.sign(letter.body, letter.id, 1).signature)


def _by_an_unknown_key(county: County, number: str) -> Letter:
    county.zaoyang.key = SigningKey.generate("420683-9")
    return county.zaoyang.says("application.accepted", number, accepted(county.clock()))


def _altered(county: County, number: str) -> Letter:
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    return Letter(letter.id, letter.body.replace(b"ZY-1", b"ZY-9"), letter.signature)


def _written_anew(county: County, number: str) -> Letter:
    """The same JSON value in other bytes is not what was signed."""
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    return Letter(letter.id, json.dumps(json.loads(letter.body)).encode(), letter.signature)


def _of_another_county(county: County, number: str) -> Letter:
    return county.zaoyang.says("application.accepted", number, accepted(county.clock()), source=JINGSHAN)


def _for_another_county(county: County, number: str) -> Letter:
    return county.zaoyang.says("application.accepted", number, accepted(county.clock()), recipient=JINGSHAN)


def _not_an_envelope(county: County, number: str) -> Letter:
    return county.zaoyang.sign(b'{"specversion":"1.0","id":"x"}', "x", 1)


UNBELIEVABLE = {
    "unsigned": (_unsigned, "unsigned"),
    "signed by another county": (_by_a_stranger, "unknown_key"),
    "signed by a key that nobody pinned": (_by_an_unknown_key, "unknown_key"),
    "altered": (_altered, "signature"),
    "serialised again": (_written_anew, "signature"),
    "from another county": (_of_another_county, "source_is_not_the_link"),
    "for another county": (_for_another_county, "not_addressed_to_us"),
    "no envelope": (_not_an_envelope, "envelope: type"),
}


@pytest.mark.parametrize("what", list(UNBELIEVABLE))
async def test_what_cannot_be_believed_is_quarantined_without_effect(county: County, what: str) -> None:
    make, reason = UNBELIEVABLE[what]
    number = await county.file()
    letter = make(county, number)
    with pytest.raises(Unverified) as told:
        await county.arrives(letter)
    await county.apply()
    assert told.value.reason == reason
    (apart,) = await county.apart()
    assert (apart.outcome, apart.reason, apart.sha256, apart.times) == ("quarantined", reason, letter.sha256, 1)
    assert (apart.claimed_id, apart.retry_at) == (None, None)
    assert (await county.leg(number)).state == "SUBMITTED"
    assert await Incoming.all().count() == 0


async def test_a_quarantined_message_is_counted_by_link_and_digest_and_told_once(county: County) -> None:
    letter = _altered(county, await county.file())
    for _ in range(3):
        with pytest.raises(Unverified):
            await county.arrives(letter)
        await county.tell()
    with pytest.raises(Unverified):
        await county.arrives(letter, partner=JINGSHAN)
    await county.tell()
    assert [(apart.times, apart.told) for apart in await county.apart()] == [(3, True)]
    assert [apart.times for apart in await county.apart(JINGSHAN)] == [1]
    told = [(entry["id"], entry["sha256"], entry["outcome"]) for entry in await county.told()]
    assert told == [(None, letter.sha256, "quarantined")]


async def test_what_is_quarantined_is_kept_bit_for_bit(county: County) -> None:
    letter = _altered(county, await county.file())
    with pytest.raises(Unverified):
        await county.arrives(letter)
    (apart,) = await county.apart()
    await county.parts.keys.fetch([apart.key_id])
    opened = county.parts.keys.open(apart.key_id, apart.body, f"post_set_apart.body:{ZAOYANG}:{letter.sha256}")
    assert (opened, apart.signature) == (letter.body, letter.signature)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[1,", b'{"id":1,"id":1}', b'{"a":NaN}', b"[" * 100_000, b"\xef\xbb\xbf{}"]
)
async def test_what_is_not_json_is_refused_and_nothing_is_kept(county: County, body: bytes) -> None:
    with pytest.raises(Malformed):
        await county.arrives(county.zaoyang.sign(body, "x", 1))
    assert await SetApart.all().count() == 0
    assert await Incoming.all().count() == 0


async def test_a_signature_from_the_future_is_quarantined_and_believed_when_its_time_has_come(county: County) -> None:
    number = await county.file()
    ahead = int((county.clock() + timedelta(minutes=6)).timestamp())
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()), iat=ahead)
    with pytest.raises(Unverified, match="iat_ahead"):
        await county.arrives(letter)
    await county.look_again()
    assert (await county.leg(number)).state == "SUBMITTED"
    county.clock.move(seconds=61)
    await county.look_again()
    assert (await county.leg(number)).state == "ACCEPTED"
    (apart,) = await county.apart()
    assert (apart.settled_by, apart.retry_at) == ("system", None)


async def test_a_signature_slightly_ahead_or_long_ago_is_no_matter(county: County) -> None:
    number = await county.file()
    now = county.clock()
    soon, long_ago = int((now + timedelta(minutes=4)).timestamp()), int((now - timedelta(days=300)).timestamp())
    await county.hears(
        county.zaoyang.says("application.accepted", number, accepted(now), iat=soon),
        county.zaoyang.says("note.sent", number, note(), iat=long_ago),
    )
    assert await county.states(number) == {1: "applied", 2: "applied"}


async def test_what_no_time_will_mend_is_not_looked_at_again(county: County) -> None:
    """A signature that names another message is wrong for ever, also when it lies ahead."""
    ahead = int((county.clock() + timedelta(hours=1)).timestamp())
    letter = county.zaoyang.says("note.sent", await county.file(), note())
    other = county.zaoyang.sign(letter.body, ids.message_id(), ahead)
    with pytest.raises(Unverified, match="jti"):
        await county.arrives(other)
    assert [apart.retry_at for apart in await county.apart()] == [None]


async def test_what_was_ahead_of_its_time_and_then_contradicts_is_a_conflict_for_people(county: County) -> None:
    number = await county.file()
    ahead = int((county.clock() + timedelta(minutes=6)).timestamp())
    late = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=1, iat=ahead)
    with pytest.raises(Unverified):
        await county.arrives(late)
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock()), sequence=1))
    county.clock.move(minutes=2)
    await county.look_again()
    await county.tell()
    (apart,) = await county.apart()
    assert (apart.outcome, apart.reason, apart.settled_at) == ("conflict", "same_number_other_message", None)
    assert [entry["outcome"] for entry in await county.told() if entry["id"] == late.id] == ["conflict"]


async def test_what_could_not_be_verified_is_settled_when_it_comes_again_and_can_be(county: County) -> None:
    """枣阳 used a new key before it was pinned here."""
    number = await county.file()
    letter = _by_an_unknown_key(county, number)
    with pytest.raises(Unverified):
        await county.arrives(letter)
    now = county.clock()
    await run_tx(lambda tx: key_cabinet.add_keys(tx, ZAOYANG, [county.zaoyang.key.public_jwk()], now))
    await county.parts.registry.load()
    await county.hears(letter)
    assert (await county.leg(number)).state == "ACCEPTED"
    (apart,) = await county.apart()
    assert (apart.settled_by, apart.settled_at) == ("system", county.clock())


async def test_a_retired_key_verifies_what_was_signed_before_and_nothing_later(county: County) -> None:
    number, retired_at = await county.file(), county.clock()
    old = county.zaoyang.says("note.sent", number, note("以前的话"))
    county.clock.move(hours=2)
    await run_tx(lambda tx: key_cabinet.retire(tx, ZAOYANG, ["420683-1"], retired_at + timedelta(hours=1)))
    await county.parts.registry.load()
    await county.hears(old)
    assert await county.states(number) == {1: "applied"}
    with pytest.raises(Unverified, match="retired_key"):
        await county.arrives(county.zaoyang.says("note.sent", number, note("新话")))


async def test_a_revoked_key_verifies_nothing_that_arrives_after(county: County) -> None:
    number = await county.file()
    before = county.zaoyang.says("note.sent", number, note("撤销之前到"))
    after = county.zaoyang.says("note.sent", number, note("撤销之前签，之后到"))
    await county.hears(before)
    await run_tx(lambda tx: key_cabinet.revoke(tx, ZAOYANG, "420683-1", county.clock()))
    await county.parts.registry.load()
    with pytest.raises(Unverified, match="revoked_key"):
        await county.arrives(after)
    assert await county.states(number) == {1: "applied"}
    assert (await county.arrives(before)).duplicate, "its verdict was given when it first arrived"
    assert [apart.sha256 for apart in await county.apart()] == [after.sha256]


async def test_ids_are_unique_to_their_sender_only(county: County) -> None:
    here = await county.file()
    there = await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    mine = county.zaoyang.says("note.sent", here, note(), id_="01JDG7Z3N5Q8S4T6V9W2X1Y0AB")
    theirs = county.jingshan.says("note.sent", there, note(), id_="01JDG7Z3N5Q8S4T6V9W2X1Y0AB")
    await county.arrives(mine)
    stored = await county.arrives(theirs, partner=JINGSHAN)
    assert not stored.duplicate
    assert await Incoming.all().count() == 2
