"""PostgreSQL restarted, killed, full and locked under load: bounded waits, 503 with Retry-After, whole again in seconds.

These houses run on a server of their own, whichever database the other tests of this process stand on.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.faults.checker import check
from tests.faults.conftest import furnished_on
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House, Process, free_port
from tests.faults.seeds import LONG
from tests.faults.window import Window
from tests.services.postgres import Server

pytestmark = [pytest.mark.faults, pytest.mark.postgresql]
HEALED_WITHIN = 10.0  # seconds from the end of the fault until a case is filed again
ANSWERED_WITHIN = 12.0  # seconds that any answer may take meanwhile
CLERKS = 4
CONNECTIONS = 40
Fault = Callable[[Server, House], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(f"max_connections={CONNECTIONS}", "timezone=UTC")
    yield running
    running.close()


@pytest.fixture(scope="module")
def on_postgres(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("on-postgres") / "data"
    furnished_on(data, server)
    return data


async def restarted(server: Server, house: House) -> None:
    await asyncio.to_thread(server.stop, "fast")
    await asyncio.sleep(2)
    await asyncio.to_thread(server.start)


async def stopped_at_once(server: Server, house: House) -> None:
    await asyncio.to_thread(server.stop, "immediate")
    await asyncio.to_thread(server.start)


async def killed(server: Server, house: House) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def full(server: Server, house: House) -> None:
    """Ours are cut, and every connection of the server is somebody else's for five seconds."""
    assert house.database is not None
    held: list[asyncpg.Connection] = []
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        try:
            held.append(await asyncpg.connect(server.url(), timeout=2))
        except (asyncpg.PostgresError, OSError, TimeoutError):
            database = house.database.rpartition("/")[2]
            await held[0].execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)
            await asyncio.sleep(0.02)
    for one in held:
        await one.close()


async def locked(server: Server, house: House) -> None:
    """Another session holds a table for ten seconds."""
    assert house.database is not None
    held = "BEGIN; LOCK TABLE case_leg, post_conversation IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(10); COMMIT"
    await asyncio.to_thread(server.sql, held, database=house.database.rpartition("/")[2])


@asynccontextmanager
async def under_load(house: House) -> AsyncIterator[Window]:
    """Clerks who never give up, and a look at how long they wait for each answer."""
    async with Window(house.url, house.client("421321"), 1, COUNTIES) as window:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(window.work(CLERKS, stop=stop))
            yield window
            stop.set()


class Probe:
    """Files nothing; asks for a page of cases all the time and notes how long each answer took, and what it was."""

    def __init__(self, window: Window) -> None:
        self._window, self.slowest, self.bad = window, 0.0, dict[int, int]()
        self.without_retry_after = 0

    async def run(self) -> None:
        while True:
            begun = time.monotonic()
            headers = {"Authorization": f"Bearer {self._window._token}"}
            timeout = aiohttp.ClientTimeout(total=30)
            async with (
                aiohttp.ClientSession(timeout=timeout) as web,
                web.get(f"{self._window._url}/api/v1/applications?limit=1", headers=headers) as answer,
            ):
                await answer.read()
                if answer.status != 200:
                    self.bad[answer.status] = self.bad.get(answer.status, 0) + 1
                    self.without_retry_after += answer.status == 503 and "Retry-After" not in answer.headers
            self.slowest = max(self.slowest, time.monotonic() - begun)
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("fault", [killed, locked, *((restarted, stopped_at_once, full) if LONG else ())])
async def test_the_house_waits_for_its_database_and_is_whole_again(
    fault: Fault, server: Server, on_postgres: Path, tmp_path: Path
) -> None:
    async with House(tmp_path, on_postgres, server=server) as house:
        assert await house.start()
        await house.start_counties(*COUNTIES)
        async with under_load(house) as window:
            await asyncio.sleep(2)
            probe = Probe(window)
            probing = asyncio.create_task(probe.run())
            await fault(server, house)
            ended, filed = time.monotonic(), len(window.filed)
            while len(window.filed) == filed:
                assert time.monotonic() - ended < HEALED_WITHIN, house.log.read_text()[-3000:]
                await asyncio.sleep(0.05)
            healed = time.monotonic() - ended
            probing.cancel()
            await asyncio.sleep(1)
        world = await world_after(house, window, COUNTIES)
    sys.stdout.write(
        f"\n{fault.__name__}: healed in {healed:.1f} s, slowest answer {probe.slowest:.1f} s, {window.statuses} {probe.bad}"
    )
    assert check(world) == []
    assert set(probe.bad) <= {503}, probe.bad
    assert set(window.statuses) <= {0, 200, 201, 202, 204, 401, 409, 503}, window.statuses
    assert probe.without_retry_after == 0
    assert probe.slowest < ANSWERED_WITHIN


async def test_doors_in_two_processes_and_loops_in_a_third_are_one_house(
    server: Server, on_postgres: Path, tmp_path: Path
) -> None:
    """The counties poll one door, clerks use the other, and the loops run behind neither; one loop process may die."""
    async with House(tmp_path, on_postgres, server=server) as house:
        assert await house.start()
        doors = []
        for n in range(2):
            port = free_port()
            door = Process(tmp_path / f"door{n}.log", "serve", "--no-loops", "--port", str(port), env=house.env)
            await door.start()
            doors.append((door, f"http://127.0.0.1:{port}"))
        try:
            for _, url in doors:
                await _ready(url)
            await house.start_counties(*COUNTIES, url=doors[0][1])
            async with Window(doors[1][1], house.client("421321"), 1, COUNTIES) as window:
                window.watch()
                stop = asyncio.Event()
                async with asyncio.TaskGroup() as group:
                    group.create_task(window.work(CLERKS, stop=stop))
                    await asyncio.sleep(3)
                    await house.running.kill()
                    await asyncio.sleep(1)
                    assert await house.start()
                    await asyncio.sleep(3)
                    stop.set()
                world = await world_after(house, window, COUNTIES)
        finally:
            for door, _ in doors:
                await door.kill()
    assert len(window.filed) >= CLERKS
    assert check(world) == []


async def _ready(url: str) -> None:
    async with asyncio.timeout(30), aiohttp.ClientSession() as web:
        while True:
            try:
                async with web.get(url + "/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
