"""The broker is stopped, killed, frozen, or takes nothing more: clerks get their numbers, nothing is lost, all drains."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.faults.backstage import Backstage, Story, alone
from tests.faults.fire import fire
from tests.faults.seeds import LONG, under_seeds

pytestmark = [pytest.mark.faults, pytest.mark.rabbitmq, pytest.mark.postgresql]
AWAY = 20.0  # seconds without a broker
LONG_AWAY = float(os.environ.get("FAULT_AWAY", "600"))  # the same once in `make faults`
RATE = 25.0  # applications a second meanwhile
SETTLED = 3.0  # seconds after its declaration in which a quorum queue of 3.10 is not safe from kill -9


@alone
async def broker_away(seed: int, folder: Path, furnished: Path) -> None:
    async with fire("broker away", seed, folder, furnished, rate=RATE, clerks=2) as house:
        await asyncio.sleep(2)
        async with house.fault():
            await asyncio.to_thread(house.broker.stop)
            await house.until("degraded")
            await asyncio.sleep(AWAY)
            await asyncio.to_thread(house.broker.start)
        house.said = f"away for {AWAY:.0f} s"


@alone
async def broker_away_for_ten_minutes(seed: int, folder: Path, furnished: Path) -> None:
    """Counties receipt what they get and leave it at that: it is the house that is measured."""
    silent = {"silent": True}
    async with fire(
        "broker away for long", seed, folder, furnished, rate=RATE, clerks=0, knobs=silent, within=900.0
    ) as house:
        await asyncio.sleep(2)
        async with house.fault():
            await asyncio.to_thread(house.broker.stop)
            await house.until("degraded")
            await asyncio.sleep(LONG_AWAY)
            await asyncio.to_thread(house.broker.start)
        house.said = f"away for {LONG_AWAY:.0f} s"


async def broker_killed(seed: int, folder: Path, furnished: Path) -> None:
    async with fire("broker killed", seed, folder, furnished) as house:
        await asyncio.sleep(SETTLED)
        for _ in range(2):
            await asyncio.sleep(house.dice.random() * 2)
            async with house.fault():
                house.broker.kill()
                await asyncio.sleep(house.dice.random() * 3)
                await asyncio.to_thread(house.broker.start)
        await house.until("ok")


async def broker_frozen(seed: int, folder: Path, furnished: Path) -> None:
    """Its sockets stay open and nothing answers."""
    async with fire("broker frozen", seed, folder, furnished) as house:
        await asyncio.sleep(2)
        async with house.fault():
            house.broker.pause()
            await house.until("degraded")
            await asyncio.sleep(5 + house.dice.random() * 35)
            house.broker.go_on()


async def memory_and_disk_alarm(seed: int, folder: Path, furnished: Path) -> None:
    alarms = [
        (("set_vm_memory_high_watermark", "absolute", "1MB"), ("set_vm_memory_high_watermark", "absolute", "2GB")),
        (("set_disk_free_limit", "1000GB"), ("set_disk_free_limit", "200MB")),
    ]
    async with fire("memory and disk alarm", seed, folder, furnished) as house:
        await asyncio.sleep(2)
        house.dice.shuffle(alarms)
        for on, off in alarms:
            async with house.fault():
                await asyncio.to_thread(house.broker.ctl, *on)
                await house.until("degraded")
                await asyncio.sleep(3 + house.dice.random() * 5)
                await asyncio.to_thread(house.broker.ctl, *off)
            await house.until("ok")


STORIES = (broker_away, memory_and_disk_alarm, *((broker_killed, broker_frozen) if LONG else ()))


@under_seeds(*STORIES)
def test_clerks_get_their_numbers_and_everything_drains(story: Story, seed: int, backstage: Backstage) -> None:
    backstage.watch(story, seed)


if LONG:

    @under_seeds(broker_away_for_ten_minutes, most=1)
    def test_ten_minutes_without_a_broker(story: Story, seed: int, backstage: Backstage) -> None:
        backstage.watch(story, seed)
