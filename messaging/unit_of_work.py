"""Transactions that survive a cancelled caller, and tasks that inherit none.

Two faults of the database layer are kept out here: a transaction whose task is cancelled while it begins keeps the
connection for ever, and a task started inside a transaction writes into it. So each unit of work runs shielded in a
task of its own, and background work starts from the context that stood after start-up.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from messaging import collisions
from messaging.faults import fault

Connection = BaseDBAsyncClient
T = TypeVar("T")

_live: set[asyncio.Task[Any]] = set()
_base: contextvars.Context | None = None


def remember_context() -> None:
    """Keep the context of now, after the database was opened, for tasks started by `spawn`."""
    global _base
    _base = contextvars.copy_context()


def spawn(work: Coroutine[Any, Any, Any], *, name: str | None = None) -> asyncio.Task[Any]:
    """Start a task that inherits no open transaction."""
    context = _base.copy() if _base is not None else contextvars.copy_context()
    return asyncio.create_task(work, name=name, context=context)


async def run_tx(work: Callable[[Connection], Awaitable[T]], *, doubles: bool = False, alone: bool = False) -> T:
    """Run `work(connection)` in one transaction. The caller may be cancelled, the transaction may not.

    A cancelled caller may still have committed, so every deed is safe to repeat. What another process undid by a
    deadlock begins anew by itself; with `doubles` also what failed because another one inserted the same row first.
    `alone`: the work is one statement of `bulk`, which PostgreSQL carries out as a transaction without being told.
    """

    async def unit() -> T:
        for again in range(1, collisions.TRIES):
            try:
                async with _begun(alone) as connection:
                    return await work(connection)
            except Exception as error:
                if not collisions.collided(error, doubles=doubles):
                    raise
            await asyncio.sleep(collisions.pause(again))
        async with _begun(alone) as connection:
            return await work(connection)

    task = asyncio.create_task(unit(), context=_base.copy() if _base is not None else None)
    _live.add(task)
    task.add_done_callback(_live.discard)
    return await asyncio.shield(task)


@asynccontextmanager
async def _begun(alone: bool) -> AsyncIterator[Connection]:
    """A transaction; or the database itself, where one statement is one by itself."""
    plain = get_connection("default") if alone else None
    if plain is not None and plain.capabilities.dialect == "postgres":
        yield plain
        return
    async with in_transaction() as connection:
        yield connection


async def finish() -> None:
    """Wait at shutdown for units that are still under way."""
    while _live:
        await asyncio.wait(set(_live))


class Work(Protocol):
    """One thing for the writer to do; `done` carries its result or its own error."""

    done: "asyncio.Future[Any]"


Perform = Callable[[Connection, Sequence[Work]], Awaitable[Sequence[Any]]]
"""Locks, plans and writes many works in one open transaction; an exception in the result is that work's own failure."""


class Writer:
    """The one writer: gathers what is submitted while it works, and writes it in one transaction.

    A work's own failure (a rule said no) is a value and leaves the others alone. A batch that fails as a whole is
    rolled back and tried again one by one, so that one bad row cannot hold up the rest; unless the database is away:
    then each would only wait for it once more. There is one writer to a process; rows keep two processes apart.
    """

    def __init__(
        self,
        perform: Perform,
        after: Callable[[], None] = lambda: None,
        most: int = 64,
        away: Callable[[BaseException], bool] = lambda error: False,
    ) -> None:
        """`after` is called after each commit, to wake whoever sends or shows what was written.

        `away(error)` tells whether the database cannot work just now, whatever it is given.
        """
        self._perform, self._after, self._most, self._away = perform, after, most, away
        self._waiting: list[Work] = []
        self._loop: asyncio.Task[None] | None = None

    async def submit(self, work: Work) -> Any:
        """Wait for the work's result; a caller that is cancelled leaves the work to be done."""
        self._waiting.append(work)
        if self._loop is None or self._loop.done():
            self._loop = spawn(self._run(), name="writer")
            _live.add(self._loop)
            self._loop.add_done_callback(_live.discard)
        return await asyncio.shield(work.done)

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await self._write(batch)

    async def _write(self, batch: Sequence[Work]) -> None:
        try:
            results = await run_tx(lambda connection: self._perform(connection, batch), doubles=True)
        except Exception as error:
            if len(batch) == 1 or self._away(error):
                for work in batch:
                    _settle(work, error)
                return
            for work in batch:
                await self._write([work])
            return
        fault("writer.after_commit")
        for work, result in zip(batch, results, strict=True):
            _settle(work, result)
        self._after()


def _settle(work: Work, result: Any) -> None:
    if work.done.done():
        return
    if isinstance(result, BaseException):
        work.done.set_exception(result)
        work.done.exception()  # looked at here, so that a caller who left makes no noise
    else:
        work.done.set_result(result)
