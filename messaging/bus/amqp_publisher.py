"""Publishing to one partner: its own connection, opened at the first parcel, closed when idle; sure only of Basic.Ack."""

import asyncio
import weakref
from collections.abc import Sequence
from typing import Any

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection

from messaging.bus import amqp_line, names
from messaging.bus.port import PLENTY, Parcel, Refused
from messaging.unit_of_work import spawn

SURE_WITHIN = 10.0  # seconds from the first step of a publish, the channel included, to the broker's confirmation
IN_FLIGHT = 64  # unconfirmed parcels of one partner
IDLE = 60.0  # seconds without a parcel after which the connection is closed
REST = 2.0  # seconds after a refusal in which nothing is offered


class AmqpPublisher:
    """One unconfirmed parcel per conversation, many across; a refusal ends its conversation for this time.

    Of the same parcel there are never two in flight: the broker's returns are told apart by message id only.
    """

    def __init__(self, url: str, partner: str) -> None:
        self._url, self._partner = url, partner
        self._line: tuple[AbstractConnection, AbstractChannel] | None = None
        self._opening = asyncio.Lock()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._talks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()
        self._refused_at: float | None = None
        self._used_at, self._busy = _clock(), 0
        self._farewells: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def sound(self) -> bool:
        """Was the last parcel taken, as far as is known?"""
        return self._refused_at is None

    @property
    def room(self) -> int:
        """How many parcels may be offered now: none just after a refusal, then one to see, many once it was taken."""
        if self._refused_at is None:
            return PLENTY
        return 0 if _clock() < self._refused_at + REST else 1

    async def send(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        """An answer for each parcel; never an exception."""
        talks: dict[str, list[int]] = {}
        for at, parcel in enumerate(parcels):
            talks.setdefault(_talk(parcel), []).append(at)
        answers: list[Refused | None] = [None] * len(parcels)
        attempt = _Attempt()
        await asyncio.gather(*(self._talk_through(parcels, places, answers, attempt) for places in talks.values()))
        if attempt.given_up is not None or (attempt.denied and not self._busy):
            self._hang_up()
        return answers

    async def _talk_through(
        self, parcels: Sequence[Parcel], places: Sequence[int], answers: list[Refused | None], attempt: "_Attempt"
    ) -> None:
        """One conversation in its order; once one was refused the rest waits."""
        lock = self._talks.setdefault(_talk(parcels[places[0]]), asyncio.Lock())
        refusal: Refused | None = None
        async with lock:
            for at in places:
                if refusal is None:
                    refusal = answers[at] = await self._in_turn(parcels[at], attempt)
                else:
                    answers[at] = Refused("waits for the one before it")

    async def _in_turn(self, parcel: Parcel, attempt: "_Attempt") -> Refused | None:
        async with self._room:
            if attempt.given_up is not None:
                return Refused(attempt.given_up)
            self._busy, self._used_at = self._busy + 1, _clock()
            try:
                refusal, line_is_bad = await self._offer(parcel)
            finally:
                self._busy -= 1
            if line_is_bad:
                attempt.given_up = str(refusal)
            attempt.denied = attempt.denied or refusal is not None
            self._refused_at = None if refusal is None else _clock()
            return refusal

    async def _offer(self, parcel: Parcel) -> tuple[Refused | None, bool]:
        """(why not, is the line to blame). Whatever is not a confirmation is a refusal of unknown outcome."""
        try:
            async with asyncio.timeout(SURE_WITHIN):
                answer = await self._publish(parcel)
        except asyncio.CancelledError:
            if amqp_line.really_cancelled():
                raise
            return Refused("the line was lost"), True
        except (aio_pika.exceptions.DeliveryError, aio_pika.exceptions.PublishError) as no:
            return Refused(f"the broker: {type(no).__name__}"), False
        except Exception as error:
            return Refused(type(error).__name__), True
        return (None, False) if isinstance(answer, aiormq.spec.Basic.Ack) else (Refused("not confirmed"), False)

    async def _publish(self, parcel: Parcel) -> Any:
        channel = await self._channel()
        message = aio_pika.Message(
            parcel.body,
            message_id=parcel.message_id,
            content_type=names.CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers={names.SIGNATURE: parcel.signature},
        )
        return await channel.default_exchange.publish(message, routing_key=self.queue(), mandatory=True)

    def queue(self) -> str:
        """Where parcels go: through the default exchange."""
        return names.TO_PARTNER

    async def _channel(self) -> AbstractChannel:
        async with self._opening:
            if self._closed:
                raise ConnectionAbortedError
            if self._line is not None and not (self._line[0].is_closed or self._line[1].is_closed):
                return self._line[1]
            self._hang_up()
            connection = await amqp_line.opened(self._url, self._partner, "publishes to")
            try:
                channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            except BaseException:
                self._farewell(connection)
                raise
            self._line = connection, channel
            return channel

    def _hang_up(self) -> None:
        """The next parcel opens another connection."""
        if self._line is not None:
            self._farewell(self._line[0])
            self._line = None

    def _farewell(self, connection: AbstractConnection) -> None:
        """In the background: a broker that is silent must not keep anybody waiting."""
        task = spawn(amqp_line.closed(connection), name="closing a line")
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def close_if_idle(self) -> None:
        """Called from time to time."""
        if self._line is not None and not self._busy and _clock() > self._used_at + IDLE:
            self._hang_up()

    async def close(self) -> None:
        """Say farewell to the broker, a few seconds at most."""
        self._closed = True
        self._hang_up()
        await asyncio.gather(*self._farewells, return_exceptions=True)


class _Attempt:
    """One batch: once the line is to blame for a refusal, what was not begun is not begun.

    `denied`: the broker itself said no. The next try opens another line, for a broker whose queue has moved to another
    node may go on saying no on the channel of before (seen on 3.10).
    """

    def __init__(self) -> None:
        self.given_up: str | None = None
        self.denied = False


def _talk(parcel: Parcel) -> str:
    return f"talk {parcel.subject}" if parcel.sequence is not None else f"alone {parcel.message_id}"


def _clock() -> float:
    return asyncio.get_running_loop().time()
