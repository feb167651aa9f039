"""The AMQP client of a guest: reads `to-partner`, publishes to `from-partner`, on two connections that mend themselves.

It declares nothing: the host has made the queue and the exchange, and the guest has no right to. What was read is
acknowledged once our own books have it; what was published counts once the host's broker has confirmed it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from yarl import URL

from messaging.bus import addresses, kept_alive
from partners import signing
from partners.guest.post import GuestPost
from partners.guest.rest import Delivery, Unreachable

READ, WRITE, SIGNATURE = "to-partner", "from-partner", "tongban-signature"
CONTENT_TYPE = "application/cloudevents+json"
HEARTBEAT, PREFETCH, WITHIN = 10, 100, 10.0
AT_ONCE = 100  # messages taken and receipted together
PAUSES = (0.5, 1.0, 2.0, 5.0)  # seconds before the next try to connect, and before a message is given back

log = logging.getLogger(__name__)

Receive = Callable[[Sequence[Delivery]], Awaitable[None]]
"""What came, in its order: durable in our books once it returns."""


class AmqpDoor:
    """The way to the host for messages and receipts; both are published alike."""

    def __init__(self, url: str, vhost: str) -> None:
        self._url, self._vhost = url, vhost
        self._line: tuple[AbstractConnection, AbstractChannel] | None = None
        self._opening = asyncio.Lock()

    async def post(self, body: bytes, signature: str) -> None:
        """Durable at the host's broker once this returns. Raises Unreachable: then it is not known, and comes again."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._publish(body, signature)
        except asyncio.CancelledError:
            if _really_cancelled():
                raise
            await self.close()
            raise Unreachable("the line was lost") from None
        except Exception as error:
            await self.close()
            raise Unreachable(type(error).__name__) from None

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        """Our receipt is a message like any other; it names its delivery itself."""
        await self.post(body, signature)

    async def _publish(self, body: bytes, signature: str) -> None:
        channel = await self._channel()
        exchange = await channel.get_exchange(WRITE, ensure=False)
        message = aio_pika.Message(
            body,
            message_id=signing.read_header(signature).jti,
            content_type=CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers={SIGNATURE: signature},
        )
        answer = await exchange.publish(message, routing_key="", mandatory=True)
        if not isinstance(answer, aiormq.spec.Basic.Ack):
            raise Unreachable("not confirmed")

    async def _channel(self) -> AbstractChannel:
        async with self._opening:
            if self._line is None or self._line[0].is_closed or self._line[1].is_closed:
                await self.close()
                connection = await _opened(self._url, self._vhost)
                self._line = connection, await connection.channel(publisher_confirms=True, on_return_raises=True)
            return self._line[1]

    async def close(self) -> None:
        """The next message opens another connection."""
        if self._line is not None:
            (connection, _), self._line = self._line, None
            await _closed(connection)


async def work(url: str, vhost: str, post: GuestPost) -> None:
    """A guest at work over AMQP: take what comes, and make rounds beside it. Until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(listen(url, vhost, post.receive_all))
        group.create_task(post.keep_ticking())


async def listen(url: str, vhost: str, receive: Receive) -> None:
    """Read until cancelled; messages are acknowledged after `receive`, or given back after a pause when it raises."""
    tries = 0
    while True:
        try:
            await _read(url, vhost, receive)
            tries = 0
        except asyncio.CancelledError:
            if _really_cancelled():
                raise
        except Exception as error:
            log.warning("broker: %s", type(error).__name__)
            tries += 1
        await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])


async def _read(url: str, vhost: str, receive: Receive) -> None:
    """One connection, until it is lost. Messages are taken in the order in which they come."""
    connection = await _opened(url, vhost)
    waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

    def lost(*_: object) -> None:
        waiting.put_nowait(None)

    try:
        async with asyncio.timeout(WITHIN):
            channel = await connection.channel(publisher_confirms=False)
            channel.close_callbacks.add(lost)
            connection.close_callbacks.add(lost)
            (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(lost)
            await channel.set_qos(PREFETCH)
            await (await channel.get_queue(READ, ensure=False)).consume(waiting.put, no_ack=False)
        while (message := await waiting.get()) is not None:
            await _take(_with_what_waits(message, waiting), receive)
    finally:
        await _closed(connection)


def _with_what_waits(
    first: AbstractIncomingMessage, waiting: "asyncio.Queue[AbstractIncomingMessage | None]"
) -> list[AbstractIncomingMessage]:
    """What has come meanwhile is taken, and receipted, together with the first."""
    found = [first]
    while len(found) < AT_ONCE and not waiting.empty():
        message = waiting.get_nowait()
        if message is None:
            waiting.put_nowait(None)  # the line is lost: what came before is still ours
            break
        found.append(message)
    return found


async def _take(messages: Sequence[AbstractIncomingMessage], receive: Receive) -> None:
    deliveries = [
        Delivery(one.message_id or "", 1, one.body, str(one.headers.get(SIGNATURE) or "")) for one in messages
    ]
    try:
        await receive(deliveries)
    except Exception as error:
        log.error("%d messages could not be taken: %s", len(messages), type(error).__name__)
        await asyncio.sleep(PAUSES[0])
        for message in messages:
            with suppress(Exception):
                await message.nack(requeue=True)
    else:
        for message in messages:
            with suppress(Exception):  # on a line that is gone it comes again, and our books know it
                await message.ack()


async def _opened(url: str, vhost: str) -> AbstractConnection:
    """The nodes of a cluster, named with commas between them, are tried in turn. Raises what the last one said."""
    nodes = addresses.in_turn(url)
    for node in nodes[:-1]:
        try:
            return await _connected(node, vhost, WITHIN / len(nodes))
        except asyncio.CancelledError:
            if _really_cancelled():
                raise
        except Exception:  # noqa: S112
            continue
    return await _connected(nodes[-1], vhost, WITHIN / len(nodes))


async def _connected(node: str, vhost: str, within: float) -> AbstractConnection:
    async with asyncio.timeout(within):
        return await kept_alive.connect(_address(node, vhost))


def _address(url: str, vhost: str) -> str:
    whole = URL(url)
    return str(whole.with_path(f"/{vhost}").with_query({**whole.query, "heartbeat": str(HEARTBEAT)}))


async def _closed(connection: AbstractConnection) -> None:
    with suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(3):
            await connection.close()
            await asyncio.sleep(0.01)  # what the library does after a close needs a few steps of the loop


def _really_cancelled() -> bool:
    """Or does the library tell of a lost line by a CancelledError?"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
