"""A real database with the tables of some rooms, and a clock that tests may move."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tortoise import Tortoise

from messaging.key_ring import KeyRing
from messaging.sealing import Sealer
from messaging.unit_of_work import finish, remember_context
from tests.services import databases


class Clock:
    """Says 2026-11-24 09:30 in 随县 until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **units: float) -> None:
        """Move on, in the units of a timedelta."""
        self.at += timedelta(**units)


def key_ring() -> KeyRing:
    """A key ring of an installation whose keys every test shares."""
    return KeyRing(Sealer(b"s" * 32, b"i" * 32, "aes-gcm"))


@asynccontextmanager
async def database(path: Path, *rooms: str) -> AsyncIterator[None]:
    """Tables of the given modules in a new file."""
    await Tortoise.init(
        config=databases.config(path, list(rooms)),
        _enable_global_fallback=True,
    )
    await Tortoise.generate_schemas()
    remember_context()
    try:
        yield
    finally:
        await finish()
        await Tortoise.close_connections()
