"""One writer for all: a batch is one transaction, one bad work leaves the others alone, and callers may leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from messaging.tables import DataKey
from messaging.unit_of_work import Connection, Work, Writer, finish, run_tx, spawn
from tests.county import County


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


class Refusal(Exception):
    """A rule said no."""


@dataclass
class Row:
    """A row to be written; `bad` breaks the whole batch, `refused` only itself."""

    id: int
    bad: bool = False
    refused: bool = False
    done: "asyncio.Future[Any]" = field(default_factory=_future)


class Performer:
    """Writes rows, and remembers how they were bundled."""

    def __init__(self, county: County) -> None:
        self.bundles: list[list[int]] = []
        self.commits = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.now = county.clock()

    async def __call__(self, connection: Connection, works: Sequence[Work]) -> Sequence[Any]:
        rows = [work for work in works if isinstance(work, Row)]
        self.bundles.append([row.id for row in rows])
        await self.gate.wait()
        for row in rows:
            if not row.refused:
                await DataKey(id=row.id, created_at=self.now).save(using_db=connection, force_create=True)
            if row.bad:
                raise RuntimeError("a fault of our own")
        return [Refusal() if row.refused else row.id for row in rows]

    def committed(self) -> None:
        self.commits += 1


@pytest.fixture
def performer(county: County) -> Performer:
    return Performer(county)


@pytest.fixture
def writer(performer: Performer) -> Writer:
    return Writer(performer, performer.committed, most=64)


async def written() -> set[int]:
    return {key.id for key in await DataKey.filter(id__lt=1000)}


async def together(writer: Writer, performer: Performer, rows: Sequence[Row]) -> list[Any]:
    """Submit a first one, and the rest while it is being written, so that they become one batch."""
    performer.gate.clear()
    first = asyncio.create_task(writer.submit(Row(999)))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(writer.submit(row)) for row in rows]
    await asyncio.sleep(0.05)
    performer.gate.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_what_comes_while_it_writes_is_one_batch(writer: Writer, performer: Performer) -> None:
    results = await together(writer, performer, [Row(n) for n in range(1, 11)])
    assert results == list(range(1, 11))
    assert performer.bundles == [[999], list(range(1, 11))]
    assert performer.commits == 2


async def test_a_refused_work_is_its_own_failure_and_leaves_the_others(writer: Writer, performer: Performer) -> None:
    results = await together(writer, performer, [Row(1), Row(2, refused=True), Row(3)])
    assert [type(result) for result in results] == [int, Refusal, int]
    assert await written() == {999, 1, 3}
    assert len(performer.bundles) == 2


async def test_a_batch_that_fails_is_rolled_back_and_tried_one_by_one(writer: Writer, performer: Performer) -> None:
    results = await together(writer, performer, [Row(1), Row(2, bad=True), Row(3)])
    assert [type(result) for result in results] == [int, RuntimeError, int]
    assert performer.bundles == [[999], [1, 2, 3], [1], [2], [3]]
    assert await written() == {999, 1, 3}


async def test_a_large_crowd_is_written_in_several_batches(performer: Performer) -> None:
    writer = Writer(performer, most=4)
    await together(writer, performer, [Row(n) for n in range(1, 11)])
    assert [len(bundle) for bundle in performer.bundles] == [1, 4, 4, 2]


async def test_a_caller_who_leaves_leaves_the_work_to_be_done(writer: Writer, performer: Performer) -> None:
    performer.gate.clear()
    callers = [asyncio.create_task(writer.submit(row)) for row in (Row(1), Row(2), Row(3, refused=True))]
    await asyncio.sleep(0.05)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    performer.gate.set()
    await finish()
    assert await written() == {1, 2}
    assert await writer.submit(Row(4)) == 4


@pytest.mark.parametrize("steps", range(0, 40, 3))
async def test_a_cancelled_transaction_leaves_the_database_usable(county: County, steps: int) -> None:
    async def unit(connection: Connection) -> None:
        await DataKey(id=1, created_at=county.clock()).save(using_db=connection, force_create=True)

    caller = asyncio.create_task(run_tx(unit))
    for _ in range(steps):
        await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    await finish()
    assert await written() in ({1}, set())
    async with asyncio.timeout(2):
        await run_tx(lambda connection: DataKey.all().using_db(connection).count())


async def test_a_transaction_that_fails_leaves_nothing(county: County) -> None:
    async def unit(connection: Connection) -> None:
        await DataKey(id=1, created_at=county.clock()).save(using_db=connection, force_create=True)
        raise Refusal

    with pytest.raises(Refusal):
        await run_tx(unit)
    assert await written() == set()


async def test_what_is_spawned_inside_a_transaction_is_no_part_of_it(county: County) -> None:
    started: list[asyncio.Task[Any]] = []

    async def apart() -> None:
        await DataKey(id=2, created_at=county.clock()).save(force_create=True)

    async def unit(connection: Connection) -> None:
        started.append(spawn(apart()))
        raise Refusal

    with pytest.raises(Refusal):
        await run_tx(unit)
    await started[0]
    assert await written() == {2}


async def test_finishing_waits_for_what_is_under_way(writer: Writer, performer: Performer) -> None:
    performer.gate.clear()
    caller = asyncio.create_task(writer.submit(Row(1)))
    await asyncio.sleep(0.05)
    ending = asyncio.create_task(finish())
    await asyncio.sleep(0.05)
    assert not ending.done()
    performer.gate.set()
    await ending
    assert await caller == 1
