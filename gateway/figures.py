"""Figures for alarms: what waits, where, and since when; asked of the database at most every few seconds, never counted out.

A count stops at MOST: an alarm asks whether it is many, not how many. Every question is answered from an index.
"""

import asyncio
import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from gateway.applications.clocks import local_day
from gateway.metrics import Metrics
from messaging.unit_of_work import Connection, spawn
from partners.registry import Registry

MOST = 10_000  # rows at which a count stops
FRESH = 10.0  # seconds in which the same figures are told again
LAG_EVERY = 0.25  # seconds between two looks at the event loop
LAG_KEPT = 120  # looks that the highest lag is of: half a minute

# name of the gauge -> (rows that wait, the moment that counts for their age or None)
BY_PARTNER: Mapping[str, tuple[str, str | None]] = {
    "unreceipted": ("post_outgoing WHERE state = 'confirmed' AND partner = {p}", "created_at"),
    "unsent": ("post_outgoing WHERE state = 'written' AND partner = {p}", "created_at"),
    "refused": ("post_outgoing WHERE state IN ('conflict', 'quarantined') AND partner = {p}", None),
    "mailbox": ("post_mail WHERE state = 'waiting' AND partner = {p}", "stored_at"),
}
OF_ALL: Mapping[str, tuple[str, str | None]] = {
    "parked": ("post_incoming WHERE state = 'parked'", "stored_at"),
    "held": ("post_incoming WHERE state = 'held' AND (reason IS NULL OR reason <> 'gap')", "stored_at"),
    "gaps": ("post_incoming WHERE state = 'held' AND reason = 'gap'", "stored_at"),
    "unapplied": ("post_incoming WHERE state = 'stored'", "stored_at"),
    "quarantined": ("post_set_apart WHERE outcome = 'quarantined' AND settled_at IS NULL", "stored_at"),
    "conflicts": ("post_set_apart WHERE outcome = 'conflict' AND settled_at IS NULL", "stored_at"),
    "audit_unsealed": ("audit_line WHERE root_id IS NULL", "at"),
}


@dataclass
class LoopState:
    """How one loop of this process does."""

    failures: int = 0  # since the process began
    failing: int = 0  # in a row
    succeeded_at: float | None = None  # seconds since 1970


class Bus(Protocol):
    """What is asked of the bus."""

    def __call__(self) -> Mapping[str, str]:
        """`{"bus": "ok" | "degraded"}`; nothing when it is embedded."""


class Figures:
    """Puts the figures of now into the gauges before they are told."""

    def __init__(
        self,
        metrics: Metrics,
        connection: Connection,
        registry: Registry,
        data: Path,
        bus: Bus,
        holds_lease: Callable[[], bool],
        loops: Callable[[], Mapping[str, LoopState]],
    ) -> None:
        self._metrics, self._connection, self._registry, self._data = metrics, connection, registry, data
        self._bus, self._holds_lease, self._loops = bus, holds_lease, loops
        self._asked_at: float | None = None
        self._turn = asyncio.Lock()
        self._lags: deque[float] = deque(maxlen=LAG_KEPT)
        self._watching: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """What this process knows is always of now; what the database knows is at most FRESH seconds old.

        A database that does not answer leaves the last figures, and `tongban_database_up` 0.
        """
        self._own()
        async with self._turn:
            if self._asked_at is not None and time.monotonic() - self._asked_at < FRESH:
                return
            self._asked_at = time.monotonic()
            try:
                await self._ask()
            except Exception:
                self._metrics.database_up.set(0)
            else:
                self._metrics.database_up.set(1)

    def _own(self) -> None:
        metrics = self._metrics
        free = shutil.disk_usage(self._data)
        metrics.disk_free.set(free.free)
        metrics.disk_size.set(free.total)
        metrics.bus_up.set(0 if self._bus().get("bus", "ok") != "ok" else 1)
        metrics.lease.set(1 if self._holds_lease() else 0)
        metrics.loop_lag.set(max(self._lags, default=0.0))
        for name, loop in self._loops().items():
            metrics.loop_failures.labels(name).set(loop.failures)
            metrics.loop_failing.labels(name).set(loop.failing)
            if loop.succeeded_at is not None:
                metrics.loop_success.labels(name).set(loop.succeeded_at)
        self._pool()

    def _pool(self) -> None:
        """PostgreSQL's pool; SQLite has one connection, and nothing to tell."""
        pool = getattr(self._connection, "_pool", None)
        if pool is None:
            return
        self._metrics.pool_most.set(pool.get_max_size())
        self._metrics.pool_used.set(pool.get_size() - pool.get_idle_size())
        self._metrics.pool_waiting.set(len(getattr(getattr(pool, "_queue", None), "_getters", ())))

    async def _ask(self) -> None:
        now = datetime.now(UTC)
        codes = [partner.code for partner in self._registry.all()]
        for name, (rows, moment) in BY_PARTNER.items():
            for code in codes:  # six digits by the registry's own check
                count, age = await self._one(rows.format(p=f"'{code}'"), moment, now)
                self._metrics.waiting_for[name].labels(code).set(count)
                if moment is not None:
                    self._metrics.oldest_for[name].labels(code).set(age)
        for name, (rows, moment) in OF_ALL.items():
            count, age = await self._one(rows, moment, now)
            self._metrics.waiting[name].set(count)
            self._metrics.oldest[name].set(age)
        overdue = f"case_leg WHERE next_due < '{local_day(now).isoformat()}'"
        self._metrics.overdue.set((await self._one(overdue, None, now))[0])

    async def _one(self, rows: str, moment: str | None, now: datetime) -> tuple[int, float]:
        """(how many, up to MOST; seconds since the oldest of them)."""
        column = moment or "1 AS one"
        least = f"min({moment})" if moment else "NULL"
        query = f"SELECT count(*) AS n, {least} AS oldest FROM (SELECT {column} FROM {rows} LIMIT {MOST}) AS found"  # noqa: S608  # fixed words
        [row] = await self._connection.execute_query_dict(query)
        return int(row["n"]), _age(row["oldest"], now)

    def watch(self) -> None:
        """Begin to look at the event loop."""
        if self._watching is None:
            self._watching = spawn(self._watch(), name="loop lag")

    async def _watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LAG_EVERY)
            self._lags.append(max(time.monotonic() - before - LAG_EVERY, 0.0))

    async def close(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])


def _age(oldest: Any, now: datetime) -> float:
    if oldest is None:
        return 0.0
    at = oldest if isinstance(oldest, datetime) else datetime.fromisoformat(str(oldest))
    return max((now - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds(), 0.0)
