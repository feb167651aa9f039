"""What tests of the RabbitMQ bus do on a real broker: two links, both ends of each, and a look into the queues."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from messaging.bus.administration import Administration
from messaging.bus.amqp_line import address, closed
from messaging.bus.names import FROM_PARTNER, PARKED, TO_GATEWAY, TO_PARTNER
from messaging.bus.port import Parcel
from messaging.bus.rabbitmq import RabbitBus
from messaging.bus.topology import gateway_account
from tests.county import JINGSHAN, ZAOYANG
from tests.services.rabbitmq import Broker

PASSWORD = "of a partner"


async def prepared(broker: Broker) -> Broker:
    """The broker with two empty links."""
    gateway = gateway_account(broker.url)
    async with Administration(broker.admin_url) as administration:
        await administration.ensure_gateway(gateway)
        for partner in (ZAOYANG, JINGSHAN):
            await administration.ensure_link(partner, gateway)
            await administration.ensure_user(partner, PASSWORD)
    for partner in (ZAOYANG, JINGSHAN):
        async with line(broker, partner) as channel:
            for name in (TO_PARTNER, TO_GATEWAY, PARKED):
                queue = await channel.declare_queue(name, passive=True)
                while queue.declaration_result.consumer_count:
                    await asyncio.sleep(0.05)
                    queue = await channel.declare_queue(name, passive=True)
                await queue.purge()
    return broker


@asynccontextmanager
async def line(broker: Broker, partner: str, *, own: bool = False) -> AsyncIterator[AbstractChannel]:
    """A channel on a partner's virtual host, as the gateway or as the partner's own user."""
    whole = address(broker.url, partner, "test")
    if own:
        whole = whole.with_user(f"partner-{partner}").with_password(PASSWORD)
    connection = await aio_pika.connect(str(whole))
    try:
        yield await connection.channel(on_return_raises=True)
    finally:
        await closed(connection)


@asynccontextmanager
async def bus(url: str, *partners: str) -> AsyncIterator[RabbitBus]:
    """A bus whose partners read their queues themselves."""
    made = RabbitBus(url, lambda: dict.fromkeys(partners or (ZAOYANG, JINGSHAN), False))
    try:
        yield made
    finally:
        await made.close()


def parcel(id_: str, partner: str = ZAOYANG, subject: str | None = None, sequence: int = 1) -> Parcel:
    return Parcel(partner, id_, subject or f"case-{id_}", sequence, 0, f"bytes of {id_}".encode(), "", "signed..x")


async def waiting(broker: Broker, partner: str, queue: str = TO_PARTNER) -> list[str]:
    """The ids that lie in a queue, taken out of it, in their order."""
    found: asyncio.Queue[str] = asyncio.Queue()

    async def take(message: AbstractIncomingMessage) -> None:
        found.put_nowait(message.message_id or "")
        await message.ack()

    ids = []
    async with line(broker, partner) as channel:
        await (await channel.get_queue(queue, ensure=False)).consume(take)
        with contextlib.suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.5):
                    ids.append(await found.get())
    return ids


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def said(broker: Broker, *ids: str, **more: Any) -> None:
    """枣阳 publishes."""
    async with line(broker, ZAOYANG, own=True) as channel:
        exchange = await channel.get_exchange(FROM_PARTNER, ensure=False)
        for id_ in ids:
            await exchange.publish(aio_pika.Message(id_.encode(), message_id=id_, **more), "")
