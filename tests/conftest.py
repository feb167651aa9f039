"""Fixtures of many rooms: a furnished county, made once in a session and copied for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import county as counties
from tests.county import County
from tests.services import rabbitmq
from tests.services.rabbitmq import Broker


@pytest.fixture(scope="session")
def furnished_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with tables, sample lists and three neighbours."""
    data = tmp_path_factory.mktemp("county")
    counties.furnish(data)
    return data


@pytest.fixture
def county_folder(furnished_county: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return counties.copied(furnished_county, tmp_path / "county")


@pytest.fixture
async def county(county_folder: Path) -> AsyncIterator[County]:
    """The whole house on it, its loops in the test's hand and its clock at 09:30."""
    async with counties.opened(county_folder, counties.Clock()) as open_county:
        yield open_county


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A RabbitMQ node of this session; whoever stops it starts it again."""
    with rabbitmq.running() as node:
        yield node
