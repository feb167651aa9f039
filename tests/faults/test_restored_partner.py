"""A partner is restored from yesterday's backup: both sides notice by the numbers, and nothing stays lost or is done twice."""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story
from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.seeds import under_seeds
from tests.faults.window import DECLINE, SUSPEND, TWICE, USUAL, Window
from tests.faults.world import Filed, World

pytestmark = pytest.mark.faults
ZAOYANG, TONGBAI = "420683", "411330"


def back_up(ledger: Path, to: Path) -> None:
    """What an operator's nightly backup does while the system runs."""
    source, target = sqlite3.connect(ledger, timeout=30), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()


def put_back(backup: Path, ledger: Path) -> None:
    """The disk broke, and all that is left is the backup."""
    for path in ledger.parent.glob(ledger.name + "*"):
        path.unlink()
    ledger.write_bytes(backup.read_bytes())


async def restored(seed: int, folder: Path, furnished: Path) -> None:
    dice, backup = random.Random(seed), folder / "yesterday.sqlite3"
    async with House(folder, furnished) as house:
        assert await house.start()
        await house.start_counties(TONGBAI)
        await house.start_counties(ZAOYANG, decide_after=2.0)
        async with Window(house.url, house.client("421321"), seed, (ZAOYANG, TONGBAI)) as window:
            window.watch()
            older = [await window.file(ZAOYANG, dice.choice((USUAL, DECLINE, SUSPEND, TWICE))) for _ in range(4)]
            older.append(await window.file(TONGBAI))
            await asyncio.sleep(dice.random() * 2.5)
            back_up(house.ledger(ZAOYANG), backup)
            newer = [await window.file(ZAOYANG, dice.choice((USUAL, TWICE))) for _ in range(3)]
            await _notes(window, older)
            await asyncio.sleep(dice.random() * 4)
            await house.counties[ZAOYANG].kill()
            put_back(backup, house.ledger(ZAOYANG))
            await house.start_counties(ZAOYANG, decide_after=2.0)
            await _notes(window, [*older, *newer])  # whoever speaks next shows that the books are old
            async with asyncio.TaskGroup() as group:
                for filed in [*older, *newer]:
                    group.create_task(window.until(str(filed.number), "DECIDED", "DECLINED"))
            world = await world_after(house, window, (ZAOYANG, TONGBAI))
    assert check(world) == []
    assert numbers_there(world) == numbers_here(world)


Numbers = dict[tuple[str, str], tuple[int, int]]  # (partner, subject) -> (their next number, our next number)


def numbers_there(world: World) -> Numbers:
    """As the partners' books say."""
    talks = [(guest.code, row) for guest in world.guests.values() for row in guest.talk]
    return {(code, row["subject"]): (row["next_out"], row["next_in"]) for code, row in talks}


def numbers_here(world: World) -> Numbers:
    """As our rows say."""
    talks = [row for row in world.gateway["talks"] if row["subject"]]
    return {(row["partner"], row["subject"]): (row["next_in"], row["next_out"]) for row in talks}


@under_seeds(restored)
def test_a_partner_restored_from_a_backup_is_mended(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)


async def _notes(window: Window, cases: list[Filed]) -> None:
    for filed in cases:
        text = f"CANARY-{filed.partner}-again"
        await window.deed(str(filed.number), "notes", "note.sent", {"text": text})
