"""What changed, for open pages and machine feeds: read by cursor from the database, woken in-process."""

import asyncio
from collections.abc import Sequence

from gateway.applications.queries import Cases
from gateway.auth.actor import Actor
from gateway.keys import Change


class CaseFeed:
    """Rows of the time line after a cursor. On SQLite there is one writer, so ids rise in the order of commits."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._news = asyncio.Event()

    def ring(self) -> None:
        """Something was committed: wake everybody who waits."""
        self._news.set()
        self._news = asyncio.Event()

    async def latest(self) -> str:
        """The cursor of now."""
        return str(await self._cases.newest())

    async def after(self, actor: Actor, cursor: str, limit: int) -> Sequence[Change]:
        """What this actor may see after a cursor, oldest first. Raises ValueError for a cursor that is none."""
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 19:
            raise ValueError(cursor)
        rows = await self._cases.feed(actor, int(cursor), limit)
        return [Change(str(row.pop("id")), row) for row in rows]

    async def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
