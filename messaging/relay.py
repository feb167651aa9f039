"""The relay: signs after commit, offers due rows to the bus, and notes what the bus confirmed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from messaging import at_rest, bulk, confirming, outbox
from messaging.bus.port import Bus, Parcel, Refused
from messaging.faults import fault
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.sealing import Unreadable
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection, run_tx, spawn

MOST_FRESH = 1000  # rows that are kept in hand between commit and sending
BATCH = 200  # rows of one pass, over all partners
PATIENCE = 1.0  # seconds of one pass that answers of the bus are waited for
FAREWELL = 3.0  # seconds that answers are waited for at the end

log = logging.getLogger(__name__)
PLACE = ("partner", "subject", "sequence")
_END = 2**63

Sign = Callable[[bytes, Outgoing], tuple[str, str]]
"""(body, row) -> (detached signature, kid)"""

Mark = Callable[[Connection], Awaitable[Sequence[Outgoing]]]
"""Notes the bus's answers on rows that it locks; those that it has newly. Safe to call again after a rollback."""

Confirmed = Callable[[Sequence[Outgoing], Mark], Awaitable[None]]
"""Notes the confirmation of these rows in one transaction with what the room shows of it (已转送). It locks its own rows
of their conversations before it calls `mark`: the same order as everywhere, so that nobody waits for each other."""


class Relay:
    """One pass takes what is due; the caller loops.

    A bus that is slow for one partner holds up nobody else: its answers are noted when they come, and until then that
    partner is left out.
    """

    def __init__(
        self, bus: Bus, keys: KeyRing, sign: Sign, confirmed: Confirmed, now: Callable[[], datetime],
        paused: Callable[[str], bool] = lambda partner: False,
    ) -> None:  # fmt: skip
        self._bus, self._keys, self._sign, self._confirmed, self._now, self._paused = (
            bus,
            keys,
            sign,
            confirmed,
            now,
            paused,
        )
        self._slow: dict[str, asyncio.Task[None]] = {}
        self._fresh: dict[int, Outgoing] = {}
        self.more = False  # did the last look leave something due behind?

    def feed(self, rows: Sequence[Outgoing]) -> None:
        """What was just committed, still open in hand: it need not be looked for. What is dropped here is found by a look."""
        for row in rows[: MOST_FRESH - len(self._fresh)]:
            if row.clear is not None:
                self._fresh[row.id] = row

    @property
    def fed(self) -> bool:
        """Is there something that was just committed?"""
        return bool(self._fresh)

    async def send_fresh(self) -> int:
        """Send what was fed; how many rows there were. What cannot go now is left to a look."""
        fresh, self._fresh = list(self._fresh.values()), {}
        rows = [row for row in fresh if self._takes(row.partner)]
        first = all(row.sequence in (None, 1) for row in rows)  # nothing goes before these
        rows = self._as_room_is(_by_number(rows)) if first else await self._in_turn(rows)
        return await self._send(rows, {row.id: row.clear or b"" for row in rows}, {})

    async def once(self) -> int:
        """Send what is due; how many rows were looked at. More may be due when there were any."""
        rows = await self._in_turn(await self._due())
        for row in rows:
            self._fresh.pop(row.id, None)
        await self._keys.fetch(row.key_id for row in rows)
        return await self._send(rows, *self._opened(rows))

    async def _send(
        self, rows: Sequence[Outgoing], bodies: Mapping[int, bytes], answers: dict[int, Refused | None]
    ) -> int:
        if not rows:
            return 0
        whole = [row for row in rows if row.id in bodies]
        await self._sign_new(whole, bodies)
        fault("relay.before_publish")
        answers |= await self._publish(whole, bodies)
        fault("relay.after_publish")
        if answers:
            await self._note(rows, answers)
        return len(rows)

    async def close(self) -> None:
        """Wait a while for answers that are still to come; what is not noted goes once more after the next start."""
        if self._slow:
            await asyncio.wait(self._slow.values(), timeout=FAREWELL)

    async def _due(self) -> list[Outgoing]:
        """A fair share for each partner, so that a long queue to one does not keep the others waiting."""
        due = Outgoing.filter(due_at__lte=self._now())
        found = await due.distinct().values_list("partner", flat=True)
        partners = sorted(partner for partner in map(str, found) if self._takes(partner))
        share = BATCH // max(len(partners), 1) + 1
        shares = [await due.filter(partner=partner).order_by("id").limit(share) for partner in partners]
        self.more = any(len(rows) == share for rows in shares)
        return [row for rows in shares for row in rows]

    def _takes(self, partner: str) -> bool:
        return partner not in self._slow and not self._paused(partner) and self._bus.room(partner) > 0

    async def _in_turn(self, rows: Sequence[Outgoing]) -> list[Outgoing]:
        """Leave for later what follows, in its conversation, a message that the bus did not take yet."""
        if not rows:
            return []
        numbered = Outgoing.filter(
            state="written", sequence__not_isnull=True, subject__in={row.subject for row in rows}
        )
        waiting = numbered.exclude(id__in=[row.id for row in rows]).order_by("-sequence")
        first = {(row.partner, row.subject): row.sequence for row in await waiting.only("id", *PLACE)}
        ready = [row for row in rows if (first.get((row.partner, row.subject)) or _END) > (row.sequence or 0)]
        return self._as_room_is(_by_number(ready))

    def _as_room_is(self, rows: Sequence[Outgoing]) -> list[Outgoing]:
        """After a refusal the bus is tried with one."""
        left = {partner: self._bus.room(partner) for partner in {row.partner for row in rows}}
        taken = []
        for row in rows:
            if left[row.partner] > 0:
                left[row.partner] -= 1
                taken.append(row)
        return taken

    def _opened(self, rows: Sequence[Outgoing]) -> tuple[dict[int, bytes], dict[int, Refused | None]]:
        """The bodies by row; one that can be read no more is put off, in sight, and holds up nothing else."""
        bodies: dict[int, bytes] = {}
        unreadable: dict[int, Refused | None] = {}
        for row in rows:
            try:
                bodies[row.id] = self._keys.open(row.key_id, row.body, at_rest.outgoing(row.message_id))
            except (KeyDestroyed, Unreadable) as error:
                unreadable[row.id] = Refused(type(error).__name__)
        return bodies, unreadable

    async def _sign_new(self, rows: Sequence[Outgoing], bodies: Mapping[int, bytes]) -> None:
        """The signature is kept before the first send: the same bytes and the same signature go every time."""
        fresh = [row for row in rows if not row.signature]
        for row in fresh:
            row.signature, row.kid = self._sign(bodies[row.id], row)
        if fresh:
            await run_tx(lambda connection: self._keep_signatures(connection, fresh), alone=True)

    async def _keep_signatures(self, connection: Connection, rows: Sequence[Outgoing]) -> None:
        await bulk.update(connection, rows, "signature", "kid")

    async def _publish(self, rows: Sequence[Outgoing], bodies: Mapping[int, bytes]) -> dict[int, Refused | None]:
        """The answers of every partner for which the bus was quick; partner by partner, so that none holds up the rest."""
        tasks: dict[str, asyncio.Task[dict[int, Refused | None]]] = {}
        batches = {
            partner: [row for row in rows if row.partner == partner] for partner in {row.partner for row in rows}
        }
        for partner, batch in batches.items():
            tasks[partner] = spawn(self._publish_to(batch, bodies), name="relay")
        if tasks:
            await asyncio.wait(tasks.values(), timeout=PATIENCE)
        answers: dict[int, Refused | None] = {}
        for partner, task in tasks.items():
            if task.done():
                answers.update(task.result())
            else:
                self._slow[partner] = spawn(self._note_later(partner, batches[partner], task), name="relay, slow")
        return answers

    async def _publish_to(self, batch: Sequence[Outgoing], bodies: Mapping[int, bytes]) -> dict[int, Refused | None]:
        parcels = [self._parcel(row, bodies[row.id]) for row in batch]
        return dict(zip((row.id for row in batch), await self._bus.publish(parcels), strict=True))

    async def _note_later(
        self, partner: str, batch: Sequence[Outgoing], publishing: "asyncio.Task[dict[int, Refused | None]]"
    ) -> None:
        """What cannot be noted is offered again: it is not known to have been sent."""
        try:
            answers = await publishing
            await self._note(batch, answers)
        except Exception as error:
            log.error("noting what was sent to %s: %s", partner, type(error).__name__)
        finally:
            del self._slow[partner]

    def _parcel(self, row: Outgoing, body: bytes) -> Parcel:
        return Parcel(
            row.partner,
            row.message_id,
            row.subject,
            row.sequence,
            row.key_id,
            body,
            row.sha256,
            row.signature or "",
        )

    async def _note(self, rows: Sequence[Outgoing], answers: dict[int, Refused | None]) -> None:
        answered = [row for row in rows if row.id in answers]
        taken = [row for row in answered if answers[row.id] is None and row.confirmed_at is None]
        await self._confirmed(taken, lambda connection: self._mark(connection, rows, answers, self._now()))

    async def _mark(
        self, connection: Connection, rows: Sequence[Outgoing], answers: dict[int, Refused | None], now: datetime
    ) -> Sequence[Outgoing]:
        """Most are confirmed for the first time. The others are read again under the transaction: a receipt may have come
        while the bus was asked."""
        taken = [row for row in rows if row.id in answers and answers[row.id] is None and row.confirmed_at is None]
        newly = await confirming.first(connection, taken, now)
        left = answers.keys() - {row.id for row in newly}
        if not left:
            return newly
        others = await bulk.select(connection, Outgoing, id=sorted(left), lock=True, without=outbox.BYTES)
        changed = [row for row in others if row.due_at is not None]
        for row in changed:
            refusal = answers[row.id]
            if refusal is not None:
                outbox.refused(row, now, str(refusal))
                continue
            if row.confirmed_at is None:
                newly.append(row)
            outbox.confirmed(row, now)
        await bulk.update(connection, changed, "state", "due_at", "attempts", "confirmed_at", "reason")
        return newly


def _by_number(rows: Sequence[Outgoing]) -> list[Outgoing]:
    """In each conversation by number, also when two processes gave out their row ids: its places stay where they are."""
    places: dict[tuple[str, str], list[Outgoing]] = {}
    for row in rows:
        if row.sequence is not None:
            places.setdefault((row.partner, row.subject), []).append(row)
    in_order = {pair: iter(sorted(found, key=_number)) for pair, found in places.items()}
    return [row if row.sequence is None else next(in_order[row.partner, row.subject]) for row in rows]


def _number(row: Outgoing) -> tuple[int, int]:
    return row.sequence or 0, row.id
