"""Which buses the suite runs on, and how partners read: by the mailbox that couriers empty, or their queue itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.harness import Harness, embedded_bus
from tests.contract.rabbit_harness import AmqpHarness, RabbitHarness, rabbit_bus

RABBITMQ = {"rabbitmq-mailbox": RabbitHarness, "rabbitmq-amqp": AmqpHarness}


@pytest.fixture(params=["embedded", *(pytest.param(name, marks=pytest.mark.rabbitmq) for name in RABBITMQ)])
async def harness(request: pytest.FixtureRequest, county_folder: Path) -> AsyncIterator[Harness]:
    """One bus after the other, each on a folder of its own."""
    if request.param == "embedded":
        async with embedded_bus(county_folder) as embedded:
            yield embedded
    else:
        broker = request.getfixturevalue("broker")
        async with rabbit_bus(county_folder, broker, RABBITMQ[request.param]) as rabbit:
            yield rabbit
