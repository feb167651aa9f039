"""Verified messages on their way into the inbox's table: many in one transaction, each compared under its conversation's lock."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from messaging import at_rest, bulk, conversation, envelope, ids, restored, retry
from messaging.conversation import Pair
from messaging.envelope import Envelope
from messaging.faults import fault
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, SetApart
from messaging.unit_of_work import Connection, Work


@dataclass(frozen=True)
class Verdict:
    """A signature that holds: by which key, and whether that key is one that we hold for the partner."""

    kid: str
    custodial: bool


class NumberTaken(Exception):
    """Another message was first to have this number in its conversation; nothing was kept."""


class AlreadySaid(Exception):
    """A message of this id, with other bytes, is here already; nothing was kept."""


@dataclass(frozen=True)
class Stored:
    """What a door may answer once the message is durable."""

    id: str
    sha256: str
    stored_at: datetime
    duplicate: bool


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass
class Arrival:
    """One verified message, for the writer."""

    partner: str
    envelope: Envelope
    body: bytes
    signature: str
    verdict: Verdict
    door: str
    ours: bool = False  # its number was chosen here, for the partner: a contradiction is nobody's fault and is not kept
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    @property
    def pair(self) -> Pair:
        """Its conversation; what has no number lies in the link's own."""
        return self.partner, self.envelope.subject if self.envelope.numbered else ""


Contradict = Callable[[Connection, Arrival, str, Conversation, str, datetime], Awaitable[None]]
"""(connection, arrival, digest, conversation, reason, now): keeps apart what contradicts what is stored."""


@dataclass
class _Known:
    """What was there before, and what this batch adds; every conversation in it is locked."""

    talks: dict[Pair, Conversation]
    by_id: dict[tuple[str, str], Incoming]
    by_place: dict[tuple[str, str, int], Incoming]
    fresh: list[Incoming] = field(default_factory=list)
    again: list[Incoming] = field(default_factory=list)  # whose receipt goes once more
    replaced: list[Incoming] = field(default_factory=list)
    cleared: set[tuple[str, str]] = field(default_factory=set)  # (partner, digest) of what is believed now


class Arrivals:
    """Stores a batch of them; one that contradicts what is there is kept apart and leaves the others alone."""

    def __init__(self, home: str, keys: KeyRing, now: Callable[[], datetime], contradict: Contradict) -> None:
        self._home, self._keys, self._now, self._contradict = home, keys, now, contradict

    async def perform(self, connection: Connection, works: Sequence[Work]) -> list[Stored | Exception]:
        """The writer's work; an exception is that message's own answer."""
        arrivals, now = [work for work in works if isinstance(work, Arrival)], self._now()
        known = await self._known(connection, arrivals, now)
        results = [await self._one(connection, known, arrival, now) for arrival in arrivals]
        writing = bulk.Writing()
        writing.insert(known.fresh)
        writing.update(known.again + known.replaced, "state", "receipt_due_at")
        await writing.write(connection)
        await _clear(connection, known.cleared, now)
        fault("inbox.before_commit")
        return results

    async def _known(self, connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> _Known:
        talks = await conversation.lock_all(connection, self._keys, {arrival.pair for arrival in arrivals}, now)
        await self._keys.fetch((talk.key_id for talk in talks.values()), connection)
        for talk in talks.values():  # its case was kept as long as it may be: what still comes has a key of its own
            if not self._keys.has(talk.key_id):
                await conversation.renewed(connection, self._keys, talk, now)
        partners = list({arrival.partner for arrival in arrivals})
        twins = await bulk.select(
            connection, Incoming, partner=partners, message_id=[arrival.envelope.id for arrival in arrivals]
        )
        numbered = [arrival.envelope for arrival in arrivals if arrival.envelope.numbered]
        places = await bulk.select(
            connection, Incoming, partner=partners, subject=list({said.subject for said in numbered}),
            sequence=list({said.sequence for said in numbered}),
        )  # fmt: skip
        return _Known(
            talks,
            {(row.partner, row.message_id): row for row in twins},
            {(row.partner, row.subject, row.sequence or 0): row for row in places if row.state != "replaced"},
        )

    async def _one(self, connection: Connection, known: _Known, arrival: Arrival, now: datetime) -> Stored | Exception:
        said, digest, talk = arrival.envelope, envelope.sha256_hex(arrival.body), known.talks[arrival.pair]
        twin = known.by_id.get((arrival.partner, said.id))
        if twin is not None and twin.sha256 == digest:
            known.cleared.add((arrival.partner, digest))
            return self._again(known, twin, now)
        if twin is None and is_ours(self._home, arrival.partner, said):
            known.fresh.append(self._returned(arrival, digest, talk, now))
            known.by_id[arrival.partner, said.id] = known.fresh[-1]
            return Stored(said.id, digest, now, duplicate=False)
        contradiction = "same_id_other_bytes" if twin else self._taken(known, talk, said)
        if contradiction and arrival.ours:
            return AlreadySaid(said.id) if twin else NumberTaken(contradiction)
        if contradiction:
            if said.sequence is not None and said.sequence < talk.next_in and twin is None:
                await restored.help_on(connection, self._keys, talk, said, now)
            await self._contradict(connection, arrival, digest, talk, contradiction, now)
            return Stored(said.id, digest, now, duplicate=False)
        known.cleared.add((arrival.partner, digest))
        row = self._row(arrival, digest, talk, now)
        known.fresh.append(row)
        known.by_id[arrival.partner, said.id] = row
        if said.sequence is not None:
            known.by_place[arrival.partner, said.subject, said.sequence] = row
        return Stored(said.id, digest, now, duplicate=False)

    def _again(self, known: _Known, twin: Incoming, now: datetime) -> Stored:
        """The same answer. Its receipt goes again too, unless one is still to come or it never gets one."""
        if receipted_again(twin):
            twin.receipt_due_at = now
            known.again.append(twin)
        return Stored(twin.message_id, twin.sha256, twin.stored_at, duplicate=True)

    def _taken(self, known: _Known, talk: Conversation, said: Envelope) -> str | None:
        """Why this number cannot be given to this message; a replacement for a parked one is let through."""
        if said.sequence is None:
            return None
        other = known.by_place.get((talk.partner, talk.subject, said.sequence))
        if other is None:
            return "number_is_past" if said.sequence < talk.next_in else None
        if said.replaces == other.message_id and other.state == "parked":
            other.state, other.receipt_due_at = "replaced", None
            known.replaced.append(other)
            return None
        return "same_number_other_message"

    def _returned(self, arrival: Arrival, digest: str, talk: Conversation, now: datetime) -> Incoming:
        """Our own message, outside their numbers, until the case room has taken it into our books again."""
        row = self._row(arrival, digest, talk, now)
        row.sequence, row.replaces, row.receipt_due_at, row.door = None, None, None, restored.RETURNED
        return row

    def _row(self, arrival: Arrival, digest: str, talk: Conversation, now: datetime) -> Incoming:
        said = arrival.envelope
        return Incoming(
            id=ids.row_id(),
            message_id=said.id,
            partner=arrival.partner,
            subject=talk.subject,
            sequence=said.sequence,
            type=said.type,
            key_id=talk.key_id,
            body=self._keys.seal(talk.key_id, arrival.body, at_rest.incoming(arrival.partner, said.id)),
            sha256=digest,
            signature=arrival.signature,
            kid=arrival.verdict.kid,
            custodial=arrival.verdict.custodial,
            replaces=said.replaces,
            stored_at=now,
            receipt_due_at=now + retry.TELL_AFTER if said.numbered else None,  # held, if nobody has looked by then
            door=arrival.door,
            trace=said.traceparent,
        )


def is_ours(home: str, partner: str, said: Envelope) -> bool:
    """Is it a message of our own that its recipient gives back?"""
    return said.sender == home and said.recipient == partner and said.numbered


def receipted_again(twin: Incoming) -> bool:
    """Is the receipt of a message that came again to be told once more? Not while one is due, and never outside a conversation."""
    told = twin.sequence is not None or (twin.door == restored.RETURNED and twin.state not in ("stored", "held"))
    return told and twin.receipt_due_at is None and twin.state != "replaced"


async def _clear(connection: Connection, believed: set[tuple[str, str]], now: datetime) -> None:
    """What could not be believed when it first came is believed now: nobody has to look at it any more."""
    partners, digests = {partner for partner, _ in believed}, {digest for _, digest in believed}
    rows = await bulk.select(connection, SetApart, partner=list(partners), sha256=list(digests))
    doubted = [
        row
        for row in rows
        if (row.partner, row.sha256) in believed and row.outcome == "quarantined" and row.settled_at is None
    ]
    for row in doubted:
        row.settled_at, row.settled_by, row.settled_note = now, "system", "verified later"
        row.told, row.retry_at = True, None
    await bulk.update(connection, doubted, "settled_at", "settled_by", "settled_note", "told", "retry_at")
