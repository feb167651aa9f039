"""PostgreSQL restarted, killed, full and locked while RabbitMQ goes on bringing messages: 503 and whole again, nothing lost."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from gateway.postgresql import POOL
from tests.faults.backstage import Backstage, Story
from tests.faults.checker import PATIENCE
from tests.faults.fire import ANSWERS, Fire, fire
from tests.faults.house_under_test import database_name
from tests.faults.seeds import LONG, under_seeds
from tests.services import databases
from tests.services.postgres import Server, programs

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
AWAY_TOO = ANSWERS | {503}
ANSWERED_WITHIN = 25.0  # seconds that any answer may take meanwhile, on a busy machine
LOCKED = 30.0 if LONG else 12.0  # seconds for which another session holds tables; four times what a statement waits
Blow = Callable[[Fire], Awaitable[None]]


async def restarted(house: Fire) -> None:
    await asyncio.to_thread(_server(house).stop, "fast")
    await asyncio.sleep(1 + house.dice.random() * 3)
    await asyncio.to_thread(_server(house).start)


async def stopped_at_once(house: Fire) -> None:
    await asyncio.to_thread(_server(house).stop, "immediate")
    await asyncio.to_thread(_server(house).start)


async def killed(house: Fire) -> None:
    await asyncio.to_thread(_server(house).kill)
    await asyncio.to_thread(_server(house).start)


async def full(house: Fire) -> None:
    """Ours are cut, and every connection of the server is somebody else's for some seconds."""
    held: list[asyncpg.Connection] = []
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        try:
            held.append(await asyncpg.connect(_server(house).url(), timeout=2))
        except (asyncpg.PostgresError, OSError, TimeoutError):
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tongban%'"
            await held[0].execute(ours)
            await asyncio.sleep(0.05)
    for one in held:
        await one.close()


async def locked(house: Fire) -> None:
    """Another session holds the tables that everything goes through."""
    tables = "LOCK TABLE case_leg, post_conversation IN ACCESS EXCLUSIVE MODE"
    await asyncio.to_thread(house.sql, f"BEGIN; {tables}; SELECT pg_sleep({LOCKED}); COMMIT")


BLOWS: list[Blow] = [restarted, stopped_at_once, killed, full, locked]


async def database_struck(seed: int, folder: Path, furnished: Path) -> None:
    server = await asyncio.to_thread(_of_its_own, furnished)
    try:
        async with fire(
            "database struck", seed, folder, furnished, server=server, answers=AWAY_TOO, soon=60.0
        ) as house:
            await asyncio.sleep(2)
            house.dice.shuffle(order := list(BLOWS))
            for blow in order:
                async with house.fault():
                    await blow(house)
                await house.until("ok", "degraded", within=20)
                await asyncio.sleep(1)
            await asyncio.sleep(3)
            ours = int(house.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tongban%'"))
            hanging = house.sql(
                "SELECT pid, query FROM pg_stat_activity WHERE application_name LIKE 'tongban%'"
                " AND xact_start < now() - interval '5 seconds'"
            )
            slowest, unavailable = house.window.slowest, house.window.statuses.get(503, 0)
            house.said = f"slowest answer {slowest:.1f} s, {unavailable} times 503, {ours} connections after"
        assert ours <= POOL + 1
        assert hanging == ""
        assert slowest < ANSWERED_WITHIN * PATIENCE
    finally:
        await asyncio.to_thread(server.close)


def _server(house: Fire) -> Server:
    assert house.house.server is not None
    return house.house.server


def _of_its_own(furnished: Path) -> Server:
    """A server that keeps what it committed, with the furnished database."""
    name, server = database_name(furnished), Server("max_connections=50", "timezone=UTC")
    server.sql(f"CREATE DATABASE {name}")
    dump = subprocess.run(
        [str(programs() / "pg_dump"), "-d", databases.server().url(name)], capture_output=True, check=True
    )
    subprocess.run(
        [str(programs() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server.url(name)],
        input=dump.stdout, capture_output=True, check=True,
    )  # fmt: skip
    return server


@under_seeds(database_struck)
def test_a_database_that_is_struck_again_and_again_keeps_what_it_took(
    story: Story, seed: int, backstage: Backstage
) -> None:
    backstage.watch(story, seed)
