"""The inbox: every door only stores here. Verified once, at the first durable receipt; what cannot be believed is set apart."""

from collections.abc import Callable
from datetime import datetime

from messaging import arrivals, at_rest, envelope, ids
from messaging.arrivals import Arrival, Arrivals, Stored, Verdict, receipted_again
from messaging.conversation import locked
from messaging.envelope import BadEnvelope, Envelope
from messaging.faults import fault
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, SetApart
from messaging.unit_of_work import Connection, Writer, run_tx

MOST = 200  # messages in one transaction


class Unverified(Exception):
    """The message cannot be believed. `again_at` is set only where time alone may mend it."""

    def __init__(self, reason: str, again_at: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason, self.again_at = reason, again_at


Verify = Callable[[str, bytes, str, Envelope, datetime], Verdict]
"""(partner of the link, body, signature, envelope, now) -> Verdict; raises Unverified."""


class Inbox:
    """Takes messages from every door."""

    def __init__(
        self,
        home: str,
        keys: KeyRing,
        verify: Verify,
        now: Callable[[], datetime],
        stored: Callable[[str, str], None],
        away: Callable[[BaseException], bool] = lambda error: False,
    ) -> None:
        """`stored(partner, subject)` is called after something became durable, to wake the applier.

        `away(error)` tells whether the database cannot work just now, whatever it is given.
        """
        self._home, self._keys, self._verify, self._now, self._stored = home, keys, verify, now, stored
        self._writer = Writer(Arrivals(home, keys, now, self._contradict).perform, most=MOST, away=away)

    async def store(self, partner: str, body: bytes, signature: str | None, *, door: str, ours: bool = False) -> Stored:
        """Make a message durable, once. `partner` is the owner of the link that it came in by.

        Raises Malformed when the body is not JSON (nothing is kept), Unverified when it cannot be believed (it is kept
        apart, shown to people, and has no effect). `ours`: we wrote it on the partner's behalf, and what contradicts
        another message is not kept as a conflict; then NumberTaken or AlreadySaid is raised.
        """
        now = self._now()
        try:
            said, verdict = self._believe(partner, body, signature, now)
        except Unverified as doubt:
            known = await self._verified_before(partner, body, signature)
            if known is not None:
                return known
            await self.set_apart(
                partner, body, signature or "", "quarantined", doubt.reason, door, again_at=doubt.again_at
            )
            raise
        arrival = Arrival(partner, said, body, signature or "", verdict, door, ours)
        result: Stored = await self._writer.submit(arrival)
        fault("inbox.after_store")
        self._stored(*arrival.pair)
        return result

    def _believe(self, partner: str, body: bytes, signature: str | None, now: datetime) -> tuple[Envelope, Verdict]:
        try:
            said = envelope.parse(body)
        except BadEnvelope as error:
            raise Unverified(f"envelope: {error}") from None
        if not signature:
            raise Unverified("unsigned")
        if arrivals.is_ours(self._home, partner, said):  # it comes back: our books may be older than it
            return said, self._verify(self._home, body, signature, said, now)
        if said.sender != partner:
            raise Unverified("source_is_not_the_link")
        if said.recipient != self._home:
            raise Unverified("not_addressed_to_us")
        return said, self._verify(partner, body, signature, said, now)

    async def _verified_before(self, partner: str, body: bytes, signature: str | None) -> Stored | None:
        """The verdict of its first arrival holds, whatever became of the key since: the same answer again."""
        digest = envelope.sha256_hex(body)

        async def unit(connection: Connection) -> Stored | None:
            same = Incoming.filter(partner=partner, sha256=digest, signature=signature or "").using_db(connection)
            twin = await same.first()
            if twin is None:
                return None
            if receipted_again(twin):
                await Incoming.filter(id=twin.id).using_db(connection).update(receipt_due_at=self._now())
            return Stored(twin.message_id, twin.sha256, twin.stored_at, duplicate=True)

        return await run_tx(unit)

    async def _contradict(
        self, connection: Connection, arrival: Arrival, digest: str, talk: Conversation, reason: str, now: datetime
    ) -> None:
        await self._keep_apart(
            connection, talk, arrival.partner, digest, arrival.body, arrival.signature, "conflict", reason, arrival.door,
            now, claimed_id=arrival.envelope.id,
        )  # fmt: skip

    async def set_apart(
        self,
        partner: str,
        body: bytes,
        signature: str,
        outcome: str,
        reason: str,
        door: str,
        *,
        again_at: datetime | None = None,
    ) -> None:
        """Keep what cannot be believed: neither its id nor its number is taken for true."""
        now = self._now()

        async def unit(connection: Connection) -> None:
            link = await locked(connection, self._keys, partner, "", now)
            await self._keys.fetch([link.key_id], connection)
            digest = envelope.sha256_hex(body)
            await self._keep_apart(
                connection, link, partner, digest, body, signature, outcome, reason, door, now, again_at=again_at
            )

        await run_tx(unit, doubles=True)
        self._stored(partner, "")

    async def _keep_apart(
        self,
        connection: Connection,
        talk: Conversation,
        partner: str,
        digest: str,
        body: bytes,
        signature: str,
        outcome: str,
        reason: str,
        door: str,
        now: datetime,
        *,
        claimed_id: str | None = None,
        again_at: datetime | None = None,
    ) -> None:
        known = await SetApart.get_or_none(partner=partner, sha256=digest, using_db=connection)
        if known is not None:
            again: dict[str, object] = {"times": known.times + 1, "retry_at": again_at}
            if outcome == "conflict":  # also of what could not be verified before: people look, the sender is told
                again |= {"outcome": outcome, "reason": reason[:64], "claimed_id": claimed_id, "told": False}
                again |= {"settled_at": None, "settled_by": None} if known.outcome != outcome else {}
            await SetApart.filter(id=known.id).using_db(connection).update(**again)
            return
        await SetApart.create(
            using_db=connection,
            id=ids.row_id(),
            partner=partner,
            sha256=digest,
            outcome=outcome,
            reason=reason[:64],
            claimed_id=claimed_id,
            key_id=talk.key_id,
            body=self._keys.seal(talk.key_id, body, at_rest.apart(partner, digest)),
            signature=signature[:4096],
            door=door,
            stored_at=now,
            retry_at=again_at,
        )
