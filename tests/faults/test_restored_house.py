"""Our own house is lost and put back from a backup: it asks the counties for what came after, and nothing stays doubled."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.seeds import under_seeds
from tests.faults.window import DECLINE, SUPPLEMENT, SUSPEND, TWICE, USUAL, Window
from tests.faults.world import Done, Filed, World

pytestmark = pytest.mark.faults
ZAOYANG, TONGBAI = "420683", "411330"
PHONES = (USUAL, USUAL, DECLINE, SUSPEND, TWICE, SUPPLEMENT)


async def lost_and_put_back(seed: int, folder: Path, furnished: Path) -> None:
    dice, backup = random.Random(seed), folder / "nightly.tongban"
    async with House(folder, furnished) as house:
        assert await house.start()
        counties = tuple(one["code"] for one in house.told["partners"] if one["connection"] != "desk")
        await house.start_counties(*counties, decide_after=2.0)
        async with Window(house.url, house.client("421321"), seed, (ZAOYANG, TONGBAI)) as window:
            older = [await window.file(place(dice), dice.choice(PHONES), scan=dice.random() < 0.5) for _ in range(5)]
            await asyncio.sleep(dice.random() * 2.5)
            assert await house.carry_out("backup", "--out", str(backup)) == 0
            newer = [await window.file(place(dice), dice.choice(PHONES)) for _ in range(5)]
            await notes(window, older)
            await asyncio.sleep(dice.random() * 4)
            await house.running.kill()
            house.lose()
            assert await house.carry_out("restore", str(backup)) == 0, house.said()
            assert await house.start(), house.said()
            for filed in older:  # clerks go on at once, and numbers of then are used again
                await window.deed(str(filed.number), "urges", "application.urged", {"text": "恢复后催办"})
            latest = [await window.file(ZAOYANG, USUAL) for _ in range(2)]
            assert not {one.number for one in latest} & {one.number for one in newer}
            await ended(window, [*older, *latest])
            world = await world_after(house, window, counties)
    came_back = forget_what_nobody_had(world, newer)
    assert came_back, "nothing that came after the backup had reached a county"
    assert check(world) == []
    assert any(line["what"] == "installation.restored" for line in world.gateway["lines"])


def place(dice: random.Random) -> str:
    return dice.choice((ZAOYANG, TONGBAI))


async def notes(window: Window, cases: list[Filed]) -> None:
    for filed in cases:
        await window.deed(str(filed.number), "notes", "note.sent", {"text": f"CANARY-{filed.partner}-note-{filed.key}"})


async def ended(window: Window, cases: list[Filed]) -> None:
    async with asyncio.TaskGroup() as group:
        for filed in cases:
            group.create_task(window.until(str(filed.number), "DECIDED", "DECLINED", "SUPPLEMENT"))


def forget_what_nobody_had(world: World, newer: list[Filed]) -> list[Filed]:
    """What had not left our house when it burned is lost with it, and no one can bring it back: the rest has to be here."""
    theirs = {(row["subject"], row["type"]) for guest in world.guests.values() for row in guest.heard}
    lost = [one for one in newer if (one.number, "application.submitted") not in theirs]
    for one in lost:
        world.filed.remove(one)
    world.done[:] = [done for done in world.done if (done.number, done.type) in theirs or not gone(world, done)]
    return [one for one in newer if one not in lost]


def gone(world: World, done: Done) -> bool:
    return not any((row["subject"], row["type"]) == (done.number, done.type) for row in world.gateway["outgoing"])


@under_seeds(lost_and_put_back, short=range(2))
def test_our_own_house_restored_from_a_backup_is_mended(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)
