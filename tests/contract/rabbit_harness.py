"""The RabbitMQ bus under the suite: a real broker, partners that read through the mailbox and publish as themselves."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from gateway import database, settings
from messaging import envelope
from messaging.bus import amqp_arrivals, amqp_publisher
from messaging.bus.administration import Administration
from messaging.bus.amqp_line import address, closed
from messaging.bus.amqp_publisher import AmqpPublisher
from messaging.bus.names import FROM_PARTNER, SIGNATURE, TO_GATEWAY, TO_PARTNER
from messaging.bus.port import Arrival, Parcel, Place, Refused
from messaging.bus.rabbitmq import RabbitBus
from messaging.bus.topology import gateway_account
from messaging.key_ring import KeyRing
from messaging.sealing import Sealer
from messaging.tables import Mail
from messaging.unit_of_work import Connection, run_tx
from partners.mailbox import Mailbox
from tests.contract.harness import Got
from tests.county import JINGSHAN, WORKING_HOURS, ZAOYANG
from tests.services import databases
from tests.services.rabbitmq import Broker

LINKS = (ZAOYANG, JINGSHAN)
MARK, PASSWORD = "mark", "of a partner"


class HeardBus(RabbitBus):
    """Counts what was made durable, so that a partner of the test can wait for it."""

    def __init__(self, url: str, *, collects: bool) -> None:
        super().__init__(url, lambda: dict.fromkeys(LINKS, collects))
        self.heard: Counter[tuple[str, bytes, str | None]] = Counter()
        self.listening = False

    async def listen(self, arrival: Arrival, set_apart: Any = None) -> None:
        async def counted(partner: str, body: bytes, signature: str | None) -> None:
            await arrival(partner, body, signature)
            self.heard[partner, body, signature] += 1

        self.listening = True
        await super().listen(counted, set_apart)

    async def close(self) -> None:
        self.listening = False
        await super().close()


class RabbitHarness:
    """A partner here is somebody for whom the mailbox collects, and who publishes on its own virtual host."""

    collects = True

    def __init__(self, folder: Path, broker: Broker) -> None:
        self._settings = settings.read(databases.environment(folder), data=folder)
        self._url = broker.url
        self._places: dict[tuple[str, str], Place] = {}
        self._stack = AsyncExitStack()
        self._lines: dict[tuple[str, str], tuple[AbstractConnection, AbstractChannel]] = {}
        self._sent: Counter[tuple[str, bytes, str | None]] = Counter()
        self._opening, self._marks = asyncio.Lock(), 0

    async def start(self) -> None:
        """Open the database and everything on it."""
        await self._stack.enter_async_context(database.opened(self._settings))
        sealer = Sealer(self._settings.sealing_key, self._settings.index_key, self._settings.cipher)
        self.keys = KeyRing(sealer)
        self._mailbox = Mailbox(self.keys, lambda: WORKING_HOURS)
        self.bus = HeardBus(self._url, collects=self.collects)
        await self.bus.collect(self.keys, self._places_of, self._mailbox.wake, lambda: WORKING_HOURS)

    async def stop(self) -> None:
        """Close the bus, then the database."""
        await self.bus.close()
        for connection, _ in self._lines.values():
            await closed(connection)
        self._lines.clear()
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def empty(self) -> None:
        """Throw away what an earlier test left on the broker, once its readers are gone."""
        for partner in LINKS:
            channel = await self._channel(partner)
            for name in (TO_PARTNER, TO_GATEWAY):
                queue = await channel.declare_queue(name, passive=True)
                while queue.declaration_result.consumer_count:
                    await asyncio.sleep(0.05)
                    queue = await channel.declare_queue(name, passive=True)
                await queue.purge()

    async def _places_of(self, partner: str, letters: Sequence[tuple[str, bytes]]) -> list[Place]:
        known = [self._places.get((partner, id_)) for id_, _ in letters]
        return [place or Place("", None, await self._new_key()) for place in known]

    async def _new_key(self) -> int:
        key = self.keys.make(WORKING_HOURS)

        async def keep(connection: Connection) -> None:
            await key.save(using_db=connection, force_create=True)

        await run_tx(keep)
        return int(key.id)

    async def parcel(self, partner: str, id_: str, subject: str, sequence: int | None, body: bytes) -> Parcel:
        key_id = await self._new_key()
        self._places[partner, id_] = Place(subject, sequence, key_id)
        return Parcel(partner, id_, subject, sequence, key_id, body, envelope.sha256_hex(body), f"signed..{id_}")

    async def read(self, partner: str) -> list[Got]:
        await self._collected(partner)
        items = await self._mailbox.hand_out(partner, 200)
        return [Got(item.id, item.body.encode(), item.signature) for item in items]

    async def settle(self, partner: str, id_: str) -> None:
        await self._collected(partner)
        await self._mailbox.settle(partner, id_)

    async def _collected(self, partner: str) -> None:
        """A mark is sent behind everything; once it lies in the mailbox, so does all the rest."""
        self._marks += 1
        mark = f"{MARK}{self._marks}"
        channel = await self._channel(partner)
        await channel.default_exchange.publish(aio_pika.Message(b"{}", message_id=mark), TO_PARTNER)
        async with asyncio.timeout(20):
            while not await Mail.filter(partner=partner, message_id=mark).exists():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await Mail.filter(partner=partner, message_id=mark).delete()

    async def arrive(self, partner: str, body: bytes, signature: str | None) -> None:
        """Published, and waited for: nobody reads means that nothing is published."""
        if not self.bus.listening:
            raise Refused("nobody listens")
        letter = (partner, body, signature)
        self._sent[letter] += 1
        ticket = self._sent[letter]
        channel = await self._channel(partner, f"partner-{partner}", PASSWORD)
        exchange = await channel.get_exchange(FROM_PARTNER, ensure=False)
        headers: Any = {} if signature is None else {SIGNATURE: signature}
        await exchange.publish(aio_pika.Message(body, headers=headers), routing_key="")
        async with asyncio.timeout(20):
            while self.bus.heard[letter] < ticket:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def arrive_badly(self, letters: Sequence[tuple[str, bytes, str | None]], seed: int) -> None:
        dice = random.Random(seed)
        order = [letter for letter in letters for _ in range(dice.choice((1, 1, 2, 3)))]
        dice.shuffle(order)
        await asyncio.gather(*(self.arrive(*letter) for letter in order))

    async def _channel(self, partner: str, user: str = "gateway", password: str = "gateway-secret") -> AbstractChannel:
        async with self._opening:
            if (partner, user) not in self._lines:
                url = str(address(self._url, partner, "test").with_user(user).with_password(password))
                connection = await aio_pika.connect(url)
                self._lines[partner, user] = connection, await connection.channel(on_return_raises=True)
        return self._lines[partner, user][1]

    @contextmanager
    def refusing(self, partner: str) -> Any:
        """The broker has no such queue, and says so."""
        queue = AmqpPublisher.queue

        def elsewhere(publisher: AmqpPublisher) -> str:
            return "nowhere" if publisher._partner == partner else queue(publisher)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AmqpPublisher, "queue", elsewhere)
            yield

    @contextmanager
    def losing_answers(self) -> Any:
        publish = AmqpPublisher._publish

        async def then_lose(publisher: AmqpPublisher, parcel: Parcel) -> None:
            await publish(publisher, parcel)
            raise TimeoutError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(amqp_publisher.AmqpPublisher, "_publish", then_lose)
            yield


class AmqpHarness(RabbitHarness):
    """A partner here reads its queue itself, by its own user; its books know a message that comes twice by its id."""

    collects = False

    def __init__(self, folder: Path, broker: Broker) -> None:
        super().__init__(folder, broker)
        self._held: dict[str, dict[str, list[AbstractIncomingMessage]]] = {partner: {} for partner in LINKS}

    async def stop(self) -> None:
        """Whoever hangs up gets back what it did not acknowledge."""
        await super().stop()
        self._held = {partner: {} for partner in LINKS}

    async def read(self, partner: str) -> list[Got]:
        await self._fetch(partner)
        copies = [held[-1] for held in self._held[partner].values()]
        return [Got(str(one.message_id), one.body, str(one.headers[SIGNATURE])) for one in copies]

    async def settle(self, partner: str, id_: str) -> None:
        await self._fetch(partner)
        for copy in self._held[partner].pop(id_, []):
            await copy.ack()

    async def _fetch(self, partner: str) -> None:
        """Everything that waits in the queue now."""
        channel = await self._channel(partner, f"partner-{partner}", PASSWORD)
        queue = await channel.get_queue(TO_PARTNER, ensure=False)
        while (message := await queue.get(fail=False)) is not None:
            self._held[partner].setdefault(str(message.message_id), []).append(message)


async def declare(broker: Broker, *partners: str) -> None:
    """The topology of these links."""
    gateway = gateway_account(broker.url)
    async with Administration(broker.admin_url) as administration:
        await administration.ensure_gateway(gateway)
        for partner in partners:
            await administration.ensure_link(partner, gateway)
            await administration.ensure_user(partner, PASSWORD)


@asynccontextmanager
async def rabbit_bus(
    folder: Path, broker: Broker, kind: type[RabbitHarness] = RabbitHarness
) -> AsyncIterator[RabbitHarness]:
    """The RabbitMQ bus on a migrated data folder and an empty broker."""
    await declare(broker, *LINKS)
    harness = kind(folder, broker)
    await harness.empty()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amqp_arrivals, "PAUSES", (0.02, 0.05, 0.1))
        await harness.start()
        try:
            yield harness
        finally:
            await harness.stop()
