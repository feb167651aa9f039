"""Another process holds the database's lock: requests wait or are told to come again, none hangs, all is well after."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.seeds import LONG, under_seeds
from tests.faults.window import Window
from tests.faults.world import DATABASE

pytestmark = pytest.mark.faults
ZAOYANG = "420683"
HELD = 10.0 if LONG else 7.0  # seconds; longer than a writer waits by itself
LONGEST = HELD + 8.0
HOLD = """
import sqlite3, sys, time
books = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
books.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
books.execute("COMMIT")
"""


async def hold(database: Path, seconds: float) -> asyncio.subprocess.Process:
    """Another program takes the lock; returns once it has it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(database), str(seconds), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    return process


async def locked(seed: int, folder: Path, furnished: Path) -> None:
    async with House(folder, furnished) as house:
        assert await house.start()
        await house.start_counties(ZAOYANG)
        async with Window(house.url, house.client("421321"), seed, (ZAOYANG,)) as window:
            window.watch()
            await window.file(ZAOYANG)
            holder = await hold(house.data / DATABASE, HELD)
            async with asyncio.TaskGroup() as group:
                for _ in range(8):
                    group.create_task(window.file(ZAOYANG))
                for _ in range(int(HELD)):
                    group.create_task(window.state(str(window.filed[0].number)))
                    await asyncio.sleep(0.7)
            assert await holder.wait() == 0
            world = await world_after(house, window, (ZAOYANG,))
    assert window.slowest < LONGEST
    assert set(window.statuses) <= {200, 201, 401, 503}, window.statuses
    assert all(body["detail"] and seconds for body, seconds in window.unavailable)
    assert check(world) == []


@under_seeds(locked, most=3)
def test_a_lock_held_by_another_process_is_waited_for(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
