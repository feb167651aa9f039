"""SIGTERM under load with open event streams: it ends with 0 in time, and nothing that was begun is lost."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House
from tests.faults.seeds import under_seeds
from tests.faults.window import Window

pytestmark = pytest.mark.faults
WITHIN = 15.0  # seconds
TIMES, STREAMS = 3, 5


async def sigterm(seed: int, folder: Path, furnished: Path) -> None:
    dice = random.Random(seed)
    async with House(folder, furnished) as house:
        assert await house.start()
        await house.start_counties(*COUNTIES)
        async with Window(house.url, house.client("421321"), seed, COUNTIES) as window:
            window.watch(STREAMS)
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(6, stop=stop))
                for _ in range(TIMES):
                    await asyncio.sleep(0.5 + dice.random())
                    code, _ = await house.running.stop(within=WITHIN)
                    assert code == 0, house.said()
                    assert await house.start()
                stop.set()
            world = await world_after(house, window, COUNTIES)
    assert len(world.watched) == STREAMS
    assert check(world) == []


@under_seeds(sigterm)
def test_sigterm_under_load_ends_in_time_and_loses_nothing(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
