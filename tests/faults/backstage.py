"""Behind the stage: scenarios wait more than they work, so several run at once, and each test asks for the end of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

from tests.faults.seeds import seeded

AT_ONCE = 3  # scenarios; each is two or three processes
Story = Callable[[int, Path, Path], Awaitable[None]]
"""(seed, folder of its own, furnished data folder); fails by AssertionError."""
ALONE: set[str] = set()  # names of stories that load the whole machine


def alone(story: Story) -> Story:
    """It measures how fast things come to rest under load: nothing else plays meanwhile."""
    ALONE.add(story.__name__)
    return story


class Backstage:
    """A loop in a thread of its own. Use as `with`; what still runs at the end is cancelled, with its processes."""

    def __init__(self, folder: Path, furnished: Path) -> None:
        self._folder, self._furnished = folder, furnished
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="backstage")
        self._places, self._clearing = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
        self._ends: dict[tuple[str, int], Future[None]] = {}

    def __enter__(self) -> "Backstage":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def begin(self, story: Story, seed: int) -> None:
        """Play it as soon as there is a place."""
        self._ends[story.__name__, seed] = asyncio.run_coroutine_threadsafe(self._play(story, seed), self._loop)

    async def _play(self, story: Story, seed: int) -> None:
        async with AsyncExitStack() as places:
            async with self._clearing:
                for _ in range(AT_ONCE if story.__name__ in ALONE else 1):
                    await places.enter_async_context(self._places)
            with seeded(seed):
                await story(seed, self._folder / f"{story.__name__}-{seed}", self._furnished)

    def watch(self, story: Story, seed: int) -> None:
        """Wait for its end; whatever failed in it fails here."""
        self._ends[story.__name__, seed].result()


async def _cancel_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
