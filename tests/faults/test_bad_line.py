"""Over a line that loses, doubles, delays and disorders in both directions, everything arrives once and in order."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.bad_line import BadLine
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House
from tests.faults.seeds import SEEDS, seeded
from tests.faults.window import Window

pytestmark = pytest.mark.faults
CROOKED = {"duplicate": 0.3, "shuffle": True, "drop_receipts": 0.3}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_bad_line_loses_doubles_and_disorders_nothing(seed: int, tmp_path: Path, furnished: Path) -> None:
    with seeded(seed):
        async with House(tmp_path, furnished) as house, BadLine(house.url, seed) as line:
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
        assert line.done.keys() >= {"request lost", "answer lost", "twice at once", "late", "delivered again"}
        assert check(world) == []
