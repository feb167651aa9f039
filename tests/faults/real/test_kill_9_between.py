"""kill -9 in the moments that only a broker has: confirmed and not marked, durable and not acknowledged, in both directions.

Every other point is passed by the gauntlet of `test_kill_9.py`, which runs on this stack too.
"""

import asyncio
import random
from pathlib import Path

import pytest

from messaging.faults import WITH_BROKER
from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House, Keeper
from tests.faults.seeds import under_seeds
from tests.faults.test_kill_9 import nothing_broken
from tests.faults.window import Window

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
BETWEEN = sorted(WITH_BROKER | {"relay.before_publish", "relay.after_publish"})


async def killed_between(seed: int, folder: Path, furnished: Path) -> None:
    dice = random.Random(seed)
    plan = [f"{seed * 100 + n}:0.5:{point}" for n, point in enumerate(dice.sample(BETWEEN, len(BETWEEN)))]
    async with House(folder, furnished) as house:
        await house.start_counties(*COUNTIES, knobs={"duplicate": 0.1, "seed": seed})
        async with Window(house.url, house.client("421321"), seed, COUNTIES) as window:
            keeper, stop = Keeper(house, plan, nothing_broken), asyncio.Event()
            window.watch()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(3, stop=stop))
                await keeper.keep()
                stop.set()
            world = await world_after(house, window, COUNTIES)
    assert sorted(keeper.fired) == BETWEEN
    assert check(world) == []


@under_seeds(killed_between)
def test_it_comes_again_and_has_one_effect(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
