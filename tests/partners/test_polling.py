"""The polling courier and the verdict on what a partner sends: believed, or set apart with a reason."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from messaging import contract, envelope
from messaging.inbox import Unverified
from messaging.strict_json import Malformed
from messaging.tables import Incoming, SetApart
from partners.couriers import polling
from partners.couriers.on_behalf import NoKeyHeld
from partners.couriers.polling import NoSuchDelivery, WrongReceipt
from partners.keys import SigningKey
from tests.partners.neighbours import CASE, SHENNONGJIA, ZAOYANG, ZAOYANG_KEY, Neighbours

ACCEPTED = "application.accepted"


@pytest_asyncio.fixture
async def house(neighbours: Neighbours) -> Neighbours:
    await neighbours.connect(ZAOYANG, "polling", jwks={"keys": [ZAOYANG_KEY.public_jwk()]})
    await neighbours.connect(SHENNONGJIA, "polling", custodial=True)
    return neighbours


async def ready(house: Neighbours, partner: str = ZAOYANG) -> list[str]:
    return [item.id for item in await polling.hand_out(house.mailbox, partner)]


async def test_a_signed_receipt_is_stored_and_lets_the_next_message_go(house: Neighbours) -> None:
    first, second = await house.send(ZAOYANG, 1), await house.send(ZAOYANG, 2, "application.urged")
    assert await ready(house) == [first]
    await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first, *house.zaoyang_receipt(first))
    assert await ready(house) == [second]
    assert [(row.type, row.custodial) for row in await house.incoming(ZAOYANG)] == [("receipt", False)]


async def test_one_receipt_may_close_several(house: Neighbours) -> None:
    first = await house.send(ZAOYANG, 1)
    second = await house.send(ZAOYANG, 2, "application.urged")
    await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first, *house.zaoyang_receipt(first, second))
    assert await ready(house) == []


async def test_what_is_not_believed_is_closed_by_its_digest(house: Neighbours) -> None:
    ids_ = [await house.send(ZAOYANG, 1), await house.send(ZAOYANG, 2)]
    first, second = [await house.mailbox.find(ZAOYANG, id_) for id_ in ids_]
    assert first is not None
    assert second is not None
    entries = [
        {
            "id": id_,
            "sha256": row.sha256,
            "stored_at": envelope.rfc3339(house.at),
            "highest_applied": 0,
            "outcome": word,
        }
        for id_, row, word in ((first.message_id, first, "applied"), (None, second, "quarantined"))
    ]
    letter = house.zaoyang_letter("receipt", "receipt", {"receipts": entries}, None)
    await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first.message_id, *letter)
    assert await ready(house) == []


async def test_a_receipt_for_something_else_changes_nothing(house: Neighbours) -> None:
    first = await house.send(ZAOYANG, 1)
    settle = polling.settle
    with pytest.raises(NoSuchDelivery):
        await settle(house.mailbox, house.inbox.store, ZAOYANG, "nothing", *house.zaoyang_receipt("nothing"))
    with pytest.raises(WrongReceipt, match="names_another_message"):
        await settle(house.mailbox, house.inbox.store, ZAOYANG, first, *house.zaoyang_receipt("another"))
    accepted = house.zaoyang_letter(ACCEPTED, CASE, contract.example(ACCEPTED), 1)
    with pytest.raises(WrongReceipt, match="not_a_receipt"):
        await settle(house.mailbox, house.inbox.store, ZAOYANG, first, *accepted)
    assert await ready(house) == [first]
    assert await Incoming.all().count() == 0


async def test_a_receipt_that_cannot_be_believed_is_set_apart_and_closes_nothing(house: Neighbours) -> None:
    first = await house.send(ZAOYANG, 1)
    forged = house.zaoyang_receipt(first, key=SigningKey.generate("420683-1"))
    with pytest.raises(Unverified, match="signature"):
        await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first, *forged)
    with pytest.raises(Malformed):
        await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first, b"{", "a..b")
    assert await ready(house) == [first]
    assert [row.outcome for row in await SetApart.all()] == ["quarantined"]


async def test_no_partner_receipts_what_is_anothers(house: Neighbours) -> None:
    first = await house.send(SHENNONGJIA, 1)
    with pytest.raises(NoSuchDelivery):
        await polling.settle(house.mailbox, house.inbox.store, ZAOYANG, first, *house.zaoyang_receipt(first))
    assert await ready(house, SHENNONGJIA) == [first]


async def test_a_custodial_partner_says_only_the_outcome_and_evidence_can_tell(house: Neighbours) -> None:
    first = await house.send(SHENNONGJIA, 1)
    settle = polling.settle_custodial
    with pytest.raises(WrongReceipt, match="unknown_outcome"):
        await settle(house.mailbox, house.inbox.store, house.on_behalf, SHENNONGJIA, first, "perhaps")
    await settle(house.mailbox, house.inbox.store, house.on_behalf, SHENNONGJIA, first, "applied")
    (row,) = await house.incoming(SHENNONGJIA)
    assert (row.type, row.custodial) == ("receipt", True)
    (entry,) = (await house.opened(row)).data["receipts"]
    assert (entry["id"], entry["outcome"], entry["highest_applied"]) == (first, "applied", 1)
    assert await ready(house, SHENNONGJIA) == []


async def test_we_sign_for_custodial_partners_only(house: Neighbours) -> None:
    body, _ = house.zaoyang_letter(ACCEPTED, CASE, contract.example(ACCEPTED), 1)
    with pytest.raises(NoKeyHeld):
        house.on_behalf.sign(ZAOYANG, body)
    with pytest.raises(Unverified, match="unsigned"):
        await house.inbox.store(ZAOYANG, body, None, door="rest")


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ({"key": SigningKey.generate("420683-1")}, "signature"),
        ({"key": SigningKey.generate("420683-9")}, "unknown_key"),
        ({"ahead": timedelta(minutes=6)}, "iat_ahead"),
        ({"iat": 2**53 - 1}, "claims"),
    ],
)
async def test_what_is_not_believed_has_a_reason_and_no_effect(
    house: Neighbours, letter: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Unverified, match=reason):
        await house.inbox.store(
            ZAOYANG, *house.zaoyang_letter(ACCEPTED, CASE, contract.example(ACCEPTED), 1, **letter), door="rest"
        )
    assert await Incoming.all().count() == 0
    (apart,) = await SetApart.all()
    assert apart.reason == reason
    assert (apart.retry_at is not None) == (reason == "iat_ahead")


async def test_an_old_signature_is_no_reason(house: Neighbours) -> None:
    letter = house.zaoyang_letter(ACCEPTED, CASE, contract.example(ACCEPTED), 1, ahead=timedelta(days=-900))
    stored = await house.inbox.store(ZAOYANG, *letter, door="rest")
    assert not stored.duplicate
