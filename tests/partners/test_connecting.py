"""Connecting neighbours: the start sheet, pinned and held keys, rotation, revocation, rest and removal."""

from datetime import timedelta
from typing import Any

import pytest

from messaging.tables import Outgoing
from messaging.unit_of_work import run_tx
from partners import connect, key_cabinet
from partners.connect import CannotConnect
from partners.key_cabinet import KidTaken
from partners.keys import BadKey, SigningKey
from partners.registry import Registry, UnknownPartner, UnusableKey, Way
from partners.tables import PartnerKey
from tests.partners.neighbours import CASE, NOW, OUR_KEY, SHENNONGJIA, ZAOYANG, ZAOYANG_KEY, Neighbours

JWKS = {"keys": [ZAOYANG_KEY.public_jwk()]}
HOUR = timedelta(hours=1)


def fits(neighbours: Neighbours, kid: str, **asked: Any) -> str:
    """The kid of the key that may verify, or why none may."""
    question = {"at": NOW, "arriving": True, "now": NOW, **asked}
    try:
        return neighbours.registry.key_for(ZAOYANG, kid, **question).kid
    except UnusableKey as error:
        return error.reason


async def test_a_polling_partner_gets_a_start_sheet_with_everything_it_needs(neighbours: Neighbours) -> None:
    sheet = await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    assert sheet == {
        "code": ZAOYANG,
        "by": "polling",
        "api": "https://tongban.example",
        "client_id": "partner-420683",
        "client_secret": "a secret",
        "our_jwks": {"keys": [OUR_KEY.public_jwk()]},
        "amqp": None,
        "webhook_secret": None,
    }
    assert neighbours.clients == [(ZAOYANG, ("messages", "agreements"))]
    partner = neighbours.registry.get(ZAOYANG)
    assert (partner.connection, partner.custodial, partner.suspended) == (Way.POLLING, False, None)
    assert neighbours.registry.held_key(ZAOYANG) is None
    assert fits(neighbours, "420683-1") == "420683-1"


async def test_for_a_desk_partner_we_hold_the_key_and_it_gets_no_client(neighbours: Neighbours) -> None:
    sheet = await neighbours.connect(SHENNONGJIA, "desk")
    assert (sheet["client_id"], sheet["client_secret"], neighbours.clients) == (None, None, [])
    key = neighbours.registry.held_key(SHENNONGJIA)
    assert key is not None
    known = neighbours.registry.key_for(SHENNONGJIA, key.kid, NOW, arriving=True, now=NOW)
    assert (known.held, known.thumbprint) == (True, key.thumbprint)
    row = await PartnerKey.get(jurisdiction=SHENNONGJIA)
    assert key.private_jwk()["d"].encode() not in bytes(row.sealed or b"")
    assert "d" not in row.jwk


@pytest.mark.parametrize(
    ("code", "by", "more", "why"),
    [
        (ZAOYANG, "amqp", {}, "RabbitMQ"),
        (ZAOYANG, "webhook", {}, "not in this version"),
        (ZAOYANG, "pigeon", {}, "pigeon"),
        ("枣阳", "polling", {}, "six-digit"),
        (ZAOYANG, "desk", {"jwks": JWKS}, "leave --jwks out"),
        (ZAOYANG, "polling", {"jwks": JWKS, "custodial": True}, "leave --jwks out"),
    ],
)
async def test_what_cannot_be_connected_is_refused_with_the_reason_and_leaves_nothing(
    neighbours: Neighbours, code: str, by: str, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(CannotConnect, match=why):
        await neighbours.connect(code, by, **more)
    assert neighbours.registry.all() == []
    assert neighbours.clients == []


async def test_a_partner_cannot_be_connected_twice(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    with pytest.raises(CannotConnect, match="already"):
        await neighbours.connect(ZAOYANG, "desk")


async def test_a_private_key_in_a_key_set_is_refused_and_nothing_is_connected(neighbours: Neighbours) -> None:
    with pytest.raises(BadKey, match="private"):
        await neighbours.connect(ZAOYANG, "polling", jwks={"keys": [ZAOYANG_KEY.private_jwk()]})
    await neighbours.registry.load()
    assert neighbours.registry.all() == []
    assert await PartnerKey.all().count() == 0


async def test_the_same_key_again_is_no_change_and_another_under_its_name_is_refused(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    same, other = [ZAOYANG_KEY.public_jwk()], [SigningKey.generate("420683-1").public_jwk()]
    assert await run_tx(lambda connection: key_cabinet.add_keys(connection, ZAOYANG, same, NOW)) == []
    with pytest.raises(KidTaken, match="420683-1"):
        await run_tx(lambda connection: key_cabinet.add_keys(connection, ZAOYANG, other, NOW))


async def test_a_retired_key_verifies_what_was_signed_before_and_nothing_after(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    new = [SigningKey.generate("420683-2").public_jwk()]
    fresh = await run_tx(
        lambda connection: key_cabinet.rotate(connection, ZAOYANG, NOW, keys=new, retire_at=NOW + HOUR)
    )
    await neighbours.registry.load()
    later = NOW + 2 * HOUR
    assert fresh == ["420683-2"]
    assert fits(neighbours, "420683-2", at=later, now=later) == "420683-2"
    assert fits(neighbours, "420683-1", at=NOW + HOUR / 2, now=later) == "420683-1"
    assert fits(neighbours, "420683-1", at=NOW - timedelta(days=3000), now=later) == "420683-1"
    assert fits(neighbours, "420683-1", at=NOW + HOUR, now=later) == "retired_key"


async def test_a_revoked_key_verifies_nothing_that_arrives_after_but_old_verdicts_can_be_shown_again(
    neighbours: Neighbours,
) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    assert await run_tx(lambda connection: key_cabinet.revoke(connection, ZAOYANG, "420683-1", NOW + HOUR))
    assert not await run_tx(lambda connection: key_cabinet.revoke(connection, ZAOYANG, "420683-1", NOW + HOUR))
    await neighbours.registry.load()
    later = NOW + 2 * HOUR
    assert fits(neighbours, "420683-1", at=NOW, now=later) == "revoked_key"
    assert fits(neighbours, "420683-1", at=NOW, now=later, arriving=False) == "420683-1"


async def test_a_key_is_its_owners_only_and_counts_from_the_time_it_was_given_for(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    new = [SigningKey.generate("420683-2").public_jwk()]
    await run_tx(lambda connection: key_cabinet.add_keys(connection, ZAOYANG, new, NOW, valid_from=NOW + HOUR))
    await neighbours.registry.load()
    assert fits(neighbours, "420683-2") == "not_valid_yet"
    assert fits(neighbours, "420683-2", now=NOW + HOUR) == "420683-2"
    assert fits(neighbours, "nobody") == "unknown_key"
    with pytest.raises(UnusableKey, match="unknown_key"):
        neighbours.registry.key_for("411330", "420683-1", NOW, arriving=True, now=NOW)


async def test_a_held_key_is_rotated_by_us_and_the_new_one_signs(neighbours: Neighbours) -> None:
    await neighbours.connect(SHENNONGJIA, "desk")
    old = neighbours.registry.held_key(SHENNONGJIA)
    rotate = key_cabinet.rotate
    fresh = await run_tx(lambda connection: rotate(connection, SHENNONGJIA, NOW, sealer=neighbours.sealer))
    await neighbours.registry.load()
    new = neighbours.registry.held_key(SHENNONGJIA)
    assert old is not None
    assert new is not None
    assert [new.kid] == fresh
    assert new.thumbprint != old.thumbprint


async def test_a_link_rests_until_its_time_or_until_somebody_wakes_it(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    until = NOW + HOUR
    await run_tx(lambda connection: connect.suspend(connection, ZAOYANG, NOW, until=until, notice="系统维护"))
    await neighbours.registry.load()
    partner = neighbours.registry.get(ZAOYANG)
    assert (partner.rests(NOW), partner.rests(until)) == (True, False)
    assert partner.suspended is not None
    assert partner.suspended.notice == "系统维护"
    await run_tx(lambda connection: connect.resume(connection, ZAOYANG))
    await neighbours.registry.load()
    assert not neighbours.registry.get(ZAOYANG).rests(NOW)
    with pytest.raises(UnknownPartner):
        await run_tx(lambda connection: connect.resume(connection, "411330"))


async def test_a_link_with_open_messages_is_not_removed_and_keys_outlive_the_link(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    row = await Outgoing.create(
        id=1,
        message_id="M1",
        partner=ZAOYANG,
        subject=CASE,
        sequence=1,
        type="x",
        key_id=1,
        body=b"",
        sha256="",
        created_at=NOW,
    )
    with pytest.raises(CannotConnect, match="1 messages"):
        await run_tx(lambda connection: connect.remove(connection, ZAOYANG, NOW))
    await Outgoing.filter(id=row.id).update(state="closed")
    await run_tx(lambda connection: connect.remove(connection, ZAOYANG, NOW))
    await neighbours.registry.load()
    with pytest.raises(UnknownPartner):
        neighbours.registry.get(ZAOYANG)
    assert fits(neighbours, "420683-1", at=NOW - HOUR, arriving=False) == "420683-1"


async def test_another_installations_sealing_key_opens_no_held_key(neighbours: Neighbours) -> None:
    await neighbours.connect(SHENNONGJIA, "desk")
    stranger = Registry(type(neighbours.sealer)(b"x" * 32, b"i" * 32, "aes-gcm"))
    with pytest.raises(Exception, match="unknown_key"):
        await stranger.load()


async def changed(neighbours: Neighbours, by: str, **more: Any) -> dict[str, Any]:
    """The same command for a partner that is connected."""

    async def no_client(tx: Any, jurisdiction: str, scopes: Any) -> tuple[str, str]:
        return f"partner-{jurisdiction}", "new"

    told: dict[str, Any] = {
        "api": "https://tongban.example",
        "our_jwks": {"keys": []},
        "create_client": no_client,
        **more,
    }
    return await run_tx(lambda tx: connect.change_way(tx, ZAOYANG, by, sealer=neighbours.sealer, now=NOW, **told))


async def test_a_connected_partner_changes_its_way_and_keeps_its_client_and_keys(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    sheet = await changed(neighbours, "desk")
    assert (sheet["by"], sheet["client_id"]) == ("desk", None)
    await neighbours.registry.load()
    assert neighbours.registry.get(ZAOYANG).connection is Way.DESK
    assert neighbours.registry.held_key(ZAOYANG) is not None
    assert fits(neighbours, "420683-1") == "420683-1", "what it signed before can still be verified"
    sheet = await changed(neighbours, "polling")
    assert (sheet["client_id"], sheet["client_secret"]) == ("partner-420683", None)
    sheet = await changed(neighbours, "amqp", broker=True)
    assert sheet["by"] == "amqp"


async def test_what_is_not_receipted_goes_to_the_new_place_under_its_id(neighbours: Neighbours) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    later = NOW + HOUR
    for state, sequence in (("confirmed", 1), ("closed", 2), ("conflict", 3)):
        await Outgoing.create(
            id=sequence, message_id=f"m{sequence}", partner=ZAOYANG, subject=CASE, sequence=sequence, type="note.sent",
            key_id=1, body=b"", sha256="0" * 64, state=state, due_at=later if state == "confirmed" else None, created_at=NOW,
        )  # fmt: skip
    await changed(neighbours, "desk")
    assert [row.due_at for row in await Outgoing.all().order_by("id")] == [NOW, None, None]


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        ("polling", {}, "already"),
        ("amqp", {"broker": False}, "RabbitMQ"),
        ("webhook", {}, "not in this version"),
        ("desk", {"jwks": JWKS}, "leave --jwks out"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    neighbours: Neighbours, by: str, more: dict[str, Any], said: str
) -> None:
    await neighbours.connect(ZAOYANG, "polling", jwks=JWKS)
    with pytest.raises(CannotConnect, match=said):
        await changed(neighbours, by, **more)


async def test_a_desk_partner_that_gets_a_system_brings_its_keys(neighbours: Neighbours) -> None:
    await neighbours.connect(SHENNONGJIA, "desk")

    async def client(tx: Any, jurisdiction: str, scopes: Any) -> tuple[str, str]:
        return f"partner-{jurisdiction}", "new"

    async def change(**more: Any) -> dict[str, Any]:
        told: dict[str, Any] = {
            "api": "",
            "our_jwks": {},
            "create_client": client,
            "sealer": neighbours.sealer,
            "now": NOW,
            **more,
        }
        return await run_tx(lambda tx: connect.change_way(tx, SHENNONGJIA, "polling", **told))

    with pytest.raises(CannotConnect, match="--jwks"):
        await change()
    sheet = await change(jwks={"keys": [SigningKey.generate("429021-9").public_jwk()]})
    assert (sheet["client_id"], sheet["client_secret"]) == (f"partner-{SHENNONGJIA}", "new")
