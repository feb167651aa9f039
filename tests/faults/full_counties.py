"""Two whole houses in one process, each with its own database, and a line between them that the test holds in its hand."""

import asyncio
import contextvars
import json
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway import database, resources, settings
from gateway.applications.errors import CaseError
from gateway.applications.speak import attachments_in
from gateway.applications.tables import Leg
from gateway.auth.actor import Actor
from gateway.resources import Resources
from gateway.worker import Worker
from matters_map import sample_lists
from matters_map.canonical import list_hash, list_text
from matters_map.importing import import_samples
from matters_map.tables import ListVersion
from messaging import envelope, unit_of_work
from messaging.tables import Incoming, Outgoing
from messaging.unit_of_work import Connection, run_tx
from partners import connect
from tests.county import MATTER, SINCE, Clock, answers
from tests.faults import audit_trail
from tests.faults.both_lists import AGREEMENT, LINES, SUIXIAN, ZAOYANG
from tests.faults.deeds import BODIES
from tests.faults.world import Gateway, Guest, World

NAMES = {SUIXIAN: "随县", ZAOYANG: "枣阳市"}
METHODS = {"return_to_window": "request_supplement"} | dict.fromkeys(
    ("grant", "refuse", "terminate", "let_lapse"), "decide"
)
T = TypeVar("T")


async def furnish(folder: Path) -> None:
    """Both counties' data folders under `folder`: lists from each one's own side, and each other's keys."""
    keys = {home: await in_context(lambda home=home: _found(folder / home, home)) for home in NAMES}  # type: ignore[misc]
    for home, other in ((SUIXIAN, ZAOYANG), (ZAOYANG, SUIXIAN)):
        await in_context(lambda home=home, other=other: _introduce(folder / home, home, other, keys[other]))  # type: ignore[misc]


async def in_context(work: Callable[[], Awaitable[T]]) -> T:
    """Run in a context of its own: the database layer keeps the open database there."""

    async def run() -> T:
        return await work()

    return await asyncio.create_task(run(), context=contextvars.Context())


async def _found(data: Path, home: str) -> list[Any]:
    configured = settings.read({}, data=data, home=home)
    await database.migrate(configured)
    async with resources.built(configured) as parts:
        await run_tx(import_samples)
        await run_tx(lambda tx: _turn(tx, home))
        return list(parts.public_keys())


async def _turn(tx: Connection, home: str) -> None:
    """The list as this county has it."""
    lines = [line.to_json() for line in LINES[home]]
    signed = (AGREEMENT.id, 1, sample_lists.EFFECTIVE_FROM.isoformat(), lines)
    row = ListVersion.filter(agreement=AGREEMENT.id, version=1).using_db(tx)
    await row.update(hash=list_hash(*signed), text=list_text(*signed).decode())


async def _introduce(data: Path, home: str, other: str, keys: list[Any]) -> None:
    async def no_client(tx: Connection, jurisdiction: str, scopes: Any) -> tuple[str, str]:
        return f"partner-{jurisdiction}", ""

    async with resources.built(settings.read({}, data=data, home=home)) as parts:
        await run_tx(
            lambda tx: connect.connect(
                tx, other, "polling", name=NAMES[other], api="http://127.0.0.1", create_client=no_client,
                our_jwks={"keys": list(parts.public_keys())}, sealer=parts.sealer, now=SINCE, jwks={"keys": keys},
            )
        )  # fmt: skip


class Place:
    """One whole house in a context of its own, its loops in the test's hand."""

    def __init__(self, data: Path, home: str, other: str) -> None:
        self.data, self.home, self.other = data, home, other
        self.clerk = Actor("person", home, "张三", f"clerk{home}", role="clerk", window="1号窗口", phone="07220000001")
        self.officer = Actor("person", home, "李四", f"officer{home}", role="officer", phone="07220000002")

    async def open(self) -> None:
        """As its process would start: whatever was only in memory is gone."""
        opened, self._closing = asyncio.get_running_loop().create_future(), asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(opened), context=contextvars.Context())
        await asyncio.wait([opened, self._keeper], return_when=asyncio.FIRST_COMPLETED)
        if self._keeper.done():
            await self._keeper
        await self.loop("_remember_waiting")

    async def _keep(self, opened: "asyncio.Future[None]") -> None:
        async with resources.built(settings.read({}, data=self.data, home=self.home)) as parts:
            self._parts, self._worker, self._base = parts, Worker(parts), contextvars.copy_context()
            opened.set_result(None)
            await self._closing.wait()

    async def close(self) -> None:
        """The process ends."""
        unit_of_work._base = self._base
        self._closing.set()
        await self._keeper

    async def crash(self) -> None:
        """It dies between two transactions, and is started again."""
        await self.close()
        await self.open()

    async def run(self, work: Callable[[Resources], Awaitable[T]]) -> T:
        """Something inside this house."""
        unit_of_work._base = self._base

        async def inside() -> T:
            return await work(self._parts)

        return await asyncio.create_task(inside(), context=self._base.copy())

    async def loop(self, name: str) -> None:
        """One pass of a loop."""
        await self.run(lambda parts: getattr(self._worker, name)())

    async def round(self) -> None:
        """A pass of every loop."""
        for name in ("_second_looks", "_apply", "_receipts", "_gaps", "_relay"):
            await self.loop(name)

    # deeds

    async def file(self) -> str:
        """A case for the other county; its number."""
        document = answers(targetRegion=self.other, acceptRegion=self.home)
        answer = await self.run(
            lambda parts: parts.case_room.submit(self.clerk, {"matter": MATTER, "answers": document}, source=1)
        )
        return str(answer.body["number"])

    async def deed(self, actor: Actor, number: str, name: str) -> bool:
        """One deed on a case; False when it may not be done now."""
        method, body = METHODS.get(name, name), dict(BODIES[name])
        try:
            await self.run(lambda parts: getattr(parts.case_room, method)(actor, number, body))
        except CaseError:
            return False
        return True

    async def knows(self, number: str) -> bool:
        """Has the case begun here?"""
        return await self.run(lambda parts: Leg.filter(number=number).exists())

    # the line

    async def lays_out(self) -> list["Post"]:
        """What the other county may fetch now."""
        items = await self.run(lambda parts: parts.mailbox.hand_out(self.other, 50))
        return [Post(self.other, body := item.body.encode(), item.signature, await self._files(body)) for item in items]

    async def _files(self, body: bytes) -> tuple["File", ...]:
        """The bytes of what a message names, as the other side may fetch them."""
        named = attachments_in(envelope.parse(body).data)

        async def read(parts: Resources) -> tuple[File, ...]:
            found = []
            for one in named:
                _, pieces = await parts.attachments.open(one["sha256"], self.other)
                content = b"".join([piece async for piece in pieces])
                found.append(File(one["name"], one["media_type"], content))
            return tuple(found)

        return await self.run(read) if named else ()

    async def takes(self, post: "Post") -> None:
        """A message comes in at our door, its files first."""
        await self.run(lambda parts: _put(parts, self.other, post.files))
        await self.run(lambda parts: parts.inbox.store(self.other, post.body, post.signature, door="rest"))

    async def open_ends(self) -> int:
        """How much is still under way here."""

        async def count(parts: Resources) -> int:
            out = await Outgoing.filter(due_at__not_isnull=True).count()
            waiting = await Incoming.filter(state__in=["stored", "held"]).count()
            return out + waiting + await Incoming.filter(receipt_due_at__not_isnull=True).count()

        return await self.run(count)


async def _put(parts: Resources, by: str, files: Sequence["File"]) -> None:
    for file in files:
        await parts.attachments.start()
        await parts.attachments.put(by, "the line", _pieces(file.content), file.name, file.media_type)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass(frozen=True)
class File:
    """What a message names, with its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Post:
    """A message on the line."""

    to: str
    body: bytes
    signature: str
    files: tuple[File, ...] = ()


@dataclass
class Pair:
    """随县 and 枣阳, whole, and the line between them."""

    at: dict[str, Place]
    clock: Clock
    dice: random.Random
    line: list[Post] = field(default_factory=list)
    cases: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    async def begin(cls, furnished: Path, folder: Path, clock: Clock, seed: int) -> "Pair":
        """On copies of the furnished folders."""
        shutil.copytree(furnished, folder)
        at = {SUIXIAN: Place(folder / SUIXIAN, SUIXIAN, ZAOYANG), ZAOYANG: Place(folder / ZAOYANG, ZAOYANG, SUIXIAN)}
        pair = cls(at, clock, random.Random(seed))
        for place in at.values():
            await place.open()
        return pair

    async def end(self) -> None:
        """Both close, roots drawn."""
        for place in self.at.values():
            await place.run(lambda parts: parts.roots.once())
            await place.close()

    async def fetch(self, who: str) -> None:
        """A county asks for what lies ready for it; each item may get lost, come twice, and loses its place."""
        for post in await self.at[self.at[who].other].lays_out():
            self.line += [post] * self.dice.choice((0, 1, 1, 1, 2))
        self.dice.shuffle(self.line)

    async def settle(self) -> None:
        """The line is mended; go on until nobody has anything left to do."""
        for _ in range(200):
            for place in self.at.values():
                await place.round()
                self.line += await place.lays_out()
            moved = bool(self.line)
            while self.line:
                post = self.line.pop(0)
                await self.at[post.to].takes(post)
            if not moved and not sum([await place.open_ends() for place in self.at.values()]):
                return
            self.clock.move(seconds=3 if moved else 70)
        raise AssertionError(json.dumps({home: await place.open_ends() for home, place in self.at.items()}))


def as_guest(code: str, gateway: Gateway) -> Guest:
    """The other house's rows, as a guest's books show them."""
    order = audit_trail.in_order(World(gateway)).values()
    return Guest(
        code,
        talk=[row for row in gateway["talks"] if row["subject"]],
        said=[{**row, "id": row["message_id"], "body": row["clear"]} for row in gateway.numbered("outgoing")],
        heard=[{**row, "id": row["message_id"], "body": row["clear"]} for row in gateway.numbered("incoming")],
        effect=[row for rows in order for row in rows],
        apart=gateway["apart"],
    )
