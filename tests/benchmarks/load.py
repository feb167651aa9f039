"""Clerks: closed loop (each files the next case when the last result is visible), open loop (so many a second, whatever comes back)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.benchmarks.process import Program

File = Callable[[int], Awaitable[str]]
"""Files one case by the clerk of that place; its number."""

Shown = Callable[[str], Awaitable[float]]
"""When the result of a number was visible, by time.perf_counter; waits for it."""


@dataclass
class Measured:
    """What one load came to. Times in seconds."""

    done: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # of the gateway, in the measured time
    posts: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Applications a second whose result became visible."""
        return self.done / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of the gateway's CPU for one application."""
        return self.cpu / max(self.done, 1) * 1e6


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies; not a number when there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


async def closed(
    clerks: int, seconds: float, file: File, shown: Shown, gateway: Program, warm: float = 2.0
) -> Measured:
    """So many clerks for so long, after a warm-up that does not count."""
    measured, stop = Measured(), asyncio.Event()
    counting = False

    async def clerk(place: int) -> None:
        while not stop.is_set():
            begun = time.perf_counter()
            number = await file(place)
            posted = time.perf_counter()
            seen = await shown(number)
            if counting:
                measured.done += 1
                measured.posts.append(posted - begun)
                measured.visible.append(seen - begun)

    tasks = [asyncio.create_task(clerk(place)) for place in range(clerks)]
    await _or_failed(tasks, warm)
    counting, cpu, begun = True, gateway.cpu(), time.perf_counter()
    await _or_failed(tasks, seconds)
    counting = False
    measured.seconds, measured.cpu = time.perf_counter() - begun, gateway.cpu() - cpu
    stop.set()
    await asyncio.wait(tasks, timeout=30)
    for task in tasks:
        task.cancel()
    return measured


async def _or_failed(tasks: "list[asyncio.Task[None]]", seconds: float) -> None:
    """Wait so long; a clerk that fails ends the bench."""
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        task.result()


async def open_loop(rate: float, seconds: float, file: File, shown: Shown, gateway: Program, lines: int) -> Measured:
    """So many a second for so long, evenly; times count from when a case should have been filed, so that waiting counts too."""
    measured = Measured()
    cpu, begun = gateway.cpu(), time.perf_counter()
    free: asyncio.Queue[int] = asyncio.Queue()
    for place in range(lines):
        free.put_nowait(place)

    async def one(at: float) -> None:
        place = await free.get()
        try:
            number = await file(place)
        finally:
            free.put_nowait(place)
        measured.posts.append(time.perf_counter() - at)
        measured.visible.append(await shown(number) - at)
        measured.done += 1

    tasks = []
    for turn in range(max(int(rate * seconds), 1)):
        at = begun + turn / rate
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        tasks.append(asyncio.create_task(one(at)))
    await asyncio.wait(tasks, timeout=60)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    measured.seconds, measured.cpu = time.perf_counter() - begun, gateway.cpu() - cpu
    return measured
