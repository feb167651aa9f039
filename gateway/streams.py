"""Event streams (SSE): bounded per owner, resumed from the database by cursor, closed first when the house stops."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

HEARTBEAT = 15.0  # seconds between comments: only a failed write tells that the client left
WRITE_WITHIN = 30.0  # seconds for one write; a client that reads slower is dropped and resumes by its cursor
BATCH = 200
GAP = 0.1  # seconds between two looks of one stream, at most: a burst of changes is one look
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}

log = logging.getLogger("tongban.streams")


class TooManyStreams(Exception):
    """This owner, or the house, has as many streams open as it may; again in `seconds`."""

    seconds = 5


@dataclass(frozen=True)
class Event:
    """One event as it is sent; `data` is one line."""

    id: str
    event: str
    data: str


@dataclass(frozen=True)
class Source:
    """Where a stream's events come from."""

    after: Callable[[str], Awaitable[Sequence[Event]]]  # what follows a cursor, at most BATCH
    wait: Callable[[float], Coroutine[Any, Any, None]]  # returns when there may be more, or after so many seconds
    alive: Callable[[], Awaitable[bool]]  # asked before each batch: a session that ended ends its streams


class Streams:
    """The open streams and long polls of this process."""

    def __init__(self, most_each: int = 20, most: int = 2000) -> None:
        self._most_each, self._most = most_each, most
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open.total()

    def close(self) -> None:
        """End every stream now and let none begin: the first step of stopping."""
        self._closing.set()

    @contextlib.contextmanager
    def place(self, owner: str) -> Iterator[None]:
        """A place for one stream or long poll of this owner. Raises TooManyStreams."""
        if self._closing.is_set() or self._open[owner] >= self._most_each or self.open >= self._most:
            raise TooManyStreams
        self._open[owner] += 1
        try:
            yield
        finally:
            self._open[owner] -= 1
            if not self._open[owner]:
                del self._open[owner]

    async def unless_closing(self, work: "asyncio.Task[Any]") -> bool:
        """Wait for `work` or for the house to stop, whichever comes first; False: it stops, and `work` was cancelled."""
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait([work, closing], return_when=asyncio.FIRST_COMPLETED)
            return work.done()
        finally:
            closing.cancel()
            work.cancel()

    async def serve(self, request: web.Request, source: Source, cursor: str, *, owner: str) -> web.StreamResponse:
        """Answer with events after `cursor` until the client leaves, its session ends, or the house stops."""
        with self.place(owner):
            events = await source.after(cursor)
            response = web.StreamResponse(headers=HEADERS)
            await response.prepare(request)
            try:
                await self._write(response, b": open\n\n")
                await self._go_on(response, source, cursor, events)
            except (ConnectionError, TimeoutError):
                log.debug("a stream ends: its client left, or reads too slowly")
            except Exception as error:
                # The answer has begun, and another one in its middle would be garbage: it ends, and the client comes
                # again with its cursor.
                log.warning("a stream ends: %s", type(error).__name__)
            with contextlib.suppress(ConnectionError, TimeoutError):
                await response.write_eof()
            return response

    async def _go_on(self, response: web.StreamResponse, source: Source, cursor: str, events: Sequence[Event]) -> None:
        clock = asyncio.get_running_loop().time
        spoke, took, found = clock(), GAP, len(events)
        while True:
            if events:
                await self._write(response, "".join(map(_line, events)).encode())
                cursor, spoke = events[-1].id, clock()
            elif clock() - spoke >= HEARTBEAT:
                await self._write(response, b": still here\n\n")
                spoke = clock()
            looked, gap = clock(), self._rest(took, found)
            waiting = asyncio.create_task(source.wait(HEARTBEAT))
            await asyncio.sleep(0)  # the wait begins before the look: no change falls between the two
            events = await source.after(cursor)
            took = clock() - looked
            if not events:
                if not await self.unless_closing(waiting):
                    return
                await asyncio.sleep(max(0.0, looked + gap - clock()))
                events = await source.after(cursor)
            found = len(events)
            waiting.cancel()
            if self._closing.is_set() or not await source.alive():
                return

    def _rest(self, took: float, found: int) -> float:
        """Seconds between two looks of a stream: the more was found or the more streams look, the longer it rests, so that
        a lone change is shown at once and a burst is one look."""
        return min(GAP, took * max(found, self.open))

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(WRITE_WITHIN):
            await response.write(data)


def _line(event: Event) -> str:
    return f"id: {event.id}\nevent: {event.event}\ndata: {event.data}\n\n"
