"""A partner is restored from yesterday's backup: both sides notice by the numbers, and nothing stays lost or is done twice."""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from tests.faults.checker import check
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.seeds import SEEDS, seeded
from tests.faults.window import DECLINE, SUSPEND, TWICE, USUAL, Window
from tests.faults.world import Filed

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


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_partner_restored_from_a_backup_is_mended(seed: int, tmp_path: Path, furnished: Path) -> None:
    dice, backup = random.Random(seed), tmp_path / "yesterday.sqlite3"
    with seeded(seed):
        async with House(tmp_path, furnished) as house:
            assert await house.start()
            await house.start_counties(ZAOYANG, TONGBAI, decide_after=2.0)
            async with Window(house.url, house.client("421321"), seed, (ZAOYANG, TONGBAI)) as window:
                watching = asyncio.create_task(window.watch())
                older = [await window.file(ZAOYANG, dice.choice((USUAL, DECLINE, SUSPEND, TWICE))) for _ in range(4)]
                older.append(await window.file(TONGBAI))
                await asyncio.sleep(dice.random() * 2.5)
                back_up(house.ledger(ZAOYANG), backup)
                newer = [await window.file(ZAOYANG, dice.choice((USUAL, TWICE))) for _ in range(3)]
                await _deeds(window, older, "notes")
                await asyncio.sleep(dice.random() * 4)
                await house.counties[ZAOYANG].kill()
                put_back(backup, house.ledger(ZAOYANG))
                await house.start_counties(ZAOYANG, decide_after=2.0)
                await _deeds(window, [*older, *newer], "notes")  # whoever speaks next shows that the books are old
                async with asyncio.TaskGroup() as group:
                    for filed in [*older, *newer]:
                        group.create_task(window.until(str(filed.number), "DECIDED", "DECLINED"))
                world = await world_after(house, window, (ZAOYANG, TONGBAI))
                watching.cancel()
        assert check(world) == []
        for guest in world.guests.values():
            talks = {row["subject"]: (row["next_out"], row["next_in"]) for row in guest.talk}
            ours = {
                r["subject"]: (r["next_in"], r["next_out"])
                for r in world.gateway["talks"]
                if r["partner"] == guest.code
            }
            assert talks == {subject: numbers for subject, numbers in ours.items() if subject}


async def _deeds(window: Window, cases: list[Filed], resource: str) -> None:
    for filed in cases:
        await window.deed(str(filed.number), resource, "note.sent", {"text": f"CANARY-{filed.partner}-again"})
