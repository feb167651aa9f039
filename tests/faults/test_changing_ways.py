"""A county changes how it reads while cases are being filed: nothing is lost, nothing is doubled, ids stay."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.seeds import under_seeds
from tests.faults.window import TWICE, USUAL, Window
from tests.services import stack

pytestmark = pytest.mark.faults
TONGBAI = "411330"  # polls at first, on every stack


async def changes_ways(seed: int, folder: Path, furnished: Path) -> None:
    dice = random.Random(seed)
    async with House(folder, furnished) as house:
        assert await house.start()
        await house.start_counties(TONGBAI, decide_after=1.0)
        async with Window(house.url, house.client("421321"), seed, (TONGBAI,)) as window:
            window.watch()
            stop = asyncio.Event()
            clerks = asyncio.create_task(keeps_filing(window, stop))
            ways = ["amqp", "desk", "amqp", "polling"] if stack.ON_RABBITMQ else ["desk", "polling", "desk", "polling"]
            for way in ways:
                await asyncio.sleep(1 + dice.random() * 2)
                await reads_by(house, way)
            await asyncio.sleep(1.5)
            stop.set()
            await clerks
            async with asyncio.TaskGroup() as group:
                for filed in window.filed:
                    group.create_task(window.until(str(filed.number), "DECIDED"))
            world = await world_after(house, window, (TONGBAI,))
    assert check(world) == []
    assert len(world.filed) > 5
    assert {row["what"] for row in world.gateway["lines"] if row["chain"] == "house"} >= {"partner.way_changed"}


async def reads_by(house: House, way: str) -> None:
    """The operator's command; the county's program is started anew only where it has to read elsewhere."""
    code, sheet = await house.command("partners", "connect", TONGBAI, "--by", way)
    assert code == 0
    assert (sheet["by"], sheet["client_secret"]) == (way, None)
    was_amqp = TONGBAI in house.amqp
    if way == "amqp":
        house.amqp[TONGBAI] = sheet["amqp"]["url"].split(":")[2].partition("@")[0]
    else:
        house.amqp.pop(TONGBAI, None)
    if was_amqp or way == "amqp":
        await house.counties[TONGBAI].kill()
        await house.start_counties(TONGBAI, decide_after=1.0)


async def keeps_filing(window: Window, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await window.file(TONGBAI, window.dice.choice((USUAL, TWICE)))
        await asyncio.sleep(1.0)


@under_seeds(changes_ways, short=range(1))
def test_a_county_that_changes_its_way_of_reading_loses_nothing(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
