"""Over a line that loses, doubles, delays and disorders in both directions, everything arrives once and in order."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.bad_line import BadLine
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House
from tests.faults.seeds import under_seeds
from tests.faults.window import Window

pytestmark = pytest.mark.faults
CROOKED = {"duplicate": 0.3, "shuffle": True, "drop_receipts": 0.3}
FAULTS = {"request lost", "answer lost", "twice at once", "late", "delivered again"}


async def bad_line(seed: int, folder: Path, furnished: Path) -> None:
    async with House(folder, furnished, by_amqp=()) as house, BadLine(house.url, seed) as line:
        assert await house.start()
        await house.start_counties(*COUNTIES, knobs={**CROOKED, "seed": seed}, url=line.url)
        async with Window(line.url, house.client("421321"), seed, COUNTIES) as window:
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(4, stop=stop, most=12))
                await asyncio.sleep(6)
                stop.set()
            line.mend()
            world = await world_after(house, window, COUNTIES)
    assert line.done.keys() >= FAULTS
    assert check(world) == []


@under_seeds(bad_line)
def test_a_bad_line_loses_doubles_and_disorders_nothing(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
