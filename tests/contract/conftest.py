"""Which buses the suite runs on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.harness import Harness, embedded_bus

BUSES = {"embedded": embedded_bus}


@pytest.fixture(params=list(BUSES))
async def harness(request: pytest.FixtureRequest, county_folder: Path) -> AsyncIterator[Harness]:
    """One bus after the other, each on a folder of its own."""
    async with BUSES[request.param](county_folder) as ready:
        yield ready
