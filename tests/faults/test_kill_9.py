"""kill -9 at every fault point in our own code, one after another, under load; then the house comes to rest by itself."""

import asyncio
import random
import re
from pathlib import Path

import pytest

from messaging.faults import ELSEWHERE, POINTS, WITH_BROKER
from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check, check_midway
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House, Keeper
from tests.faults.seeds import under_seeds
from tests.faults.window import Window
from tests.faults.world import read_gateway
from tests.services import stack

pytestmark = pytest.mark.faults

PASSED = POINTS.keys() - ELSEWHERE - (frozenset() if stack.ON_RABBITMQ else WITH_BROKER)
fired: set[str] = set()


def nothing_broken(data: Path, database: str | None) -> None:
    """At the very moment of its death."""
    assert check_midway(read_gateway(data, database=database)) == []


async def gauntlet(seed: int, folder: Path, furnished: Path) -> None:
    """Every point once, in an order of the seed's own, while citizens keep coming and counties answer."""
    dice = random.Random(seed)
    plan = [f"{seed * 100 + n}:0.5:{point}" for n, point in enumerate(dice.sample(sorted(PASSED), len(PASSED)))]
    async with House(folder, furnished) as house:
        await house.start_counties(*COUNTIES, knobs={"duplicate": 0.1, "seed": seed})
        async with Window(house.url, house.client("421321"), seed, COUNTIES) as window:
            keeper, stop = Keeper(house, plan, nothing_broken), asyncio.Event()
            window.watch()
            async with asyncio.TaskGroup() as group:
                group.create_task(window.work(4, stop=stop))
                window.trouble = True
                await keeper.keep()
                window.trouble = False
                stop.set()
            fired.update(keeper.fired)
            world = await world_after(house, window, COUNTIES)
    assert len(window.filed) >= 5
    assert check(world) == []


@under_seeds(gauntlet, short=range(2))
def test_nothing_is_lost_doubled_or_disordered_by_kill_9(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)


def test_every_fault_point_has_fired() -> None:
    """A point at which nothing ever died proves nothing."""
    assert fired == PASSED, "run it together with the gauntlets"


def test_every_fault_point_in_the_code_is_listed() -> None:
    """And every one that is listed stands in the code."""
    rooms = (Path(__file__).parents[2] / room for room in ("gateway", "partners", "messaging"))
    calls = (
        re.findall(r'fault\("([a-z_.]+)"\)', path.read_text(encoding="utf-8"))
        for room in rooms
        for path in room.rglob("*.py")
    )
    assert sorted(point for found in calls for point in found) == sorted(POINTS)
