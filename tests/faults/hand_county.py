"""A county driven by the test's own hand: real books, real signatures, and also words that no honest system would say."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from messaging import contract, envelope, ids
from messaging.envelope import Envelope
from partners import signing
from partners.guest import amqp, departures, listening
from partners.guest.amqp import AmqpDoor
from partners.guest.departures import Letter
from partners.guest.ledger import Books, Ledger
from partners.guest.office import NOTHING, CannotApply, Memo, Plan, Say
from partners.guest.post import GuestPost
from partners.guest.rest import GuestClient, Unreachable
from partners.guest.seat import Seat
from partners.keys import SigningKey
from tests.faults.house_under_test import House


class HandOffice:
    """Answers nothing by itself; cannot handle the cases in `refused`."""

    def __init__(self) -> None:
        self.refused: set[str] = set()

    async def prepare(self, said: Envelope) -> None:
        """Everything is here."""

    def hear(self, said: Envelope, memo: Memo, now: datetime) -> Plan:
        if said.subject in self.refused and said.type == "application.submitted":
            raise CannotApply("cannot be mapped here")
        return NOTHING

    async def before(self, subject: str, deed: str, memo: Memo) -> None:
        """There are no timers."""

    def ring(self, subject: str, deed: str, memo: Memo, now: datetime) -> Plan:
        return NOTHING

    async def put_again(self, subject: str, type_: str, data: Mapping[str, Any]) -> None:
        """It puts no files."""

    def adopted(self, said: Envelope, memo: Memo) -> Plan:
        return NOTHING


class HandCounty:
    """One county at the gateway's door. Use as `async with`; its books lie where a simulated county's would."""

    def __init__(self, house: House, code: str) -> None:
        self._house, self.code, self.office = house, code, HandOffice()
        client = house.client(code)
        self.client = GuestClient(house.url, client["client_id"], client["client_secret"])
        path = house.data / "partners" / f"{code}.jwk.json"
        self.key = SigningKey.from_jwk(json.loads(path.read_text(encoding="utf-8")))
        self.ledger = Ledger(house.ledger(code))

    async def __aenter__(self) -> "HandCounty":
        await self.ledger.open()
        await self.client.__aenter__()
        keys = (await self.client.gateway_keys())["keys"]
        home, by_queue = str(self._house.told["home"]), self._house.by_queue(self.code)
        self._door = AmqpDoor(**by_queue) if by_queue else None
        seat = Seat(self.code, self.key, self.ledger, self._door or self.client, self.office, host=home)
        self.post = GuestPost(seat, keys)
        work = amqp.work(**by_queue, post=self.post) if by_queue else listening.work(self.client, self.post, wait=2)
        self._working = asyncio.create_task(work)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._working
        if self._door is not None:
            await self._door.close()
        await self.client.__aexit__(kind, error, at)
        await self.ledger.close()

    async def say(self, subject: str, type_: str, **changes: Any) -> str:
        """A right word, as in the contract's examples."""
        data = {**contract.example(type_), **changes}
        return await self.post.say(subject, Say(type_, data))

    async def say_wrongly(self, subject: str, type_: str, data: Mapping[str, Any]) -> str:
        """A word whose data breaks the contract, in its place in the conversation, truly signed and repeated like any."""

        def work(books: Books) -> str:
            numbers = departures.talk(books, subject)
            sequence = int(numbers["next_out"])
            letter = self.letter(subject, type_, data, sequence, seen=int(numbers["next_in"]) - 1)
            books.execute("UPDATE talk SET next_out = ? WHERE subject = ?", (sequence + 1, subject))
            departures._insert(books, letter, subject, sequence, type_, data, datetime.now(UTC).timestamp())
            return letter.id

        message_id = await self.ledger.do(work)
        await self.post.tick()
        return message_id

    def letter(
        self,
        subject: str,
        type_: str,
        data: Mapping[str, Any],
        sequence: int,
        seen: int = 1,
        key: SigningKey | None = None,
    ) -> Letter:
        """A signed message, whatever stands in it; not in the books."""
        id_, now = ids.message_id(), datetime.now(UTC)
        home = str(self._house.told["home"])
        body = envelope.build(
            id=id_, source=self.code, type=type_, subject=subject, time=now, recipient=home, sequence=sequence,
            seen=seen, replaces=None, traceparent=None, data=dict(data),
        )  # fmt: skip
        issued = int(now.timestamp())
        signature = signing.sign(body, key or self.key, iss=self.code, aud=home, jti=id_, iat=issued)
        return Letter(id_, body, signature)

    async def send(self, letter: Letter) -> None:
        """Past the books, until the gateway has it."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(Unreachable):
                    await (self._door or self.client).post(letter.body, letter.signature)
                    return

    async def outcome(self, message_id: str) -> str | None:
        """What the gateway's receipt said of a message of ours."""
        query = "SELECT outcome FROM said WHERE id = ?"
        row = await self.ledger.do(lambda books: books.execute(query, (message_id,)).fetchone())
        return None if row is None or row["outcome"] is None else str(row["outcome"])

    async def until(self, message_id: str, outcome: str, within: float = 30.0) -> None:
        """Wait for a receipt of this outcome."""
        async with asyncio.timeout(within):
            while True:
                if await self.outcome(message_id) == outcome:
                    return
                await asyncio.sleep(0.1)

    async def until_heard(self, subject: str, state: str = "applied", within: float = 30.0) -> None:
        """Wait until the case has come here."""
        query = "SELECT 1 FROM heard WHERE subject = ? AND state = ?"
        async with asyncio.timeout(within):
            while True:
                if await self.ledger.do(lambda books: books.execute(query, (subject, state)).fetchone()):
                    return
                await asyncio.sleep(0.1)
