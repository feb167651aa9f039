"""A house on PostgreSQL and RabbitMQ under load, for a scenario to do its worst to; then it must come to rest by itself."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults import report
from tests.faults.checker import INVARIANTS, PATIENCE, WITHIN, Broken
from tests.faults.drain import world_after
from tests.faults.house_under_test import COUNTIES, House
from tests.faults.open_loop import OpenLoop, percentile
from tests.faults.window import Window
from tests.faults.world import World
from tests.services.cluster import Cluster
from tests.services.postgres import Server
from tests.services.rabbitmq import Broker

ANSWERS = frozenset({200, 201, 202, 204, 401, 409})  # what a window may be told while only the broker has a fault
SOON = 8.0  # seconds in which a clerk has a number, on a busy machine too; who waited for the broker would wait for ten
HALF_SOON = 2.0  # seconds in which every other clerk has one

MOST_CANARIES = 400

Prepare = Callable[[House], Awaitable[None]]
"""Before the gateway starts: lines and doors are laid."""


async def _nothing(house: House) -> None:
    return


class Fire:
    """What a scenario holds in its hands."""

    def __init__(self, house: House, window: Window, loop: OpenLoop, seed: int) -> None:
        self.house, self.window, self.loop, self.dice = house, window, loop, random.Random(seed)
        self.begun: float | None = None
        self.ended: float | None = None
        self.said = ""  # what the scenario wants to have printed besides

    @property
    def broker(self) -> Broker:
        """The one node of this house."""
        assert isinstance(self.house.broker, Broker)
        return self.house.broker

    @asynccontextmanager
    async def fault(self) -> AsyncIterator[None]:
        """From the first blow until the last thing is mended; there may be several, the last one counts for the drain."""
        self.begun, self.window.trouble = self.begun or time.monotonic(), True
        yield
        self.ended, self.window.trouble = time.monotonic(), False

    async def until(self, *words: str, within: float = 45.0) -> None:
        """Wait for `/readyz` to say one of these of the whole."""
        async with asyncio.timeout(within):
            while await status(self.house.url) not in words:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def sql(self, *statements: str) -> str:
        """What the house's own database says."""
        assert self.house.server is not None
        assert self.house.database is not None
        return self.house.server.sql(*statements, database=self.house.database.rpartition("/")[2])

    def waits(self) -> list[float]:
        """How long those waited for their number who came during the fault."""
        return self.loop.waits(self.begun or 0.0, self.ended or float("inf"))


async def status(url: str) -> str:
    """`ok`, `degraded` or `failed`, by `/readyz`; `silent` when there was no answer."""
    try:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as web, web.get(f"{url}/readyz") as answer:
            return str((await answer.json())["status"])
    except (aiohttp.ClientError, TimeoutError, OSError):
        return "silent"


@asynccontextmanager
async def fire(
    name: str,
    seed: int,
    folder: Path,
    furnished: Path,
    *,
    rate: float = 2.0,
    clerks: int = 1,
    counties: Sequence[str] = COUNTIES,
    prepare: Prepare = _nothing,
    server: Server | None = None,
    broker: Cluster | None = None,
    knobs: Mapping[str, Any] | None = None,
    answers: frozenset[int] = ANSWERS,
    soon: float = SOON,
    apart: Mapping[str, Mapping[str, Any]] | None = None,
    within: float = WITHIN,
) -> AsyncIterator[Fire]:
    """The load goes on while the scenario does its deeds, and ends with them; then all must be well within a minute.

    `rate`: cases a second, filed whatever happens; `clerks`: people who beside it go the whole way with each case.
    `within`: seconds for all of it where the counties, and not the house, need longer for what piled up.
    `apart`: counties that are programs of their own, with their knobs, to be killed and started again.
    """
    async with House(folder, furnished, server=server, broker=broker) as house:
        await prepare(house)
        assert await house.start(), house.said()
        together = [code for code in counties if code not in (apart or {})]
        await house.start_counties(*together, knobs={"seed": seed, **(knobs or {})})
        for code, own in (apart or {}).items():
            await house.start_counties(code, knobs={"seed": seed, **own})
        async with Window(house.url, house.client("421321"), seed, counties) as window:
            window.watch()
            stop = asyncio.Event()
            async with OpenLoop(window, rate, counties) as loop, asyncio.TaskGroup() as group:
                group.create_task(window.work(clerks, stop=stop, most=10**6))
                here = Fire(house, window, loop, seed)
                yield here
                stop.set()
                loop.stop()
            assert here.ended is not None, "nothing was done to it"
            assert here.waits(), "nobody came during the fault"
            filed, memory = len(window.filed), peak(house.running.pid)
            before, waits = time.monotonic() - here.ended, here.waits()
            here.said += f" (clerks waited p50 {percentile(waits, 0.5):.3f} s, p99 {percentile(waits, 0.99):.3f} s)"
            queued = await handed_over(here, within)
            world = await world_after(house, window, counties, within=within)
            assert world.drained_in is not None
            rest = world.drained_in + before + queued
            world.drained_in = rest if within == WITHIN else before + queued
    load = os.getloadavg()[0]
    report.ROWS.append(report.Row(name, seed, filed, waits, before + queued, rest, memory, load, here.said))
    broken = await asyncio.to_thread(broken_in, world)
    assert broken == [], "\n".join(f"{one.invariant} {one.what}" for one in broken[:20])
    assert set(window.statuses) <= answers, window.statuses
    assert all(again for _, again in window.unavailable), "503 without Retry-After"
    assert percentile(waits, 0.99) < soon * PATIENCE, percentile(waits, 0.99)
    assert percentile(waits, 0.5) < max(HALF_SOON, soon / 4) * PATIENCE, percentile(waits, 0.5)


async def handed_over(house: Fire, within: float) -> float:
    """Seconds until everything that waited for the broker was taken by it, or for the database was written."""
    begun = time.monotonic()
    waiting = "SELECT count(*) FROM post_outgoing WHERE state = 'written'"
    while int(await asyncio.to_thread(house.sql, waiting)):
        assert time.monotonic() - begun < within, f"it does not go out{house.said}"
        await asyncio.sleep(0.2)
    return time.monotonic() - begun


def broken_in(world: World) -> list[Broken]:
    """What does not hold; of many thousand cases only some are looked for everywhere where they must not be."""
    some = replace(world, filed=random.Random(0).sample(world.filed, min(len(world.filed), MOST_CANARIES)))
    of = dict.fromkeys(INVARIANTS, world) | {"I5": some}
    return [Broken(name, what) for name, finds in INVARIANTS.items() for what in finds(of[name])]


def peak(pid: int) -> int:
    """The most memory that a process ever had, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
