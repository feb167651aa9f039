"""Two counties on one bad line, in memory and by a clock of our own: what the guest's post is tried against."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from messaging import contract
from messaging.envelope import Envelope
from partners.guest.ledger import Ledger
from partners.guest.office import NOTHING, Plan, Say
from partners.guest.post import GuestPost
from partners.guest.rest import Unreachable
from partners.guest.seat import Seat
from partners.keys import SigningKey

SUIXIAN, ZAOYANG = "421321", "420683"
CASES = ("421321202611242000001G", "421321202611242000002E")
KEYS = {code: SigningKey.generate(f"{code}-1") for code in (SUIXIAN, ZAOYANG)}
WORDS = ("application.urged", "application.accepted", "note.sent", "procedure.resumed", "application.decided")


class Clock:
    """Time that passes only when the test says so."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Line:
    """Letters under way. While `bad`, some are lost, some come twice, none keeps its place."""

    dice: random.Random
    bad: bool = True
    under_way: list[tuple[str, str, bytes, str]] = field(default_factory=list)

    def carry(self, to: str, delivery: str, body: bytes, signature: str) -> None:
        fate = self.dice.random() if self.bad else 1.0
        if fate < 0.15:
            raise Unreachable("lost on the way there")
        if fate >= 0.3:
            self.under_way.append((to, delivery, body, signature))
        if 0.5 <= fate < 0.65:
            self.under_way.append((to, delivery, body, signature))
        if fate < 0.4:
            raise Unreachable("the answer was lost")

    def take(self) -> tuple[str, str, bytes, str]:
        return self.under_way.pop(self.dice.randrange(len(self.under_way)) if self.bad else 0)


class LineDoor:
    """One county's door to the other over the line."""

    def __init__(self, line: Line, to: str) -> None:
        self.line, self.to, self.letters = line, to, 0

    async def post(self, body: bytes, signature: str) -> None:
        self.letters += 1
        self.line.carry(self.to, f"{self.to}-{self.letters}", body, signature)

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        await self.post(body, signature)


class QuietOffice:
    """Does nothing about a message; the ledger's effects tell what was applied."""

    def __init__(self) -> None:
        self.adopted_ids: list[str] = []

    async def prepare(self, said: Envelope) -> None:
        return None

    def hear(self, said: Envelope, memo: Mapping[str, object], now: datetime) -> Plan:
        return NOTHING

    async def before(self, subject: str, deed: str, memo: Mapping[str, object]) -> None:
        return None

    def ring(self, subject: str, deed: str, memo: Mapping[str, object], now: datetime) -> Plan:
        return NOTHING

    async def put_again(self, subject: str, type_: str, data: Mapping[str, object]) -> None:
        """It puts no files."""

    def adopted(self, said: Envelope, memo: Mapping[str, object]) -> Plan:
        self.adopted_ids.append(said.id)
        return NOTHING


class County:
    """One end of the line."""

    def __init__(self, own: str, other: str, line: Line, clock: Clock) -> None:
        self.own, self.clock = own, clock
        self.ledger, self.office, self.door = Ledger(None), QuietOffice(), LineDoor(line, other)
        seat = Seat(own, KEYS[own], self.ledger, self.door, self.office, host=other, now=clock.now)
        self.post = GuestPost(seat, [KEYS[other].public_jwk()])

    async def say(self, subject: str, type_: str) -> str:
        return await self.post.say(subject, Say(type_, contract.example(type_)))

    async def states(self) -> list[tuple[str, int, str, str | None]]:
        query = "SELECT subject, sequence, state, outcome FROM said ORDER BY subject, sequence, n"
        return [tuple(row) for row in await self.ledger.do(lambda books: books.execute(query).fetchall())]

    async def numbers(self, subject: str) -> tuple[int, int]:
        """(the last number said, the last number applied)."""
        query = "SELECT next_out - 1 AS out, next_in - 1 AS inn FROM talk WHERE subject = ?"
        row = await self.ledger.do(lambda books: books.execute(query, (subject,)).fetchone())
        return (row["out"], row["inn"]) if row else (0, 0)

    async def applied(self, subject: str) -> list[int]:
        return [sequence for _, about, sequence, _ in await self.ledger.effects() if about == subject]

    async def apart(self) -> list[str]:
        query = "SELECT outcome || ' ' || reason AS what FROM apart"
        return [row["what"] for row in await self.ledger.do(lambda books: books.execute(query).fetchall())]


class Pair:
    """随县 and 枣阳, and the line between them."""

    def __init__(self, seed: int) -> None:
        self.clock, self.line = Clock(), Line(random.Random(seed))
        self.suixian = County(SUIXIAN, ZAOYANG, self.line, self.clock)
        self.zaoyang = County(ZAOYANG, SUIXIAN, self.line, self.clock)
        self.both = {SUIXIAN: self.suixian, ZAOYANG: self.zaoyang}

    async def __aenter__(self) -> "Pair":
        for county in self.both.values():
            await county.ledger.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        for county in self.both.values():
            await county.ledger.close()

    async def step(self) -> None:
        """One letter arrives, or both sides make their rounds and time passes."""
        if self.line.under_way:
            to, delivery, body, signature = self.line.take()
            await self.both[to].post.receive(delivery, body, signature)
        else:
            await self.round()

    async def round(self) -> None:
        for county in self.both.values():
            await county.post.tick()
        self.clock.pass_(7)

    async def settle(self) -> None:
        """The line is mended; go on until nobody has anything left to do."""
        self.line.bad = False
        for _ in range(3000):
            if not self.line.under_way and await self.quiet():
                return
            await self.step()
        raise AssertionError("the two counties do not come to rest")

    async def quiet(self) -> bool:
        for county in self.both.values():
            open_ = (
                "SELECT (SELECT count(*) FROM said WHERE due IS NOT NULL) + (SELECT count(*) FROM heard WHERE tell_at"
            )
            open_ += " IS NOT NULL OR give_back IS NOT NULL) + (SELECT count(*) FROM apart WHERE tell_at IS NOT NULL)"
            open_ += " + (SELECT count(*) FROM talk WHERE gap_at IS NOT NULL) AS n"
            if (await county.ledger.do(lambda books, open_=open_: books.execute(open_).fetchone()))["n"]:  # type: ignore[misc]
                return False
        return True
