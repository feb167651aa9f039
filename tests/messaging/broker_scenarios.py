"""What must hold on RabbitMQ, each tried by a test of its own; each must fail under the bug that it is there for.

`tests/faults/test_broker_mutants.py` applies the bugs.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from messaging.bus import amqp_line, amqp_publisher, amqp_reader
from messaging.bus.amqp_publisher import AmqpPublisher
from messaging.bus.names import PARKED, TO_GATEWAY
from messaging.bus.port import Refused
from tests.county import ZAOYANG
from tests.messaging.on_a_broker import bus, parcel, said, until, waiting
from tests.services.proxy import Proxy
from tests.services.rabbitmq import Broker

Scenario = Callable[[Broker], Awaitable[None]]


async def stored_before_acknowledged(broker: Broker) -> None:
    """The database fails while a message comes, and the house ends: the broker still has it."""
    tried = asyncio.Event()

    async def fail(partner: str, body: bytes, signature: str | None) -> None:
        tried.set()
        raise ConnectionRefusedError

    await said(broker, "m1")
    async with bus(broker.url) as road:
        await road.listen(fail)
        await asyncio.wait_for(tried.wait(), 20)
    assert await waiting(broker, ZAOYANG, TO_GATEWAY) == ["m1"]


async def not_thrown_away_at_the_end(broker: Broker) -> None:
    """The house ends while a message is under way: it is neither acknowledged nor rejected, and comes again."""
    begun = asyncio.Event()

    async def hang(partner: str, body: bytes, signature: str | None) -> None:
        begun.set()
        await asyncio.Event().wait()

    await said(broker, "m1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amqp_reader, "STOP_WITHIN", 0.2)
        async with bus(broker.url) as road:
            await road.listen(hang)
            await asyncio.wait_for(begun.wait(), 20)
    assert await waiting(broker, ZAOYANG, TO_GATEWAY) == ["m1"]
    assert await waiting(broker, ZAOYANG, PARKED) == []


async def taken_by_a_queue(broker: Broker) -> None:
    """What no queue takes is not sent, although the broker confirms that it came."""
    async with bus(broker.url) as road:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(AmqpPublisher, "queue", lambda publisher: "nowhere")
            (answer,) = await road.publish([parcel("a1")])
        assert isinstance(answer, Refused)
        assert await road.publish([parcel("a1")]) == [None]
    assert await waiting(broker, ZAOYANG) == ["a1"]


async def a_lost_line_is_a_refusal(broker: Broker) -> None:
    """The library tells of a line that fell silent by cancelling whoever waits: nobody is cancelled, all go on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(amqp_line, "HEARTBEAT", 1)
        patch.setattr(amqp_publisher, "SURE_WITHIN", 60.0)  # so that it is the library that notices
        async with Proxy(broker.port) as proxy, bus(broker.url.replace(str(broker.port), str(proxy.port))) as road:
            assert await road.publish([parcel("a1")]) == [None]
            proxy.cut()
            publishing = asyncio.create_task(road.publish([parcel("a2")]))
            await asyncio.wait([publishing], timeout=30)
            assert publishing.done(), "nobody noticed"
            assert not publishing.cancelled(), "nobody ordered that"
            assert isinstance(publishing.result()[0], Refused)
            proxy.reset()
            proxy.mend()
            assert road.alive
            await until(lambda: road.room(ZAOYANG) > 0)
            assert await road.publish([parcel("a2")]) == [None]


ALL: dict[str, Scenario] = {
    one.__name__: one
    for one in (stored_before_acknowledged, not_thrown_away_at_the_end, taken_by_a_queue, a_lost_line_is_a_refusal)
}
