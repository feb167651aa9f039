"""The drain: after the fault nothing is touched, and everything must come to rest by itself."""

import asyncio
import sqlite3
import time
from collections.abc import Collection
from pathlib import Path

from tests.faults import postgres_rows, queues
from tests.faults.checker import WITHIN, check_midway
from tests.faults.house_under_test import House
from tests.faults.window import Window
from tests.faults.world import DATABASE, World, read_gateway, read_guest

GATEWAY = {
    "messages of ours not receipted": "SELECT count(*) FROM post_outgoing WHERE due_at IS NOT NULL"
    " AND NOT (sequence IS NOT NULL AND subject IN ({stuck}))",
    "messages of theirs not applied": "SELECT count(*) FROM post_incoming WHERE state IN ('stored', 'held', 'parked')"
    " AND subject NOT IN ({stuck})",
    "receipts not sent": "SELECT count(*) FROM post_incoming WHERE receipt_due_at IS NOT NULL",
    "what was set apart not told": "SELECT count(*) FROM post_set_apart WHERE NOT told",
    "mail waiting": "SELECT count(*) FROM post_mail WHERE state = 'waiting' AND subject NOT IN ({stuck})",
    "gaps": "SELECT count(*) FROM post_conversation WHERE gap_asked_at IS NOT NULL AND subject NOT IN ({stuck})",
    "lines not sealed": "SELECT count(*) FROM audit_line WHERE root_id IS NULL",
}
GUEST = {
    "messages not receipted": "SELECT count(*) FROM said WHERE due IS NOT NULL AND subject NOT IN ({stuck})",
    "receipts not sent": "SELECT (SELECT count(*) FROM heard WHERE tell_at IS NOT NULL)"
    " + (SELECT count(*) FROM apart WHERE tell_at IS NOT NULL)",
    "messages to give back": "SELECT count(*) FROM heard WHERE give_back IS NOT NULL",
    "timers": "SELECT count(*) FROM timer",
    "gaps": "SELECT count(*) FROM talk WHERE gap_at IS NOT NULL AND subject NOT IN ({stuck})",
}


def left(house: House, counties: Collection[str], stuck: Collection[str] = ()) -> dict[str, int]:
    """What is still under way, on both sides; empty when all is at rest."""
    if house.database is None:
        found = _counts(house.data / DATABASE, GATEWAY, stuck)
    else:
        names = (
            ", ".join(f"'{name}'" for name in stuck) or "'nobody'"
        )  # not '': under it stands what belongs to no case
        counts = {what: query.format(stuck=names) for what, query in GATEWAY.items()}
        found = {what: n for what, n in postgres_rows.numbers(house.database, counts).items() if n}
    for code in counties:
        found |= {f"{code}: {what}": n for what, n in _counts(house.ledger(code), GUEST, stuck).items()}
    return found


async def on_the_broker(house: House, counties: Collection[str]) -> dict[str, int]:
    """What waits in the queues of these counties; nothing where there is no broker."""
    return await queues.counts(house.broker.url, counties) if house.broker is not None else {}


def _counts(path: Path, questions: dict[str, str], stuck: Collection[str]) -> dict[str, int]:
    names = ", ".join(f"'{name}'" for name in stuck)
    books = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        books.execute("PRAGMA query_only = ON")
        counted = {
            what: int(books.execute(query.format(stuck=names)).fetchone()[0]) for what, query in questions.items()
        }
    finally:
        books.close()
    return {what: n for what, n in counted.items() if n}


async def drained(
    house: House, counties: Collection[str], stuck: Collection[str] = (), within: float = WITHIN
) -> float:
    """Seconds until all is at rest. AssertionError with what is left when that takes too long."""
    begun, pid = time.monotonic(), house.running.pid
    while found := await asyncio.to_thread(left, house, counties, stuck) or await on_the_broker(house, counties):
        assert house.running.alive, house.said()
        assert time.monotonic() - begun < within, f"not at rest after {within:.0f} s: {found}"
        await asyncio.sleep(0.2)
    assert house.running.pid == pid
    return time.monotonic() - begun


async def seen_by_all(house: House, window: Window, within: float = WITHIN) -> float:
    """Seconds until every stream has heard of the last change, or `within`: the checker tells what is missing then.

    On PostgreSQL a feed waits for the oldest open transaction of the whole server, another house's on it included.
    """
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < within:
        newest = await asyncio.to_thread(_newest, house)
        if all(watched.seen and watched.seen[-1][0] == newest for watched in window.watched):
            break
        await asyncio.sleep(0.1)
    return passed


def _newest(house: House) -> int:
    """The step that a feed tells last."""
    if house.database is not None:
        last = "SELECT coalesce((SELECT id FROM case_step ORDER BY written_in DESC, id DESC LIMIT 1), 0)"
        return postgres_rows.numbers(house.database, {"last": last})["last"]
    books = sqlite3.connect(house.data / DATABASE, isolation_level=None, timeout=30)
    try:
        return int(books.execute("SELECT coalesce(max(id), 0) FROM case_step").fetchone()[0])
    finally:
        books.close()


async def world_after(
    house: House,
    window: Window,
    counties: Collection[str],
    stuck: Collection[str] = (),
    within: float = WITHIN,
) -> World:
    """Drain, let the streams catch up, stop everything with SIGTERM, and read what is left behind."""
    broken = await asyncio.to_thread(lambda: check_midway(read_gateway(house.data, database=house.database)))
    assert broken == [], "\n".join(f"{one.invariant} {one.what}" for one in broken[:20])
    seconds = await drained(house, counties, stuck, within)
    seconds += await seen_by_all(house, window, within)
    ready = await house.ready()
    for process in set(house.counties.values()):
        await process.stop()
    for process in (*(one for one in house.others if one.alive), house.running):
        exit_code, _ = await process.stop()
        assert exit_code == 0, process.log.read_text(encoding="utf-8")[-3000:]
    logs = [house.log, *(one.log for one in house.others)]
    return World(
        read_gateway(house.data, logs=logs, database=house.database),
        {code: read_guest(code, house.ledger(code), _log_of(house, code)) for code in counties},
        window.filed,
        window.done,
        window.watched,
        await queues.left(house.broker.url, _joined(house)) if house.broker is not None else [],
        house.broker.log() if house.broker is not None else b"",
        frozenset(stuck),
        seconds,
        ready,
    )


def _joined(house: House) -> list[str]:
    return [str(one["code"]) for one in house.told["partners"]]


def _log_of(house: House, code: str) -> Path | None:
    return house.counties[code].log if code in house.counties else None
