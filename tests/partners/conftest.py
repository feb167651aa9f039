"""A database, a key ring, and a registry of three neighbours."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from tortoise import Tortoise

from messaging.key_ring import KeyRing
from messaging.sealing import Sealer
from messaging.unit_of_work import finish, remember_context
from tests.partners.neighbours import Neighbours
from tests.services import databases

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[None]:
    models = ["messaging.tables", "partners.tables"]
    await Tortoise.init(config=databases.config(tmp_path, models), _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    remember_context()
    yield
    await finish()
    await Tortoise.close_connections()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(b"s" * 32, b"i" * 32, "aes-gcm")


@pytest.fixture
def keys(sealer: Sealer) -> KeyRing:
    return KeyRing(sealer)


@pytest.fixture
def neighbours(database: None, sealer: Sealer, keys: KeyRing) -> Neighbours:
    return Neighbours(sealer, keys)
