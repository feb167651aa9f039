"""A bell that wakes a loop at once, while the loop also looks by itself from time to time."""

import asyncio
import contextlib


class Bell:
    """Rings are remembered until the next wait, so none is missed between a look and a wait."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or the next one who will."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return at a ring, or after `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()
