"""Many rows in one statement: as the ORM would write and read them, and all of it or nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError, ValidationError

from messaging import bulk, confirming, ids, outbox
from messaging.tables import Conversation, Outgoing
from messaging.unit_of_work import run_tx
from tests.county import ZAOYANG, County

NOW = datetime(2026, 11, 24, 2, 0, 0, 123456, UTC)


def talk(subject: str, **given: object) -> Conversation:
    return Conversation(id=ids.row_id(), partner=ZAOYANG, subject=subject, key_id=1, **given)


def letter(number: int | None, **given: object) -> Outgoing:
    id_ = ids.row_id()
    values = {
        "id": id_, "message_id": f"m-{id_}", "partner": ZAOYANG, "subject": "s", "sequence": number, "type": "note.sent",
        "key_id": 1, "body": b"\x00\xff", "sha256": "0" * 64, "due_at": NOW, "created_at": NOW,
    }  # fmt: skip
    return Outgoing(**values | given)


async def test_what_was_inserted_is_read_as_the_orm_reads_it(county: County) -> None:
    row = letter(1, signature="对方", reason=None)
    await run_tx(lambda tx: bulk.insert(tx, [row]))
    (found,) = await bulk.select(county.parts.connection, Outgoing, id=[row.id])
    ours = await Outgoing.get(id=row.id)
    for name in Outgoing._meta.db_fields:
        assert getattr(found, name) == getattr(ours, name) == getattr(row, name), name


async def test_an_update_writes_only_the_columns_that_it_names(county: County) -> None:
    one, other = letter(1), letter(2)
    await run_tx(lambda tx: bulk.insert(tx, [one, other]))
    one.state, one.reason = "confirmed", "not written"
    await run_tx(lambda tx: bulk.update(tx, [one], "state"))
    assert await Outgoing.filter(id=one.id).values_list("state", "reason") == [("confirmed", None)]
    assert (await Outgoing.get(id=other.id)).state == "written"


async def test_doubles_are_left_as_they_are_only_if_so_wished(county: County) -> None:
    await run_tx(lambda tx: bulk.insert(tx, [talk("a", next_out=7)]))
    await run_tx(lambda tx: bulk.insert(tx, [talk("a"), talk("b")], ignore_doubles=True))
    assert (await Conversation.get(partner=ZAOYANG, subject="a")).next_out == 7
    with pytest.raises(IntegrityError):
        await run_tx(lambda tx: bulk.insert(tx, [talk("c"), talk("a")]))
    assert await Conversation.filter(partner=ZAOYANG, subject="c").count() == 0


async def test_many_tables_are_written_together(county: County) -> None:
    said, writing = letter(1), bulk.Writing()
    writing.insert([talk("a")])
    writing.insert([said])
    await run_tx(writing.write)
    assert await Conversation.filter(subject="a").count() == await Outgoing.filter(id=said.id).count() == 1
    await run_tx(writing.write)  # nothing is left to be written twice


async def test_a_text_longer_than_its_column_is_refused(county: County) -> None:
    with pytest.raises(ValidationError, match="reason"):
        await run_tx(lambda tx: bulk.insert(tx, [letter(1, reason="长" * 2001)]))


async def test_rows_are_found_by_every_column_given_in_order_and_at_most_so_many(county: County) -> None:
    rows = [letter(number) for number in (3, 1, 2)]
    await run_tx(lambda tx: bulk.insert(tx, rows))
    connection = county.parts.connection
    found = await bulk.select(connection, Outgoing, subject=["s"], state=["written"], order="sequence", most=2)
    assert [row.sequence for row in found] == [1, 2]
    assert await bulk.select(connection, Outgoing, subject=["s"], state=[]) == []
    locked = await run_tx(lambda tx: bulk.select(tx, Outgoing, subject=["s"], lock=True, skip=True))
    assert [row.id for row in locked] == sorted(row.id for row in rows)


async def test_columns_left_out_are_not_there(county: County) -> None:
    row = letter(1)
    await run_tx(lambda tx: bulk.insert(tx, [row]))
    (found,) = await bulk.select(county.parts.connection, Outgoing, id=[row.id], without=outbox.BYTES)
    assert (found.sequence, found.due_at) == (1, NOW)
    assert "body" not in vars(found)


async def test_a_first_confirmation_is_as_the_outbox_says(county: County) -> None:
    numbered, outside = letter(1, attempts=3, reason="the bus was away"), letter(None)
    receipted = letter(2, state="closed", due_at=None, outcome="applied")
    again = letter(3, state="confirmed", confirmed_at=NOW - timedelta(hours=1), attempts=1)
    rows = [numbered, outside, receipted, again]
    await run_tx(lambda tx: bulk.insert(tx, rows))
    newly = await run_tx(lambda tx: confirming.first(tx, rows, NOW))
    assert [row.id for row in newly] == sorted((numbered.id, outside.id))
    for given in (letter(1, attempts=3, reason="the bus was away"), letter(None)):
        outbox.confirmed(given, NOW)
        row = await Outgoing.get(id=numbered.id if given.sequence else outside.id)
        told = [(one.state, one.attempts, one.due_at, one.confirmed_at, one.reason) for one in (row, given)]
        assert told[0] == told[1]
    assert (await Outgoing.get(id=receipted.id)).confirmed_at is None
    assert (await Outgoing.get(id=again.id)).attempts == 1
