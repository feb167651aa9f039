"""Citizens who come at their own pace: a case is filed every so many milliseconds, whether or not the one before is done.

A window that waits for answers slows down with the house and hides how long it lets people wait; this one does not.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.window import Window


@dataclass(frozen=True)
class Filing:
    """One case: when it should have been filed, in seconds on the monotonic clock, and how long its number took."""

    due: float
    took: float


class OpenLoop:
    """Files with `window` at `rate` a second until it is stopped. As `async with`; the exit waits for every number."""

    def __init__(self, window: Window, rate: float, counties: Sequence[str], most: int = 20_000) -> None:
        self._window, self._rate, self._counties, self._most = window, rate, counties, most
        self._open: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self.filings: list[Filing] = []

    async def __aenter__(self) -> "OpenLoop":
        self._coming = asyncio.create_task(self._come())
        return self

    def stop(self) -> None:
        """Nobody comes any more."""
        self._stop.set()

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        await self._coming
        await asyncio.gather(*self._open)

    async def _come(self) -> None:
        due = time.monotonic()
        for n in range(self._most):
            if self._stop.is_set():
                return
            task = asyncio.create_task(self._one(self._counties[n % len(self._counties)], due))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            due += 1 / self._rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _one(self, partner: str, due: float) -> None:
        await self._window.file(partner)
        self.filings.append(Filing(due, time.monotonic() - due))

    def waits(self, since: float = 0.0, until: float = float("inf")) -> list[float]:
        """How long those who came in this time waited for their number, the shortest first."""
        return sorted(filing.took for filing in self.filings if since <= filing.due < until)


def percentile(waits: Sequence[float], part: float) -> float:
    """Of sorted values: the one below which this part of them lies."""
    return waits[min(int(len(waits) * part), len(waits) - 1)]
