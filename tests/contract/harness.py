"""What the suite needs of a bus: to stand on both sides of it, to restart it, and to make it misbehave as buses do."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from gateway import database, settings
from messaging import envelope
from messaging.bus import embedded
from messaging.bus.embedded import EmbeddedBus
from messaging.bus.port import Arrival, Bus, Parcel
from messaging.key_ring import KeyRing
from messaging.sealing import Sealer
from messaging.unit_of_work import Connection, run_tx
from partners.mailbox import Mailbox
from tests.county import WORKING_HOURS
from tests.services import databases

TRIES = 5  # times that a partner repeats what was not taken


@dataclass(frozen=True)
class Got:
    """What a partner reads."""

    id: str
    body: bytes
    signature: str


class Harness(Protocol):
    """One bus under the suite. A new bus brings a class like this and no test of its own."""

    @property
    def bus(self) -> Bus:
        """The bus itself; another one after a restart."""

    async def parcel(self, partner: str, id_: str, subject: str, sequence: int | None, body: bytes) -> Parcel:
        """A parcel that the bus can keep at rest."""

    async def read(self, partner: str) -> list[Got]:
        """What a partner that reads now gets; what it does not settle comes again."""

    async def settle(self, partner: str, id_: str) -> None:
        """The partner has it."""

    async def arrive(self, partner: str, body: bytes, signature: str | None) -> None:
        """The partner publishes, and repeats itself until it is told that its message is durable."""

    async def arrive_badly(self, letters: Sequence[tuple[str, bytes, str | None]], seed: int) -> None:
        """Many messages on their way at once, some of them twice, none in its place."""

    def refusing(self, partner: str) -> AbstractContextManager[None]:
        """The bus does not take what is for this partner."""

    def losing_answers(self) -> AbstractContextManager[None]:
        """The bus takes everything, but the confirmation does not come back."""

    async def restart(self) -> None:
        """Everything in memory is gone; what was confirmed is not."""


class EmbeddedHarness:
    """The embedded bus: partners read through the mailbox, and publish through a door of this process."""

    def __init__(self, folder: Path) -> None:
        self._settings = settings.read(databases.environment(folder), data=folder)
        self._stack = AsyncExitStack()
        self._listening: Arrival | None = None

    async def start(self) -> None:
        """Open the database and everything on it."""
        await self._stack.enter_async_context(database.opened(self._settings))
        sealer = Sealer(self._settings.sealing_key, self._settings.index_key, self._settings.cipher)
        self.keys = KeyRing(sealer)
        self.bus = EmbeddedBus(self.keys, lambda: WORKING_HOURS)
        self._mailbox = Mailbox(self.keys, lambda: WORKING_HOURS)

    async def stop(self) -> None:
        """Close the bus, then the database."""
        await self.bus.close()
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def parcel(self, partner: str, id_: str, subject: str, sequence: int | None, body: bytes) -> Parcel:
        key = self.keys.make(WORKING_HOURS)

        async def keep(connection: Connection) -> None:
            await key.save(using_db=connection, force_create=True)

        await run_tx(keep)
        return Parcel(partner, id_, subject, sequence, key.id, body, envelope.sha256_hex(body), f"signed..{id_}")

    async def read(self, partner: str) -> list[Got]:
        items = await self._mailbox.hand_out(partner, 200)
        return [Got(item.id, item.body.encode(), item.signature) for item in items]

    async def settle(self, partner: str, id_: str) -> None:
        await self._mailbox.settle(partner, id_)

    async def arrive(self, partner: str, body: bytes, signature: str | None) -> None:
        for again in range(TRIES):
            try:
                await self.bus.arrive(partner, body, signature)
            except Exception:
                if again == TRIES - 1:
                    raise
                await asyncio.sleep(0)
            else:
                return

    async def arrive_badly(self, letters: Sequence[tuple[str, bytes, str | None]], seed: int) -> None:
        dice = random.Random(seed)
        order = [letter for letter in letters for _ in range(dice.choice((1, 1, 2, 3)))]
        dice.shuffle(order)
        await asyncio.gather(*(self.arrive(*letter) for letter in order))

    @contextmanager
    def refusing(self, partner: str) -> Any:
        mail = self.bus._mail

        def refuse(parcel: Parcel) -> Any:
            if parcel.partner == partner:
                raise OSError("the queue is full")
            return mail(parcel)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.bus, "_mail", refuse)
            yield

    @contextmanager
    def losing_answers(self) -> Any:
        async def then_lose(work: Callable[[Connection], Any]) -> None:
            await run_tx(work)
            raise OSError("the answer was lost")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(embedded, "run_tx", then_lose)
            yield


@asynccontextmanager
async def embedded_bus(folder: Path) -> AsyncIterator[EmbeddedHarness]:
    """The embedded bus on a migrated data folder."""
    harness = EmbeddedHarness(folder)
    await harness.start()
    try:
        yield harness
    finally:
        await harness.stop()
