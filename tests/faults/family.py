"""The processes of a house, found from outside: whose children they are, and which of them runs the loops."""

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

from tests.faults import postgres_rows

HOLDER = (
    "SELECT coalesce(min(client_port), 0) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND application_name = 'tongban wakes' AND datname = current_database()"
)


def children(pid: int) -> list[int]:
    """Those that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def holder(database: str, pids: Collection[int]) -> int | None:
    """Which of these processes has the lease of the loops; None while nobody has it."""
    port = postgres_rows.numbers(database, {"port": HOLDER})["port"]
    return next((pid for pid in pids if port and _socket_of(port) in _sockets(pid)), None)


async def until_held(database: str, pids: Collection[int], within: float = 30.0) -> int:
    """The process that holds the lease, as soon as one of these does."""
    async with asyncio.timeout(within):
        while (found := await asyncio.to_thread(holder, database, pids)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found


def _socket_of(port: int) -> str:
    """The inode of the socket whose own end is this port of the loopback."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == port:
            return f"socket:[{fields[9]}]"
    return ""


def _sockets(pid: int) -> set[str]:
    try:
        return {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()
