"""A furnished data folder to copy from."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.house_under_test import database_name, furnish
from tests.services import databases
from tests.services.postgres import Server


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists, people, programs and partners, as `demo` makes them; copied for each house."""
    data = tmp_path_factory.mktemp("furnished") / "data"
    furnished_on(data, databases.server() if databases.ON_POSTGRES else None)
    return data


def furnished_on(data: Path, server: Server | None) -> None:
    """Furnish a folder, with its database on a server."""
    name = database_name(data)
    if server is not None:
        server.sql(f"CREATE DATABASE {name}")
    asyncio.run(furnish(data, server.url(name) if server is not None else None))
