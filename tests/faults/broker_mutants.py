"""Deliberate bugs in how RabbitMQ is spoken to, one at a time: what the suite must catch."""

from collections.abc import Callable
from functools import partialmethod
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from messaging.bus import amqp_arrivals
from messaging.bus.amqp_arrivals import AmqpArrivals
from messaging.bus.amqp_publisher import AmqpPublisher
from messaging.bus.port import Parcel, Refused
from tests.messaging import broker_scenarios as scenarios
from tests.messaging.broker_scenarios import Scenario

Mutation = Callable[[pytest.MonkeyPatch], None]


def acknowledged_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Once it came, it is ours."""
    stored = AmqpArrivals._stored

    async def at_once(self: AmqpArrivals, message: AbstractIncomingMessage) -> bool:
        await message.ack()
        return await stored(self, message)

    patch.setattr(AmqpArrivals, "_stored", at_once)


def in_the_librarys_hands(patch: pytest.MonkeyPatch) -> None:
    """`async with message.process()`: whatever goes wrong inside is rejected, and not given back."""

    async def processed(self: AmqpArrivals, message: AbstractIncomingMessage) -> bool:
        async with message.process():
            await self._arrival(self._partner, message.body, amqp_arrivals._signature(message))
        return True

    patch.setattr(AmqpArrivals, "_stored", processed)


def not_mandatory(patch: pytest.MonkeyPatch) -> None:
    """The broker need not say that nobody takes it."""
    publish = aio_pika.Exchange.publish

    async def anyhow(self: Any, message: Any, *rest: Any, **more: Any) -> Any:
        return await publish(self, message, *rest, **{**more, "mandatory": False})

    patch.setattr(aio_pika.Exchange, "publish", anyhow)


def a_return_is_an_answer(patch: pytest.MonkeyPatch) -> None:
    """The broker gives it back, and whatever comes back means that it was sent."""
    channel = aio_pika.Connection.channel
    patch.setattr(aio_pika.Connection, "channel", partialmethod(_without_returns, channel))

    async def offered(self: AmqpPublisher, parcel: Parcel) -> tuple[Refused | None, bool]:
        await self._publish(parcel)
        return None, False

    patch.setattr(AmqpPublisher, "_offer", offered)


def _without_returns(connection: Any, channel: Any, **more: Any) -> Any:
    return channel(connection, **{**more, "on_return_raises": False})


def only_exceptions_are_caught(patch: pytest.MonkeyPatch) -> None:
    """A line that is lost cancels whoever publishes."""

    async def offered(self: AmqpPublisher, parcel: Parcel) -> tuple[Refused | None, bool]:
        try:
            await self._publish(parcel)
        except Exception as error:
            return Refused(type(error).__name__), True
        return None, False

    patch.setattr(AmqpPublisher, "_offer", offered)


MUTANTS: dict[str, tuple[Mutation, Scenario]] = {
    "ack before commit": (acknowledged_before_commit, scenarios.stored_before_acknowledged),
    "process() used": (in_the_librarys_hands, scenarios.not_thrown_away_at_the_end),
    "published without mandatory": (not_mandatory, scenarios.taken_by_a_queue),
    "returns taken for confirmations": (a_return_is_an_answer, scenarios.taken_by_a_queue),
    "except Exception only round publish": (only_exceptions_are_caught, scenarios.a_lost_line_is_a_refusal),
}
