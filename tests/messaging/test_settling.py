"""What is stuck in the post room has exits, each by a named person, and each leaves an audit line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tortoise import Tortoise

from messaging import applier, at_rest, contract, conversation, envelope, outbox, receipts, settling
from messaging.applier import Heard, Unmappable
from messaging.arrivals import Verdict
from messaging.envelope import Envelope
from messaging.inbox import Inbox, Unverified
from messaging.key_ring import KeyRing
from messaging.outbox import Sender
from messaging.sealing import Sealer
from messaging.settling import NotStuck, NotThere
from messaging.tables import Conversation, Incoming, Mail, Outgoing, SetApart
from messaging.unit_of_work import Connection, finish, remember_context, run_tx
from tests.services import databases

SUIXIAN, ZAOYANG = "421321", "420683"
CASE = "421321202611242000001G"
WANG = "person:421321:王五"
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
T = TypeVar("T")


class Room:
    """Remembers what it heard, and cannot map what it was told to refuse."""

    def __init__(self) -> None:
        self.heard: list[int | None] = []
        self.refuses: set[str] = set()

    def not_ready(self, said: Envelope) -> str | None:
        return None

    def hear(self, said: Envelope, row: Incoming, talk: Conversation, now: datetime) -> Heard:
        if said.type in self.refuses:
            raise Unmappable("no_such_case")
        self.heard.append(said.sequence)
        return Heard("applied")


class PostRoom:
    """The tables of the post room in one file, with everything around them as small as it can be."""

    def __init__(self) -> None:
        self.keys = KeyRing(Sealer(b"s" * 32, b"i" * 32, "aes-gcm"))
        self.sender = Sender(SUIXIAN, self.keys)
        self.inbox = Inbox(SUIXIAN, self.keys, self._believe, lambda: NOW, lambda partner, subject: None)
        self.room = Room()
        self.audit: list[tuple[str, str, str | None, Mapping[str, Any]]] = []

    def _believe(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        if signature != "good":
            raise Unverified("bad_signature")
        return Verdict("420683-1", False)

    async def note(
        self, connection: Connection, who: str, what: str, why: str | None, detail: Mapping[str, Any]
    ) -> None:
        self.audit.append((who, what, why, detail))

    async def hear(self, number: int, type_: str, data: dict[str, Any] | None = None, **more: Any) -> str:
        """枣阳 says something; its message is stored. Returns the message's id."""
        id_ = f"{type_}-{number}-{len(more)}"
        body = envelope.build(
            id=id_,
            source=ZAOYANG,
            type=type_,
            subject=CASE,
            time=NOW,
            recipient=SUIXIAN,
            sequence=number,
            seen=0,
            data=contract.example(type_) if data is None else data,
            **more,
        )
        await self.inbox.store(ZAOYANG, body, "good", door="rest")
        return id_

    async def drain(self) -> None:
        """What the worker does with a conversation that was touched."""

        async def unit(connection: Connection) -> None:
            talk = await conversation.locked(connection, self.keys, ZAOYANG, CASE, NOW)
            rows = await (
                Incoming.filter(subject=CASE, state__in=["stored", "held", "parked", "set_aside"])
                .using_db(connection)
                .order_by("sequence")
            )
            await self.keys.fetch([talk.key_id], connection)
            for row in applier.drain(self.keys, talk, rows, self.room, NOW):
                await row.save(using_db=connection)
            await talk.save(using_db=connection)

        await run_tx(unit)

    async def say(self, type_: str) -> Outgoing:
        """随县 says something to 枣阳."""

        async def unit(connection: Connection) -> Outgoing:
            talk = await conversation.locked(connection, self.keys, ZAOYANG, CASE, NOW)
            row = outbox.say(self.sender, talk, type_, contract.example(type_), NOW)
            await row.save(using_db=connection, force_create=True)
            await talk.save(using_db=connection)
            return row

        return await run_tx(unit)

    async def answered(self, row: Outgoing, outcome: str, reason: str | None = None) -> None:
        """枣阳's receipt for a message of ours."""
        fresh = await Outgoing.get(id=row.id)
        outbox.receipted(fresh, outcome, reason, "r1", NOW)
        await fresh.save()

    async def row(self, message_id: str) -> Incoming:
        return await Incoming.get(message_id=message_id)

    async def states(self) -> list[tuple[int | None, str]]:
        return [(row.sequence, row.state) for row in await Incoming.all().order_by("sequence", "id")]

    async def next_in(self) -> int:
        return int((await Conversation.get(subject=CASE)).next_in)

    async def tx(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await run_tx(work)

    async def replay(self, message_id: str) -> Incoming:
        row = await self.row(message_id)
        return await run_tx(lambda tx: settling.replay(tx, self.keys, row.id, WANG, "已修复", NOW, self.note))

    async def set_aside(self, message_id: str) -> Incoming:
        row = await self.row(message_id)
        return await run_tx(lambda tx: settling.set_aside_incoming(tx, self.keys, row.id, WANG, "重复", NOW, self.note))


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[PostRoom]:
    await Tortoise.init(config=databases.config(tmp_path, ["messaging.tables"]), _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    remember_context()
    yield PostRoom()
    await finish()
    await Tortoise.close_connections()


async def test_a_parked_message_is_replayed_in_its_place_and_what_waited_behind_it_follows(post: PostRoom) -> None:
    post.room.refuses.add("application.accepted")
    parked = await post.hear(1, "application.accepted")
    await post.hear(2, "application.decided")
    await post.drain()
    assert await post.states() == [(1, "parked"), (2, "held")]

    post.room.refuses.clear()
    await post.replay(parked)
    await post.drain()

    assert await post.states() == [(1, "applied"), (2, "applied")]
    assert post.room.heard == [1, 2]
    assert (await post.row(parked)).settled_by == WANG


async def test_a_note_that_was_passed_by_is_replayed_out_of_order_and_moves_nothing(post: PostRoom) -> None:
    post.room.refuses.add("note.sent")
    note = await post.hear(1, "note.sent")
    await post.hear(2, "application.accepted")
    await post.drain()
    assert await post.states() == [(1, "parked"), (2, "applied")]

    post.room.refuses.clear()
    await post.replay(note)
    await post.drain()

    assert await post.states() == [(1, "applied"), (2, "applied")]
    assert post.room.heard == [2, 1]
    assert await post.next_in() == 3


async def test_a_replay_that_fails_again_is_parked_again(post: PostRoom) -> None:
    post.room.refuses.add("application.accepted")
    parked = await post.hear(1, "application.accepted")
    await post.drain()
    await post.replay(parked)
    await post.drain()
    row = await post.row(parked)
    assert (row.state, row.reason, await post.next_in()) == ("parked", "no_such_case", 1)


async def test_setting_aside_lets_the_conversation_go_on_and_is_told_at_once(post: PostRoom) -> None:
    post.room.refuses.add("application.accepted")
    parked = await post.hear(1, "application.accepted")
    await post.hear(2, "application.decided")
    await post.drain()

    row = await post.set_aside(parked)
    assert (row.receipt_due_at, row.reason, row.settled_by) == (NOW, "重复", WANG)
    assert await post.next_in() == 2
    assert await post.states() == [(1, "set_aside"), (2, "stored")]  # a service beside us sees what to look at
    await post.drain()

    assert await post.states() == [(1, "set_aside"), (2, "applied")]
    assert post.room.heard == [2]
    letter = await run_tx(lambda tx: receipts.compose(tx, post.sender, ZAOYANG, None, NOW))
    assert letter is not None
    said = envelope.parse(post.keys.open(letter.key_id, letter.body, at_rest.outgoing(letter.message_id)))
    told = {entry["id"]: (entry["outcome"], entry["highest_applied"]) for entry in said.data["receipts"]}
    assert told[parked] == ("set_aside", 2)


async def test_a_message_that_waits_behind_a_gap_may_be_set_aside_before_its_turn(post: PostRoom) -> None:
    await post.hear(3, "application.decided")
    await post.hear(2, "application.accepted")
    await post.drain()
    await post.set_aside("application.accepted-2-0")
    assert await post.next_in() == 1
    await post.hear(1, "application.accepted")
    await post.drain()
    assert await post.states() == [(1, "applied"), (2, "set_aside"), (3, "applied")]
    assert await post.next_in() == 4


async def test_a_replacement_of_a_note_that_was_passed_by_is_heard_too(post: PostRoom) -> None:
    note = await post.hear(1, "note.sent", {"text": ""})
    await post.hear(2, "application.accepted")
    await post.drain()
    assert (await post.row(note)).state == "parked"
    await post.hear(1, "note.sent", replaces=note)
    await post.drain()
    assert [state for _, state in await post.states()] == ["replaced", "applied", "applied"]
    assert post.room.heard == [2, 1]


async def test_only_what_is_stuck_can_be_replayed_or_set_aside(post: PostRoom) -> None:
    applied = await post.hear(1, "application.accepted")
    await post.drain()
    with pytest.raises(NotStuck, match="applied"):
        await post.replay(applied)
    with pytest.raises(NotStuck, match="applied"):
        await post.set_aside(applied)
    with pytest.raises(NotThere):
        await run_tx(lambda tx: settling.replay(tx, post.keys, 1, WANG, "", NOW, post.note))
    assert post.audit == []


async def test_two_people_at_once_replay_a_message_once(post: PostRoom) -> None:
    post.room.refuses.add("application.accepted")
    parked = await post.hear(1, "application.accepted")
    await post.drain()
    results = await asyncio.gather(post.replay(parked), post.replay(parked), return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["Incoming", "NotStuck"]
    assert [what for _, what, _, _ in post.audit] == ["post.replayed"]


async def test_a_message_that_the_partner_could_not_verify_goes_again_with_the_same_bytes(post: PostRoom) -> None:
    row = await post.say("application.submitted")
    await post.answered(row, "quarantined", "unknown_key")
    assert (await Outgoing.get(id=row.id)).due_at is None

    await run_tx(lambda tx: settling.send_again(tx, row.id, WANG, NOW, post.note))
    again = await Outgoing.get(id=row.id)
    assert (again.due_at, again.sha256, again.body) == (NOW, row.sha256, row.body)

    await post.answered(again, "quarantined", "unknown_key")  # the same answer closes the matter again
    assert (await Outgoing.get(id=row.id)).due_at is None


async def test_what_the_partner_has_is_not_sent_again(post: PostRoom) -> None:
    row = await post.say("application.submitted")
    await post.answered(row, "applied")
    with pytest.raises(NotStuck, match="applied"):
        await run_tx(lambda tx: settling.send_again(tx, row.id, WANG, NOW, post.note))


async def test_a_message_closed_by_name_is_not_offered_again_and_keeps_who_and_why(post: PostRoom) -> None:
    row = await post.say("application.urged")
    await Mail.create(
        partner=ZAOYANG, message_id=row.message_id, subject=CASE, sequence=1, key_id=row.key_id, body=b"", sha256=row.sha256,
        signature="", stored_at=NOW,
    )  # fmt: skip
    await run_tx(lambda tx: settling.set_aside_outgoing(tx, row.id, WANG, "已电话告知", NOW, post.note))
    closed = await Outgoing.get(id=row.id)
    assert (closed.state, closed.outcome, closed.closed_by, closed.due_at) == ("closed", "set_aside", WANG, None)
    assert (await Mail.get(message_id=row.message_id)).state == "receipted"
    with pytest.raises(NotStuck):
        await run_tx(lambda tx: settling.set_aside_outgoing(tx, row.id, WANG, "再来", NOW, post.note))


async def test_a_parked_message_is_replaced_under_the_same_number(post: PostRoom) -> None:
    row = await post.say("application.submitted")
    await post.answered(row, "parked", "schema /answers:required")
    data = contract.example("application.submitted")
    new = await run_tx(
        lambda tx: settling.replace_outgoing(tx, post.sender, row.id, data, WANG, "补全申请表", NOW, post.note)
    )
    said = envelope.parse(post.keys.open(new.key_id, new.body, at_rest.outgoing(new.message_id)))
    assert (said.sequence, said.replaces, said.type) == (1, row.message_id, "application.submitted")
    assert (await Outgoing.get(id=row.id)).closed_by == WANG
    assert (await Conversation.get(subject=CASE)).next_out == 2


async def test_a_replacement_is_held_against_the_contract_before_it_gets_a_number(post: PostRoom) -> None:
    row = await post.say("application.submitted")
    await post.answered(row, "parked", "schema")
    with pytest.raises(outbox.Unspeakable):
        await run_tx(lambda tx: settling.replace_outgoing(tx, post.sender, row.id, {}, WANG, "空", NOW, post.note))
    assert await Outgoing.all().count() == 1
    assert (await Outgoing.get(id=row.id)).closed_by is None


async def test_only_what_the_partner_parked_is_replaced(post: PostRoom) -> None:
    row = await post.say("application.urged")
    data = contract.example("application.urged")
    with pytest.raises(NotStuck):
        await run_tx(lambda tx: settling.replace_outgoing(tx, post.sender, row.id, data, WANG, "改", NOW, post.note))


async def test_what_was_quarantined_is_closed_by_name_and_kept(post: PostRoom) -> None:
    body = envelope.build(
        id="x", source=ZAOYANG, type="note.sent", subject=CASE, time=NOW, recipient=SUIXIAN, sequence=1, seen=0,
        data=contract.example("note.sent"),
    )  # fmt: skip
    with pytest.raises(Unverified):
        await post.inbox.store(ZAOYANG, body, "bad", door="rest")
    apart = await SetApart.get()
    later = NOW + timedelta(hours=1)
    await run_tx(lambda tx: settling.settle_apart(tx, apart.id, WANG, "对方换密钥未通知，已联系", later, post.note))
    kept = await SetApart.get()
    assert (kept.settled_at, kept.settled_by, kept.settled_note) == (later, WANG, "对方换密钥未通知，已联系")
    opened = post.keys.open(kept.key_id, kept.body, at_rest.apart(ZAOYANG, kept.sha256))
    assert opened == body
    with pytest.raises(NotStuck, match="settled"):
        await run_tx(lambda tx: settling.settle_apart(tx, apart.id, WANG, "又一次", later, post.note))


async def test_every_exit_leaves_a_line_with_who_what_and_why_and_no_content(post: PostRoom) -> None:
    post.room.refuses.add("application.accepted")
    parked = await post.hear(1, "application.accepted")
    await post.drain()
    await post.replay(parked)
    await post.drain()
    await post.set_aside(parked)
    assert [(who, what, why) for who, what, why, _ in post.audit] == [
        (WANG, "post.replayed", "已修复"),
        (WANG, "post.set_aside", "重复"),
    ]
    allowed = {"partner", "subject", "sequence", "message", "sha256", "type", "was"}
    assert all(set(detail) == allowed for _, _, _, detail in post.audit)
