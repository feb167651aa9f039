"""The guest's post, case by case: what it believes, holds, parks, contradicts, repeats and takes back."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from messaging import contract, envelope
from partners import signing
from partners.guest.departures import Unspeakable
from partners.guest.office import Say
from partners.guest.rest import Delivery, Refused
from partners.keys import SigningKey
from tests.partners.two_counties import CASES, KEYS, SUIXIAN, ZAOYANG, Pair

CASE = CASES[0]


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[Pair]:
    async with Pair(seed=1) as pair:
        pair.line.bad = False
        yield pair


def letter(
    number: int | None, type_: str = "application.urged", *, id: str = "M1", seen: int = 0, iat: datetime | None = None,
    key: SigningKey | None = None, replaces: str | None = None, pair: Pair, data: dict[str, Any] | None = None, **claims: Any,
) -> tuple[bytes, str]:  # fmt: skip
    """A message from 随县 to 枣阳, as somebody may write it."""
    body = envelope.build(
        id=id, source=SUIXIAN, type=type_, subject=CASE, time=pair.clock.at, recipient=ZAOYANG, sequence=number,
        seen=seen, replaces=replaces, data=contract.example(type_) if data is None else data,
    )  # fmt: skip
    said = {"iss": SUIXIAN, "aud": ZAOYANG, "jti": id, **claims}
    at = int((iat or pair.clock.at).timestamp())
    return body, signing.sign(body, key or KEYS[SUIXIAN], iss=said["iss"], aud=said["aud"], jti=said["jti"], iat=at)


def receipts(pair: Pair) -> list[tuple[str | None, str]]:
    """What 枣阳 has told 随县 so far: (id, outcome)."""
    told = [envelope.parse(body) for to, _, body, _ in pair.line.under_way if to == SUIXIAN]
    return [
        (entry["id"], entry["outcome"]) for said in told if said.type == "receipt" for entry in said.data["receipts"]
    ]


async def test_the_same_message_again_gets_the_same_answer_and_no_second_effect(pair: Pair) -> None:
    body, signature = letter(1, pair=pair)
    for _ in range(3):
        await pair.zaoyang.post.receive("d", body, signature)
    assert receipts(pair) == [("M1", "applied")] * 3
    assert await pair.zaoyang.applied(CASE) == [1]


async def test_what_comes_together_is_receipted_together(pair: Pair) -> None:
    letters = [letter(number, id=f"M{number}", pair=pair) for number in (1, 2, 3)]
    deliveries = [Delivery(f"d{n}", 1, body, signature) for n, (body, signature) in enumerate(letters)]
    await pair.zaoyang.post.receive_all([*deliveries, Delivery("d3", 1, b"{", "no signature")])
    assert receipts(pair) == [("M1", "applied"), ("M2", "applied"), ("M3", "applied"), (None, "quarantined")]
    assert len([body for to, _, body, _ in pair.line.under_way if to == SUIXIAN]) == 1


async def test_a_receipt_that_the_host_refuses_is_told_one_by_one(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    door, refused = pair.zaoyang.post._seat.door, []

    async def narrow(delivery_id: str, body: bytes, signature: str) -> None:
        named = envelope.parse(body).data["receipts"]
        if len(named) > 1 or named[0]["id"] == "M2":
            refused.append(len(named))
            raise Refused(404, "no-such-delivery")
        await door.post(body, signature)

    monkeypatch.setattr(door, "receipt", narrow)
    letters = [letter(number, id=f"M{number}", pair=pair) for number in (1, 2, 3)]
    await pair.zaoyang.post.receive_all([Delivery(f"d{n}", 1, *both) for n, both in enumerate(letters)])
    assert refused == [3, 1]
    assert receipts(pair) == [("M1", "applied"), ("M3", "applied")]


async def test_another_message_with_a_known_id_is_a_contradiction(pair: Pair) -> None:
    await pair.zaoyang.post.receive("d", *letter(1, pair=pair))
    await pair.zaoyang.post.receive("d", *letter(1, data={"text": "别的话"}, pair=pair))
    assert receipts(pair) == [("M1", "applied"), ("M1", "conflict")]
    assert await pair.zaoyang.applied(CASE) == [1]
    assert await pair.zaoyang.apart() == ["conflict same_id_other_bytes"]


async def test_a_number_that_is_another_messages_is_a_contradiction_and_the_old_one_goes_back(pair: Pair) -> None:
    first = letter(1, pair=pair)
    await pair.zaoyang.post.receive("d", *first)
    await pair.zaoyang.post.receive("d", *letter(1, id="M2", pair=pair))
    await pair.zaoyang.post.tick()
    assert receipts(pair) == [("M1", "applied"), ("M2", "conflict")]
    assert first[0] in [body for to, _, body, _ in pair.line.under_way if to == SUIXIAN]


async def test_a_message_before_its_turn_is_held_told_after_five_seconds_and_asked_for(pair: Pair) -> None:
    await pair.zaoyang.post.receive("d", *letter(3, id="M3", pair=pair))
    assert receipts(pair) == []
    pair.clock.pass_(5)
    await pair.zaoyang.post.tick()
    assert receipts(pair) == [("M3", "held")]
    asked = [envelope.parse(body) for _, _, body, _ in pair.line.under_way]
    assert [(said.subject, said.data) for said in asked if said.type == "resend.requested"] == [
        (CASE, {"from": 1, "to": 2})
    ]
    await pair.zaoyang.post.receive("d", *letter(2, id="M2", pair=pair))
    await pair.zaoyang.post.receive("d", *letter(1, id="M1", pair=pair))
    assert await pair.zaoyang.applied(CASE) == [1, 2, 3]
    assert receipts(pair)[1:] == [("M1", "applied"), ("M2", "applied"), ("M3", "applied")]


async def test_a_missing_number_is_asked_for_after_5_10_20_seconds(pair: Pair) -> None:
    await pair.zaoyang.post.receive("d", *letter(2, pair=pair))
    begun, asked = pair.clock.at, []
    for _ in range(40):
        pair.clock.pass_(1)
        pair.line.under_way.clear()
        await pair.zaoyang.post.tick()
        if any(envelope.parse(body).type == "resend.requested" for _, _, body, _ in pair.line.under_way):
            asked.append((pair.clock.at - begun).total_seconds())
    assert asked == [5, 15, 35]


async def test_what_cannot_be_applied_is_parked_keeps_its_place_and_a_replacement_drains_what_is_held(
    pair: Pair,
) -> None:
    bad = contract.example("application.supplemented")
    del bad["received_at"]
    await pair.zaoyang.post.receive("d", *letter(1, "application.supplemented", id="M1", data=bad, pair=pair))
    await pair.zaoyang.post.receive("d", *letter(2, id="M2", pair=pair))
    pair.clock.pass_(5)
    await pair.zaoyang.post.tick()
    assert receipts(pair) == [("M1", "parked"), ("M2", "held")]
    await pair.zaoyang.post.receive("d", *letter(1, "application.supplemented", id="M9", replaces="M1", pair=pair))
    assert await pair.zaoyang.applied(CASE) == [1, 2]
    assert receipts(pair)[2:] == [("M9", "applied"), ("M2", "applied")]


async def test_our_own_parked_message_is_said_anew_under_its_number(pair: Pair) -> None:
    old = await pair.suixian.say(CASE, "application.urged")
    await pair.suixian.say(CASE, "application.urged")
    await pair.suixian.ledger.do(
        lambda books: books.execute("UPDATE said SET outcome = 'parked', state = 'closed' WHERE id = ?", (old,))
    )
    new = await pair.suixian.post.replace(old, {"text": "请尽快"})
    query = "SELECT sequence, body FROM said WHERE id = ?"
    row = await pair.suixian.ledger.do(lambda books: books.execute(query, (new,)).fetchone())
    assert (row["sequence"], envelope.parse(row["body"]).replaces) == (1, old)
    with pytest.raises(LookupError):
        await pair.suixian.post.replace(new, {"text": "再说一次"})


async def test_a_note_that_makes_no_sense_is_parked_but_does_not_block(pair: Pair) -> None:
    await pair.zaoyang.post.receive("d", *letter(1, "application.urged", id="M1", data={}, pair=pair))
    await pair.zaoyang.post.receive("d", *letter(2, id="M2", pair=pair))
    assert await pair.zaoyang.applied(CASE) == [2]


async def test_an_unknown_type_is_recorded_and_the_conversation_goes_on(pair: Pair) -> None:
    event = orjson.loads(letter(1, pair=pair)[0]) | {"type": "cn.tongban.application.sung.v1", "dataschema": None}
    body = orjson.dumps(event)
    signature = signing.sign(
        body, KEYS[SUIXIAN], iss=SUIXIAN, aud=ZAOYANG, jti="M1", iat=int(pair.clock.at.timestamp())
    )
    await pair.zaoyang.post.receive("d", body, signature)
    await pair.zaoyang.post.receive("d", *letter(2, id="M2", pair=pair))
    assert receipts(pair) == [("M1", "applied"), ("M2", "applied")]


async def test_a_known_type_in_an_unknown_version_is_parked(pair: Pair) -> None:
    event = orjson.loads(letter(1, "application.withdrawn", pair=pair)[0]) | {
        "type": "cn.tongban.application.withdrawn.v2"
    }
    body = orjson.dumps(event)
    signature = signing.sign(
        body, KEYS[SUIXIAN], iss=SUIXIAN, aud=ZAOYANG, jti="M1", iat=int(pair.clock.at.timestamp())
    )
    await pair.zaoyang.post.receive("d", body, signature)
    pair.clock.pass_(5)
    await pair.zaoyang.post.tick()
    assert receipts(pair) == [("M1", "parked")]
    assert await pair.zaoyang.numbers(CASE) == (0, 0)


@pytest.mark.parametrize("claims", [{"iss": "411330"}, {"aud": "411330"}, {"jti": "M2"}])
async def test_a_signature_that_names_something_else_is_quarantined_by_digest_only(
    pair: Pair, claims: dict[str, Any]
) -> None:
    await pair.zaoyang.post.receive("d", *letter(1, pair=pair, **claims))
    assert receipts(pair) == [(None, "quarantined")]
    assert await pair.zaoyang.numbers(CASE) == (0, 0)


async def test_changed_bytes_and_strange_keys_are_quarantined(pair: Pair) -> None:
    body, signature = letter(1, pair=pair)
    await pair.zaoyang.post.receive("d", body + b" ", signature)
    await pair.zaoyang.post.receive("d", *letter(1, id="M2", key=SigningKey.generate("421321-1"), pair=pair))
    await pair.zaoyang.post.receive("d", *letter(1, id="M3", key=SigningKey.generate("strange"), pair=pair))
    await pair.zaoyang.post.receive("d", b"{", "no signature")
    assert receipts(pair) == [(None, "quarantined")] * 4
    assert sorted(await pair.zaoyang.apart()) == [
        "quarantined shape",
        *["quarantined signature"] * 2,
        "quarantined unknown_key",
    ]
    assert await pair.zaoyang.applied(CASE) == []


async def test_an_old_signature_is_good_and_one_from_the_future_is_left_for_later(pair: Pair) -> None:
    early = letter(1, iat=pair.clock.at + timedelta(minutes=6), pair=pair)
    await pair.zaoyang.post.receive("d", *early)
    assert receipts(pair) == []
    pair.clock.pass_(90)
    await pair.zaoyang.post.receive("d", *early)
    await pair.zaoyang.post.receive("d", *letter(2, id="M2", iat=pair.clock.at - timedelta(days=400), pair=pair))
    assert receipts(pair) == [("M1", "applied"), ("M2", "applied")]


async def test_a_receipt_with_another_digest_closes_nothing(pair: Pair) -> None:
    id_ = await pair.zaoyang.say(CASE, "application.accepted")
    entry = {
        "id": id_,
        "sha256": "0" * 64,
        "stored_at": envelope.rfc3339(pair.clock.at),
        "highest_applied": 1,
        "outcome": "applied",
    }
    await pair.zaoyang.post.receive("d", *letter(None, "receipt", data={"receipts": [entry]}, pair=pair))
    assert [state[2:] for state in await pair.zaoyang.states()] == [("open", None)]


async def test_the_same_bytes_go_again_until_receipted(pair: Pair) -> None:
    await pair.zaoyang.say(CASE, "application.accepted")
    for _ in range(20):
        await pair.zaoyang.post.tick()
        pair.clock.pass_(10)
    bodies = [body for _, _, body, _ in pair.line.under_way]
    assert len(bodies) > 4
    assert len(set(bodies)) == 1


async def test_a_restored_county_that_speaks_first_gets_back_both_directions(pair: Pair, tmp_path: Path) -> None:
    await pair.zaoyang.ledger.dump(tmp_path / "yesterday")
    for type_ in ("application.urged", "note.sent"):
        await pair.suixian.say(CASE, type_)
        await pair.settle()
    said_before = await pair.zaoyang.say(CASE, "application.accepted")
    await pair.settle()
    await pair.zaoyang.ledger.restore(tmp_path / "yesterday")
    await pair.zaoyang.say(CASE, "note.sent")
    await pair.settle()
    assert pair.zaoyang.office.adopted_ids == [said_before]
    assert await pair.zaoyang.applied(CASE) == [1, 2]
    assert await pair.suixian.applied(CASE) == [1, 2]
    assert await pair.zaoyang.numbers(CASE) == (2, 2)


async def test_a_restored_county_does_not_say_the_same_thing_twice(pair: Pair, tmp_path: Path) -> None:
    await pair.zaoyang.ledger.dump(tmp_path / "yesterday")
    await pair.zaoyang.say(CASE, "application.accepted")
    await pair.settle()
    await pair.zaoyang.ledger.restore(tmp_path / "yesterday")
    await pair.zaoyang.say(CASE, "application.accepted")
    await pair.settle()
    assert await pair.suixian.applied(CASE) == [1]
    assert [state[2] for state in await pair.zaoyang.states()] == ["superseded", "closed"]


async def test_our_own_bad_words_get_no_number(pair: Pair) -> None:
    with pytest.raises(Unspeakable):
        await pair.zaoyang.post.say(CASE, Say("application.accepted", {"reference": "x"}))
    assert await pair.zaoyang.numbers(CASE) == (0, 0)
