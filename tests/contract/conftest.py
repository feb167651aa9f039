"""Which buses the suite runs on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.harness import Harness, embedded_bus
from tests.contract.rabbit_harness import rabbit_bus


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
async def harness(request: pytest.FixtureRequest, county_folder: Path) -> AsyncIterator[Harness]:
    """One bus after the other, each on a folder of its own."""
    if request.param == "embedded":
        async with embedded_bus(county_folder) as embedded:
            yield embedded
    else:
        async with rabbit_bus(county_folder, request.getfixturevalue("broker")) as rabbit:
            yield rabbit
