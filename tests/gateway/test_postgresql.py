"""Several writers at once on PostgreSQL: what one SQLite connection can never show. Transactions of the pool are real ones."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from tortoise import connections
from tortoise.backends.asyncpg.client import TransactionWrapper

from gateway import database, outages, postgresql, settings
from gateway.applications import numbers
from gateway.applications.case_room import CaseRoom
from gateway.applications.errors import IdempotencyReused, InFlight
from gateway.applications.tables import Application, NumberCounter, Step
from gateway.applications.works import perform
from gateway.audit.tables import AuditLine
from gateway.wakes import SharedWakes
from messaging import collisions, conversation, receipts
from messaging.tables import Conversation, DataKey, Incoming, Outgoing
from messaging.unit_of_work import Connection, Writer, run_tx
from tests.county import CLERK, WORKING_HOURS, ZAOYANG, County, filing, note
from tests.services import databases, stack

pytestmark = pytest.mark.skipif(not stack.ON_POSTGRES, reason="TONGBAN_TEST_STACK=postgres runs these")
CASE = "421321202611240000019X"
AT_ONCE = 8
MAIN = Path(__file__).resolve().parents[2] / "main.py"


@pytest.fixture
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "ACQUIRE_WITHIN", 0.3)


def another_process(county: County) -> CaseRoom:
    """A second case room with a writer of its own, as another process has it."""
    parts = county.parts
    writer = Writer(partial(perform, parts.tools, lambda: parts.house, county.clock))
    lists = parts.lists
    return CaseRoom(
        parts.tools, lambda: parts.house, county.clock, writer, lambda: (lists.index, lists.forms), parts.issuing
    )


async def test_a_conversation_that_many_begin_at_once_is_one(county: County) -> None:
    async def begin(tx: Connection) -> int:
        talk = await conversation.locked(tx, county.parts.keys, ZAOYANG, CASE, WORKING_HOURS)
        talk.next_out += 1
        await talk.save(using_db=tx, update_fields=["next_out"])
        return int(talk.id)

    before = await DataKey.all().count()
    found = await asyncio.gather(*(run_tx(begin) for _ in range(AT_ONCE)))
    assert len(set(found)) == 1
    assert (await Conversation.get(partner=ZAOYANG, subject=CASE)).next_out == AT_ONCE + 1
    assert await DataKey.all().count() == before + 1, "a key that nobody uses was left behind"


async def test_a_message_that_comes_many_times_at_once_is_stored_once(county: County) -> None:
    letter = county.zaoyang.says("note.sent", CASE, note())
    stored = await asyncio.gather(*(county.arrives(letter) for _ in range(AT_ONCE)))
    assert [one.duplicate for one in stored].count(False) == 1
    assert await Incoming.filter(message_id=letter.id).count() == 1


async def test_one_id_under_two_subjects_at_once_is_one_message_and_one_conflict(county: County) -> None:
    for _ in range(5):
        first = county.zaoyang.says("note.sent", CASE, note())
        other = county.zaoyang.says("note.sent", "4213212026112400000282", note(), id_=first.id)
        await asyncio.gather(county.arrives(first), county.arrives(other))
        assert await Incoming.filter(message_id=first.id).count() == 1
    assert [row.outcome for row in await county.apart()] == ["conflict"] * 5


async def test_the_first_numbers_of_a_day_are_given_once(county: County) -> None:
    day = WORKING_HOURS.date()
    await NumberCounter.all().delete()
    first = await asyncio.gather(*(run_tx(lambda tx: numbers.take(tx, day, 3)) for _ in range(AT_ONCE)))
    assert sorted(first) == [1 + 3 * n for n in range(AT_ONCE)]


async def test_two_processes_file_under_one_key_and_there_is_one_case(county: County) -> None:
    rooms = [another_process(county) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(room.submit(CLERK, filing(), source=1, key="one") for room in rooms), return_exceptions=True
    )
    told = {one.body["number"] for one in answers if not isinstance(one, BaseException)}
    assert len(told) == 1
    assert all(isinstance(one, InFlight) for one in answers if isinstance(one, BaseException))
    assert await Application.all().count() == 1
    again = await rooms[0].submit(CLERK, filing(), source=1, key="one")
    assert again.replayed
    assert again.body["number"] in told
    with pytest.raises(IdempotencyReused):
        await rooms[1].submit(CLERK, filing(reference="another"), source=1, key="one")


async def test_a_deed_under_one_key_in_two_processes_is_done_once(county: County) -> None:
    number = await county.file()
    rooms = [another_process(county) for _ in range(4)]
    body = {"text": "请查收", "attachments": []}
    answers = await asyncio.gather(*(room.note(CLERK, number, body, "n1") for room in rooms), return_exceptions=True)
    assert any(isinstance(one, dict) for one in answers)
    assert all(isinstance(one, dict | InFlight) for one in answers)
    assert await Outgoing.filter(subject=number, type="note.sent").count() == 1


async def test_cases_filed_by_several_processes_have_numbers_of_their_own_and_one_chain_each(county: County) -> None:
    rooms = [another_process(county) for _ in range(4)]
    answers = await asyncio.gather(*(room.submit(CLERK, filing(), source=1) for room in rooms for _ in range(6)))
    assert len({answer.body["number"] for answer in answers}) == 24
    assert await AuditLine.filter(sequence=1).exclude(chain="house").count() == 24


async def test_receipts_are_composed_once_and_an_outcome_that_changes_meanwhile_is_told_again(county: County) -> None:
    sender, letters = county.parts.tools.sender, [county.zaoyang.says("note.sent", CASE, note()) for _ in range(3)]
    for letter in letters:
        await county.arrives(letter)
    await county.apply()
    county.clock.move(seconds=6)

    def compose(tx: Connection) -> Any:
        return receipts.compose(tx, sender, ZAOYANG, None, county.clock())

    told = await asyncio.gather(*(run_tx(compose) for _ in range(4)))
    assert sum(one is not None for one in told) == 1
    assert sorted(entry["id"] for entry in await county.told()) == sorted(letter.id for letter in letters)


async def test_the_feed_shows_nothing_that_an_open_transaction_could_still_come_before(county: County) -> None:
    feed = county.parts.feed
    number = await county.file()
    start = await feed.latest()
    slow, go_on = asyncio.Event(), asyncio.Event()

    async def write_slowly(tx: Connection) -> None:
        row = await Step.filter(number=number).using_db(tx).first()
        assert row is not None
        await Step(
            **{**{name: getattr(row, name) for name in row._meta.db_fields if name != "id"}, "id": int(start) + 1}
        ).save(using_db=tx, force_create=True)
        slow.set()
        await go_on.wait()

    writing = asyncio.create_task(run_tx(write_slowly))
    await slow.wait()
    await county.file()  # committed later, with higher ids, before the slow one
    assert await feed.after(CLERK, start, 100) == []
    go_on.set()
    await writing
    seen = [int(change.cursor) for change in await feed.after(CLERK, start, 100)]
    assert seen[0] == int(start) + 1
    assert len(seen) == 2
    rest = await feed.after(CLERK, str(seen[0]), 100)
    assert [int(change.cursor) for change in rest] == seen[1:]


async def test_what_was_hidden_is_looked_for_again_although_nobody_rings(county: County) -> None:
    feed, start = county.parts.feed, await county.parts.feed.latest()
    number, begun, go_on = await county.file(), asyncio.Event(), asyncio.Event()

    async def something_else(tx: Connection) -> None:
        await NumberCounter.bulk_create([NumberCounter(day="20990101")], using_db=tx)
        begun.set()
        await go_on.wait()

    other = asyncio.create_task(run_tx(something_else))
    await begun.wait()
    await county.parts.case_room.urge(CLERK, number, {"text": "x"}, None)
    await feed.wait(0.01)
    shown = await feed.after(CLERK, start, 100)
    waiting = asyncio.create_task(feed.wait(5))
    await asyncio.sleep(0)
    go_on.set()
    await other
    async with asyncio.timeout(2):
        await waiting
    later = await feed.after(CLERK, start, 100)
    assert len(later) > len(shown)


async def test_the_feed_tells_the_steps_of_a_case_in_the_order_in_which_two_processes_did_them(county: County) -> None:
    """The first deed's transaction begins first and comes to the case last."""
    feed, start = county.parts.feed, await county.parts.feed.latest()
    room, number, begun, go_on = county.parts.case_room, await county.file(), asyncio.Event(), asyncio.Event()
    perform = room._writer._perform

    async def begins_early(tx: Connection, works: Any) -> Any:
        await tx.execute_query("SELECT pg_current_xact_id()")
        begun.set()
        await go_on.wait()
        return await perform(tx, works)

    room._writer._perform = begins_early
    first = asyncio.create_task(room.urge(CLERK, number, {"text": "done last"}, None))
    await begun.wait()
    room._writer = Writer(perform)  # another process's
    await room.urge(CLERK, number, {"text": "done first"}, None)
    go_on.set()
    await first
    told = await feed.after(CLERK, start, 100)
    assert [change.data["version"] for change in told] == [1, 2, 3]
    assert told[-1].data["version"] == (await county.leg(number)).version
    for n, change in enumerate(told):  # whoever reads one by one misses none
        assert [one.cursor for one in await feed.after(CLERK, change.cursor, 100)] == [
            one.cursor for one in told[n + 1 :]
        ]


async def test_a_deadlock_begins_anew_by_itself(county: County) -> None:
    for day in (1, 2):
        await run_tx(partial(numbers.take, day=WORKING_HOURS.date().replace(day=day), how_many=1))
    both = asyncio.Barrier(2)
    begun: list[int] = []

    async def take(tx: Connection, order: tuple[int, int]) -> None:
        begun.append(order[0])
        await numbers.take(tx, WORKING_HOURS.date().replace(day=order[0]), 1)
        if len(begun) <= 2:
            await both.wait()
        await numbers.take(tx, WORKING_HOURS.date().replace(day=order[1]), 1)

    await asyncio.gather(*(run_tx(partial(take, order=order)) for order in ((1, 2), (2, 1))))
    assert len(begun) == 3
    assert {row.running for row in await NumberCounter.filter(day__in=["20261101", "20261102"])} == {3}


async def test_a_pool_that_is_used_up_is_an_outage_and_comes_back(county: County, short_wait: None) -> None:
    pool: Any = cast(Any, connections.get("default"))._pool
    held = [await pool.acquire(timeout=5) for _ in range(postgresql.POOL)]
    try:
        with pytest.raises(TimeoutError) as waited:
            await run_tx(lambda tx: tx.execute_query("SELECT 1"))
        assert outages.passing(waited.value)
    finally:
        for one in held:
            await pool.release(one)
    await database.alive()
    assert pool.get_size() - pool.get_idle_size() == 0


async def test_a_transaction_that_cannot_begin_gives_its_connection_back(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: Any) -> None:
        raise asyncpg.exceptions.AdminShutdownError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(TransactionWrapper, "begin", refuse)
        for _ in range(postgresql.POOL + 1):
            with pytest.raises(asyncpg.exceptions.AdminShutdownError):
                await run_tx(lambda tx: tx.execute_query("SELECT 1"))
    await run_tx(lambda tx: tx.execute_query("SELECT 1"))


async def test_a_caller_who_leaves_at_any_moment_leaves_no_connection_behind(county: County) -> None:
    for steps in range(30):
        task = asyncio.create_task(run_tx(lambda tx: tx.execute_query("SELECT pg_sleep(0.002)")))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.2)
    pool: Any = cast(Any, connections.get("default"))._pool
    assert pool.get_size() == pool.get_idle_size()


async def test_a_table_that_another_session_holds_is_waited_for_three_seconds(county: County) -> None:
    number = await county.file()
    other = await asyncpg.connect(county.parts.settings.database_url)
    try:
        async with asyncio.timeout(5):
            transaction = other.transaction()
            await transaction.start()
            await other.execute("LOCK TABLE case_leg IN ACCESS EXCLUSIVE MODE")
            answers = await asyncio.gather(
                *(county.parts.case_room.urge(CLERK, number, {"text": "x"}, None) for _ in range(3)),
                return_exceptions=True,
            )
        assert all(isinstance(one, BaseException) and outages.passing(one) for one in answers)
        await transaction.rollback()
    finally:
        await other.close()
    assert (await county.parts.case_room.view(CLERK, number))["number"] == number


async def test_migrating_at_once_is_done_once(tmp_path: Path) -> None:
    given = settings.read(databases.environment(tmp_path), data=tmp_path)
    one, two = await _migrating(tmp_path), await _migrating(tmp_path)
    assert (await one.wait(), await two.wait()) == (0, 0)
    async with database.opened(given):
        assert await database.alive()


async def _migrating(folder: Path) -> asyncio.subprocess.Process:

    env = {**os.environ, **databases.environment(folder), "TONGBAN_DATA": str(folder)}
    return await asyncio.create_subprocess_exec(sys.executable, str(MAIN), "migrate", env=env)


async def test_wakes_are_heard_by_others_and_not_by_oneself_and_one_holds_the_lease(county: County) -> None:
    url = county.parts.settings.database_url
    heard: dict[str, list[tuple[str, str]]] = {"a": [], "b": []}

    def line_of(name: str) -> SharedWakes:
        return SharedWakes(url, lambda topic, detail: heard[name].append((topic, detail)), lambda: None)

    lines = {name: line_of(name) for name in heard}
    try:
        for line in lines.values():
            line.want("test")
        await _until(lambda: any(line.holds("test") for line in lines.values()))
        await asyncio.sleep(0.3)
        lines["a"].tell("stored", f"{ZAOYANG} {CASE}")
        lines["a"].tell("stored", f"{ZAOYANG} {CASE}")
        await _until(lambda: heard["b"])
        assert (heard["a"], heard["b"]) == ([], [("stored", f"{ZAOYANG} {CASE}")])
        holder = next(name for name, line in lines.items() if line.holds("test"))
        other = "b" if holder == "a" else "a"
        assert not lines[other].holds("test")
        await lines[holder].close()
        await _until(lambda: lines[other].holds("test"))
    finally:
        for line in lines.values():
            await line.close()


async def test_a_change_of_partners_or_lists_is_told_by_the_database_itself(county: County) -> None:
    heard: list[str] = []
    line = SharedWakes(
        county.parts.settings.database_url, lambda topic, _: heard.append(topic), lambda: heard.append("new")
    )
    try:
        await _until(lambda: heard == ["new"])
        await connections.get("default").execute_query("UPDATE partner SET name = name")
        await connections.get("default").execute_query("UPDATE map_agreement SET name = name")
        await _until(lambda: heard == ["new", "registry", "lists"])
    finally:
        await line.close()


async def _until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_an_address_that_cannot_be_used_is_refused_with_a_reason() -> None:
    for url in (
        "mysql://h/d",
        "postgres://h",
        "postgres://h/d?maxsize=0",
        "postgres://h/d?sslmode=x",
        "postgres://h:x/d",
    ):
        with pytest.raises(postgresql.BadAddress):
            postgresql.credentials(url)
    given = postgresql.credentials("postgres://us%40er:p%2Fw@db:5433/name?maxsize=30&ssl=true")
    assert given.pop("ssl").check_hostname is True
    assert given == {
        "host": "db", "port": 5433, "user": "us@er", "password": "p/w", "database": "name", "maxsize": 30,
    }  # fmt: skip


def test_what_collided_is_told_from_what_is_wrong() -> None:
    assert collisions.collided(asyncpg.exceptions.DeadlockDetectedError())
    assert not collisions.collided(asyncpg.exceptions.UniqueViolationError())
    assert collisions.collided(asyncpg.exceptions.UniqueViolationError(), doubles=True)
    assert not collisions.collided(ValueError(), doubles=True)
