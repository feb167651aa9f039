"""What partners publish: to the inbox, and only then acknowledged; what cannot be stored now is kept and tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from aio_pika.abc import AbstractIncomingMessage

from messaging.bus import names
from messaging.bus.amqp_reader import AmqpReader
from messaging.bus.port import Arrival
from messaging.faults import fault
from messaging.unit_of_work import spawn

PAUSES = (1.0, 2.0, 5.0, 15.0)  # seconds between tries of one message before it is given back to the broker
GIVEN_BACK_MOST = 3  # times that a message is given back before it is set apart, in sight

SetApart = Callable[[str, bytes, str, str], Awaitable[None]]
"""(partner, body, signature, reason): kept without effect, shown to people; raises when even that fails."""

log = logging.getLogger(__name__)


class AmqpArrivals:
    """Reads `to-gateway` of one partner.

    A message that fails does not hold up the others. Poison is counted by its returns and set apart in our own
    table; only what kills the process each time reaches the broker's delivery limit, and then lies in `parked`.
    """

    def __init__(self, url: str, partner: str, arrival: Arrival, set_apart: SetApart) -> None:
        self._partner, self._arrival, self._set_apart = partner, arrival, set_apart
        self._again: set[asyncio.Task[None]] = set()
        self.reader = AmqpReader(url, partner, names.TO_GATEWAY, self._take)

    async def stop(self) -> None:
        """First nothing more is taken; what still waits for its next try is left to the broker."""
        await self.reader.stop()
        for task in self._again:
            task.cancel()
        await asyncio.gather(*self._again, return_exceptions=True)

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        """All at once: the inbox writes together what comes together."""
        results = await asyncio.gather(*(self._stored(message) for message in batch))
        for message, stored in zip(batch, results, strict=True):
            if not stored:
                self._later(message)

    def _later(self, message: AbstractIncomingMessage) -> None:
        task = spawn(self._try_again(message), name="stores again")
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    async def _stored(self, message: AbstractIncomingMessage) -> bool:
        """Durable, and only then acknowledged."""
        try:
            await self._arrival(self._partner, message.body, _signature(message))
        except Exception as error:
            log.error("storing a message of %s: %s", self._partner, type(error).__name__)
            return False
        fault("consumer.before_ack")
        await _acknowledged(message)
        return True

    async def _apart(self, message: AbstractIncomingMessage, reason: str) -> bool:
        try:
            await self._set_apart(self._partner, message.body, _signature(message) or "", reason)
        except Exception as error:
            log.error("setting a message of %s apart: %s", self._partner, type(error).__name__)
            return False
        await _acknowledged(message)
        return True

    async def _try_again(self, message: AbstractIncomingMessage) -> None:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if message.channel.is_closed:  # it comes again by itself
                return
            if await self._stored(message):
                return
        if _returns(message) >= GIVEN_BACK_MOST and await self._apart(message, "cannot be stored"):
            return
        with suppress(Exception):
            await message.nack(requeue=True)


async def _acknowledged(message: AbstractIncomingMessage) -> None:
    """On a line that is gone nothing can be said: the message comes again, and the inbox knows it."""
    with suppress(Exception):
        await message.ack()


def _signature(message: AbstractIncomingMessage) -> str | None:
    """The detached signature, when the partner gave one as text."""
    value = message.headers.get(names.SIGNATURE)
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value if isinstance(value, str) else None


def _returns(message: AbstractIncomingMessage) -> int:
    """How often the broker has delivered this message before."""
    count = message.headers.get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0
