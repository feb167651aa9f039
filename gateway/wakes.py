"""Wakes and leases across the processes of one database: who is told at once, and whose turn the loops are.

Every loop also looks by itself from time to time, so a wake that is lost costs a moment and nothing else.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import asyncpg

from gateway import postgresql
from messaging.unit_of_work import spawn

log = logging.getLogger("tongban.wakes")
CHANNEL = "tongban"
LOOPS = "loops"  # the lease of the process whose loops run
BEAT = 1.0  # seconds between two looks at the line and at leases that somebody else holds
SILENT = "10s"  # a holder that says nothing for so long stands still: its session ends, and its leases are free
GATHER = 0.003  # seconds in which wakes are gathered into one statement
AGAIN = 0.5  # seconds before a lost line is opened anew
MOST = 7000  # bytes of one wake; NOTIFY takes 8000

Hear = Callable[[str, str], None]
"""(topic, detail): another process told this."""


class Wakes:
    """One process alone: there is nobody to tell, and every lease is its own."""

    def tell(self, topic: str, detail: str = "") -> None:
        """Wake the other processes. Called after a commit; never waits."""

    def want(self, lease: str) -> None:
        """From now on this process takes the lease when it is free."""

    def holds(self, lease: str) -> bool:
        """Is it this process that holds the lease?"""
        return True

    async def close(self) -> None:
        """Tell what is still to be told, and give leases back."""


class SharedWakes(Wakes):
    """Several processes on PostgreSQL: NOTIFY tells, and a session's advisory lock is a lease, free once its holder dies.

    All of it on a connection of its own, which is opened anew when it is lost.
    """

    def __init__(self, url: str, hear: Hear, missed: Callable[[], None]) -> None:
        """`missed()` is called whenever the line is new: what was told before was not heard."""
        self._url, self._hear, self._missed = url, hear, missed
        self._to_tell: dict[str, None] = {}
        self._wanted: set[str] = set()
        self._held: set[str] = set()
        self._news = asyncio.Event()
        self._closing = False
        self._task = spawn(self._keep_up(), name="wakes")

    def tell(self, topic: str, detail: str = "") -> None:
        wake = f"{topic} {detail}"
        if len(wake.encode()) < MOST:
            self._to_tell[wake] = None
            self._news.set()

    def want(self, lease: str) -> None:
        self._wanted.add(lease)
        self._news.set()

    def holds(self, lease: str) -> bool:
        return lease in self._held

    async def close(self) -> None:
        self._closing = True
        self._news.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await asyncio.shield(self._task)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _keep_up(self) -> None:
        while not self._closing:
            try:
                await self._one_line()
            except Exception as error:  # whatever it was: without a line there are sweeps, and a new line soon
                log.warning("wakes: %s", type(error).__name__)
                await asyncio.sleep(AGAIN)

    async def _one_line(self) -> None:
        line = await postgresql.connect(self._url, application_name="tongban wakes")
        try:
            own = line.get_server_pid()
            with contextlib.suppress(asyncpg.UndefinedObjectError):  # PostgreSQL 13 does not know it
                await line.execute(f"SET idle_session_timeout = '{SILENT}'")
            await line.add_listener(CHANNEL, lambda _, pid, __, text: None if pid == own else self._heard(text))
            self._missed()
            while not self._closing:
                self._news.clear()
                await self._claim(line, proved=await self._tell_all(line))
                await self._rest()
            await self._tell_all(line)
        finally:
            self._held.clear()
            with contextlib.suppress(Exception):
                await line.close(timeout=1.0)

    def _heard(self, text: str) -> None:
        topic, _, detail = text.partition(" ")
        self._hear(topic, detail)

    async def _tell_all(self, line: Any) -> bool:
        """Was anything told?"""
        any_ = bool(self._to_tell)
        while self._to_tell:
            told, self._to_tell = list(self._to_tell), {}
            await line.execute("SELECT pg_notify($1, wake) FROM unnest($2::text[]) AS wake", CHANNEL, told)
        return any_

    async def _claim(self, line: Any, *, proved: bool) -> None:
        """Also the sign of life, unless it has just been `proved`: a line that is dead raises here."""
        for lease in self._wanted - self._held:
            if await line.fetchval("SELECT pg_try_advisory_lock(hashtext($1), 0)", f"{CHANNEL} {lease}"):
                self._held.add(lease)
        if not proved and not self._wanted - self._held:
            await line.execute("SELECT 1")

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEAT):
                await self._news.wait()
        if self._to_tell:
            await asyncio.sleep(GATHER)
