"""Several processes are one house: a worker, the holder of the loops or a whole loop process may die or stand still."""

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.faults import family
from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, READY_WITHIN, House
from tests.faults.seeds import under_seeds
from tests.faults.window import Window

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
DEATHS, STREAMS = 6, 5
STANDSTILL = 25.0  # seconds in which another process has the lease of one that stands still; it is free after ten


async def workers_die(seed: int, folder: Path, furnished: Path) -> None:
    """Three workers behind one port; every second victim is the one that runs the loops."""
    dice = random.Random(seed)
    async with House(folder, furnished) as house:
        house.serve += ["--workers", "3"]
        assert await house.start()
        await house.start_counties(*COUNTIES)
        async with Window(house.url, house.client("421321"), seed, COUNTIES) as window:
            window.watch(STREAMS)
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(5, stop=stop))
                for n in range(DEATHS):
                    await asyncio.sleep(0.5 + dice.random())
                    await kill_one(house, dice, the_holder=n % 2 == 0)
                stop.set()
            world = await world_after(house, window, COUNTIES)
    assert len(window.filed) >= DEATHS
    assert check(world) == []


async def kill_one(house: House, dice: random.Random, *, the_holder: bool) -> None:
    """kill -9; when it was the holder of the loops, another process is found to hold them."""
    assert house.database is not None
    workers = family.children(house.running.pid)
    holder = await family.until_held(house.database, workers)
    victim = holder if the_holder else dice.choice([pid for pid in workers if pid != holder])
    os.kill(victim, signal.SIGKILL)
    if the_holder:
        await family.until_held(house.database, [pid for pid in workers if pid != victim])


async def loops_apart(seed: int, folder: Path, furnished: Path) -> None:
    """Two doors without loops, two loop processes without doors: one holds the lease and dies, the other stands still."""
    async with House(folder, furnished) as house:
        house.serve += ["--no-loops"]
        assert await house.start()
        assert house.database is not None
        second = await house.another_door()
        loops = [await house.beside("work"), await house.beside("work")]
        first = await family.until_held(house.database, [one.pid for one in loops])
        await house.start_counties(*COUNTIES, url=second)
        async with Window(house.url, house.client("421321"), seed, COUNTIES) as window:
            window.watch(STREAMS)
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(4, stop=stop, most=40))
                await asyncio.sleep(2)
                os.kill(first, signal.SIGKILL)
                loops.append(await house.beside("work"))
                living = [one.pid for one in loops if one.pid != first]
                await family.until_up(house.database, living, within=READY_WITHIN)
                standing = await family.until_held(house.database, living)
                os.kill(standing, signal.SIGSTOP)
                others = [pid for pid in living if pid != standing]
                await family.until_held(house.database, others, within=STANDSTILL)
                await asyncio.sleep(1)
                os.kill(standing, signal.SIGCONT)
                await asyncio.sleep(2)
                stop.set()
            world = await world_after(house, window, COUNTIES)
    assert check(world) == []


@under_seeds(workers_die, loops_apart)
def test_nothing_is_lost_doubled_or_disordered_when_one_of_several_processes_fails(
    story: Story, seed: int, backstage: Backstage
) -> None:
    backstage.watch(story, seed)
