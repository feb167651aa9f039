"""The guest's post: verifies, orders, applies and receipts what arrives; numbers, keeps and repeats what it says."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from messaging import envelope
from messaging.envelope import Envelope
from partners.guest import arrivals, departures, rounds, telling
from partners.guest.arrivals import Arrived
from partners.guest.believing import Believer, Doubt, Jwk, TooEarly
from partners.guest.departures import Author
from partners.guest.ledger import Books
from partners.guest.office import NotYet, Say
from partners.guest.rest import Delivery, Unreachable
from partners.guest.seat import HostUnknown, Seat

LOOK = 30.0  # seconds after which the books are looked at even if nothing is due
LINK = "resend"  # the subject of a request for all conversations
AWAY = 2.0  # seconds before a host that is away is tried again

log = logging.getLogger(__name__)


class GuestPost:
    """One guest, one host. `receive` each delivery, `tick` when something is due, `say` words of one's own."""

    def __init__(self, seat: Seat, host_keys: Sequence[Jwk], earlier_keys: Sequence[Jwk] = ()) -> None:
        """`host_keys` are pinned. `earlier_keys`: our own former public keys, for messages of ours that come back."""
        self._seat = seat
        self._believer = Believer(seat.own, host_keys, [*earlier_keys, seat.key.public_jwk()])
        self._ticking = asyncio.Lock()
        self._due = asyncio.Event()

    async def receive(self, delivery: str, body: bytes, signature: str) -> None:
        """Take one delivery: durable, applied or held, and receipted as far as the host can be reached."""
        await self.receive_all([Delivery(delivery, 1, body, signature)])

    async def receive_all(self, deliveries: Sequence[Delivery]) -> None:
        """Take several, in this order, and receipt them together."""
        for one in deliveries:
            await self._receive(one.id, one.body, one.signature)
        with contextlib.suppress(Unreachable, HostUnknown):  # then the rounds do it
            await telling.tell(self._seat)
        self._due.set()

    async def _receive(self, delivery: str, body: bytes, signature: str) -> None:
        seat = self._seat
        try:
            said = self._believer.believe(body, signature, seat.host, seat.now())
        except TooEarly:
            log.warning("delivery %s is signed in the future, left for later", delivery)
        except Doubt as doubt:
            await self._quarantine(delivery, body, signature, str(doubt))
        else:
            await self._take(delivery, said, body, signature)

    async def _take(self, delivery: str, said: Envelope, body: bytes, signature: str) -> None:
        if said.sender == self._seat.own:
            await self._adopt(delivery, said, body, signature)
            return
        await self._seat.pin(said.sender)
        fault = arrivals.unfit(said)
        at = self._seat.at()
        if said.sequence is not None:
            ready = fault is not None or await rounds.prepared(self._seat, said)
            await rounds.place(self._seat, Arrived(said, body, signature, delivery, ready))
        elif fault is not None:
            await self._quarantine(delivery, body, signature, fault)
        elif not said.known:
            arrived = Arrived(said, body, signature, delivery, True)
            await self._seat.ledger.do(lambda books: arrivals.set_apart(books, arrived, "applied", "recorded", at))
        elif said.type == "receipt":
            await self._seat.ledger.do(lambda books: departures.receipted(books, said.data["receipts"], at))
            await self._put_again(said)
        else:
            await self._seat.ledger.do(lambda books: _send_again(books, said, at))

    async def _put_again(self, said: Envelope) -> None:
        """Files that the host waits for, or lost with its books, are put once more."""
        missing = [entry for entry in said.data["receipts"] if entry.get("reason") == "attachments_missing"]
        for digest in [str(entry["sha256"]) for entry in missing]:
            await self._put_for(digest)

    async def _put_for(self, digest: str) -> None:
        """Where that fails, our message goes again, and is answered again."""
        row = await self._seat.ledger.do(lambda books: departures.by_digest(books, digest))
        if row is None:
            return
        try:
            await self._seat.office.put_again(row["subject"], row["type"], json.loads(row["data"]))
        except (NotYet, Unreachable):
            at = self._seat.at() + AWAY
            await self._seat.ledger.do(lambda books: departures.once_more(books, row["id"], at))

    async def _quarantine(self, delivery: str, body: bytes, signature: str, reason: str) -> None:
        at = self._seat.at()
        await self._seat.ledger.do(lambda books: arrivals.quarantine(books, delivery, body, signature, reason, at))

    async def _adopt(self, delivery: str, said: Envelope, body: bytes, signature: str) -> None:
        """Our own message comes back from a host that saw that our books were older."""
        seat, now = self._seat, self._seat.now()
        author = Author(seat.own, said.recipient, seat.key)
        await seat.pin(said.recipient)

        def work(books: Books) -> int:
            if departures.adopt(books, author, said, body, signature, now):
                log.warning("our own message %s came back and is ours again", said.id)
                plan = seat.office.adopted(said, departures.memo(books, said.subject))
                departures.carry_out(books, author, said.subject, plan, now)
            return int(departures.talk(books, said.subject)["next_in"]) - 1

        highest = await seat.ledger.do(work)
        digest = envelope.sha256_hex(body)
        with contextlib.suppress(Unreachable):  # then it comes once more
            entry = telling.entry(said.id, digest, "applied", stored_at=now, highest=highest)
            await telling.tell_entries(seat, delivery, [entry])

    async def say(self, subject: str, words: Say) -> str:
        """A message of one's own in this conversation; returns its id. `tick` sends it.

        Raises Unspeakable when it breaks the contract, HostUnknown.
        """
        author, now = await self._seat.author(), self._seat.now()
        message_id = await self._seat.ledger.do(lambda books: departures.say(books, author, subject, words, now))
        self._due.set()
        return message_id

    async def replace(self, message_id: str, data: Mapping[str, Any]) -> str:
        """Say anew what the host parked: another id, the same number. Raises LookupError, Unspeakable."""
        author, now = await self._seat.author(), self._seat.now()
        new_id = await self._seat.ledger.do(lambda books: departures.replace(books, author, message_id, data, now))
        self._due.set()
        return new_id

    async def tick(self) -> float:
        """Do all that is due: send, repeat, ask, receipt, ring timers. Returns the seconds until the next round."""
        async with self._ticking:
            self._due.clear()
            try:
                await rounds.make(self._seat)
            except Unreachable as reason:
                log.info("host unreachable: %s", reason)
                return AWAY
            except HostUnknown:
                return LOOK
            due = await self._seat.ledger.do(rounds.next_due)
            return LOOK if due is None else min(max(due - self._seat.at(), 0.0), LOOK)

    async def keep_ticking(self) -> None:
        """Make rounds for ever; `receive` and `say` bring the next one forward."""
        while True:
            pause = await self.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._due.wait()


def _send_again(books: Books, said: Envelope, at: float) -> None:
    """Numbers of ours are asked for. If they had been applied there, the host's books are older: give it all of its own.

    With `since` the host says itself that it was restored from a backup.
    """
    if said.data.get("since"):
        since = datetime.fromisoformat(said.data["since"])
        for subject in arrivals.touched(books, since) if said.subject == LINK else [said.subject]:
            departures.resend(books, subject, 1, 2**53, at)
            arrivals.give_everything_back(books, subject, at)
        return
    if departures.resend(books, said.subject, int(said.data["from"]), int(said.data["to"]), at):
        arrivals.give_everything_back(books, said.subject, at)
