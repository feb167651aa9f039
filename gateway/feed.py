"""What changed, for open pages and machine feeds: read by cursor from the database, woken by whoever commits."""

import asyncio
from collections.abc import Sequence

from gateway.applications.queries import Cases
from gateway.auth.actor import Actor
from gateway.keys import Change

LOOK_AGAIN = 0.01  # seconds before what an open transaction hides is looked for again, doubled while it is hidden
LOOK_AGAIN_MOST = 0.2


class CaseFeed:
    """Rows of the time line after a cursor, in an order that nothing enters in the middle."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._news = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._newest = 0
        self._pause = LOOK_AGAIN

    def ring(self) -> None:
        """Something was committed: wake everybody who waits."""
        self._news.set()
        self._news = asyncio.Event()

    async def look(self) -> None:
        """Ring when something was committed of which nobody told: its process may have died before it could."""
        newest = await self._cases.cursor()
        if newest != self._newest:
            self._newest = newest
            self.ring()

    async def latest(self) -> str:
        """The cursor of now."""
        return str(await self._cases.cursor())

    async def after(self, actor: Actor, cursor: str, limit: int) -> Sequence[Change]:
        """What this actor may see after a cursor, oldest first. Raises ValueError for a cursor that is none."""
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 19 or int(cursor) >= 2**63:
            raise ValueError(cursor)
        # Asked before reading: what an open transaction hides then is looked for again, even if it ends meanwhile.
        asked = self._later is None
        hidden = asked and await self._cases.more_to_come()
        rows = await self._cases.feed(actor, int(cursor), limit)
        if hidden and self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._pause, self._look_again)
            self._pause = min(self._pause * 2, LOOK_AGAIN_MOST)
        elif asked and not hidden:
            self._pause = LOOK_AGAIN
        return [Change(str(row.pop("id")), row) for row in rows]

    def _look_again(self) -> None:
        self._later = None
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
