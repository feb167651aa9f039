"""Reading one queue of one partner: a supervised loop on its own connection, with prefetch and explicit acks only.

Whoever takes a batch acknowledges it; what is not acknowledged comes again. `to-gateway` lets one reader in at a time
(`x-single-active-consumer`), so that of several processes one reads a partner and the next one takes over by itself.
That is the lease: the broker knows at once when its holder is gone, and it needs neither a table nor clocks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from aio_pika.abc import AbstractIncomingMessage

from messaging.bell import Bell
from messaging.bus import amqp_line
from messaging.unit_of_work import spawn

PREFETCH = 100
PAUSES = (0.5, 1.0, 2.0, 4.0, 5.0)  # seconds before the next try to connect
STOP_WITHIN = 10.0  # seconds that a batch under way may take when we are to stop

log = logging.getLogger(__name__)

Take = Callable[[Sequence[AbstractIncomingMessage]], Awaitable[None]]


class AmqpReader:
    """Reads until it is stopped. `take` gets what came, in its order; an exception from it ends the connection."""

    def __init__(self, url: str, partner: str, queue: str, take: Take) -> None:
        self._url, self._partner, self._queue, self._take = url, partner, queue, take
        self._bell, self._stopping = Bell(), False
        self._waiting: list[AbstractIncomingMessage] = []
        self._lost = False
        self.standing = False  # does the broker know us as a reader of this queue?
        self._task = spawn(self._keep_reading(), name=f"reads {queue} of {partner}")

    @property
    def alive(self) -> bool:
        """Does the loop run, connected or not?"""
        return not self._task.done()

    async def stop(self) -> None:
        """Take nothing more, finish what was taken, say farewell."""
        self._stopping = True
        self._bell.ring()
        if self.standing:  # else there is nothing to finish, and nobody to say farewell to
            await asyncio.wait([self._task], timeout=STOP_WITHIN)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_reading(self) -> None:
        tries = 0
        while not self._stopping:
            try:
                await self._read()
                tries = 0
            except asyncio.CancelledError:
                if amqp_line.really_cancelled():
                    raise
                tries = 0
            except Exception as error:
                if tries == 0:
                    log.warning("%s of %s: %s", self._queue, self._partner, type(error).__name__)
                tries += 1
            finally:
                self.standing = False
            if not self._stopping:
                await self._bell.wait(PAUSES[min(tries, len(PAUSES) - 1)])

    async def _read(self) -> None:
        """One connection, from its opening to its end."""
        connection = await amqp_line.opened(self._url, self._partner, f"reads {self._queue} of")
        self._waiting, self._lost = [], False
        try:
            async with asyncio.timeout(amqp_line.OPEN_WITHIN):
                channel = await connection.channel(publisher_confirms=False)
                channel.close_callbacks.add(self._on_lost)
                connection.close_callbacks.add(self._on_lost)
                underlay = await channel.get_underlay_channel()
                underlay.on_consumer_cancel_callbacks.add(self._on_lost)
                await channel.set_qos(PREFETCH)
                queue = await channel.get_queue(self._queue, ensure=False)
                tag = await queue.consume(self._on_message, no_ack=False)
            self.standing = True
            while await self._something():
                batch, self._waiting = self._waiting, []
                await self._take(batch)
            if not self._lost:
                await queue.cancel(tag, timeout=amqp_line.CLOSE_WITHIN)
        finally:
            await amqp_line.closed(connection)

    async def _something(self) -> bool:
        """Wait for messages; False when the line is lost, or we are to stop."""
        while not (self._lost or self._stopping):
            if self._waiting:
                return True
            await self._bell.wait(60.0)
        return False

    async def _on_message(self, message: AbstractIncomingMessage) -> None:
        self._waiting.append(message)
        self._bell.ring()

    def _on_lost(self, *_: object) -> None:
        self._lost = True
        self._bell.ring()
