"""A full disk: nothing is accepted that cannot be kept, the answer says so, and room again is all that it needs."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.full_disk import disk
from tests.faults.house_under_test import House
from tests.faults.seeds import under_seeds
from tests.faults.window import Window

pytestmark = pytest.mark.faults
ZAOYANG = "420683"


async def disk_is_full(seed: int, folder: Path, furnished: Path) -> None:
    await fills(seed, folder, furnished, own=True)


async def files_cannot_grow(seed: int, folder: Path, furnished: Path) -> None:
    await fills(seed, folder, furnished, own=False)


async def fills(seed: int, folder: Path, furnished: Path, *, own: bool) -> None:
    with disk(folder / "disk", own=own) as full:
        async with House(folder / "house", furnished, data=full.folder / "data") as house:
            assert await house.start()
            await house.start_counties(ZAOYANG, decide_after=2.0)
            async with Window(house.url, house.client("421321"), seed, (ZAOYANG,)) as window:
                window.watch()
                for _ in range(3):
                    await window.file(ZAOYANG)  # their answers come while the disk is full
                full.fill(house)
                async with asyncio.TaskGroup() as group:
                    for scan in (False, True, False, True):
                        group.create_task(window.file(ZAOYANG, scan=scan))
                    await asyncio.sleep(4 + seed % 4)
                    refused = dict(window.statuses)
                    if seed % 2:  # also then it ends in order
                        code, _ = await house.running.stop()
                        assert code == 0, house.said()
                    full.free(house)
                    if seed % 2:
                        assert await house.start()
                world = await world_after(house, window, (ZAOYANG,))
    assert set(refused) <= {200, 201, 401, 503}, f"{full.kind}: {refused}"
    assert refused[503] >= 10
    assert all(body["detail"] and seconds for body, seconds in window.unavailable)
    assert len([filed for filed in world.filed if filed.number]) == 7
    assert check(world) == []


@under_seeds(disk_is_full, files_cannot_grow, short=range(1, 2), most=5)
def test_a_full_disk_takes_nothing_and_loses_nothing(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
