"""The lines to the broker and to the database: cut in silence, reset again and again, slow, torn into single bytes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import PATIENCE
from tests.faults.fire import ANSWERS, Fire, fire
from tests.faults.house_under_test import House
from tests.faults.seeds import LONG, under_seeds
from tests.services.proxy import Proxy
from tests.services.rabbitmq import Broker

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
AWAY_TOO = ANSWERS | {503}  # while the database cannot be reached
ANSWERED_WITHIN = 25.0  # seconds that any answer may take on a silent line to the database
Worse = Callable[[Fire, Proxy], Awaitable[None]]


async def cut(house: Fire, line: Proxy) -> None:
    """Silence, sometimes longer than it takes to notice by heartbeats."""
    line.cut()
    await asyncio.sleep(6 + house.dice.random() * (40 if LONG else 6))
    line.mend()


async def cut_for_good(house: Fire, line: Proxy) -> None:
    """Silence, and then the connections of before are gone."""
    line.cut()
    await asyncio.sleep(3 + house.dice.random() * 10)
    line.reset()
    line.mend()


async def resets(house: Fire, line: Proxy) -> None:
    await line.flap(12, 0.2 + house.dice.random() * 0.4)


async def late(house: Fire, line: Proxy) -> None:
    line.delay(0.05 + house.dice.random() * 0.25)
    await asyncio.sleep(6)
    line.delay(0.0)


async def crumbs(house: Fire, line: Proxy) -> None:
    line.crumble()
    await asyncio.sleep(6)
    line.crumble(False)


WORSE: list[Worse] = [cut, cut_for_good, resets, late, crumbs]


async def _all_of_it(house: Fire, line: Proxy) -> None:
    """Everything that can happen to a line, in an order of the seed's own."""
    house.dice.shuffle(order := list(WORSE))
    for worse in order:
        await asyncio.sleep(0.5)
        async with house.fault():
            await worse(house, line)


async def line_to_the_broker(seed: int, folder: Path, furnished: Path) -> None:
    """Also the counties' own lines lead over it."""
    async with Proxy() as line:

        async def lead(house: House) -> None:
            assert isinstance(house.broker, Broker)
            line.leads_to(house.broker.port)
            house.bus_url = house.broker.url.replace(str(house.broker.port), str(line.port))
            house.county_nodes = f"127.0.0.1:{line.port}"

        async with fire("line to the broker", seed, folder, furnished, prepare=lead) as house:
            await asyncio.sleep(2)
            await _all_of_it(house, line)


async def line_to_the_database(seed: int, folder: Path, furnished: Path) -> None:
    async with Proxy() as line:

        async def lead(house: House) -> None:
            assert house.database is not None
            port = house.database.rpartition("/")[0].rpartition(":")[2]
            line.leads_to(int(port))
            house.database_url = house.database.replace(port, str(line.port))

        async with fire(
            "line to the database", seed, folder, furnished, prepare=lead, answers=AWAY_TOO, soon=60.0
        ) as house:
            await asyncio.sleep(2)
            await _all_of_it(house, line)
            await house.until("ok", "degraded")
        assert house.window.slowest < ANSWERED_WITHIN * PATIENCE, house.window.slowest


STORIES = (line_to_the_broker, *((line_to_the_database,) if LONG else ()))


@under_seeds(*STORIES)
def test_a_bad_line_inside_the_house_loses_and_stops_nothing(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
