"""The processes of a house, found from outside: whose children they are, and which of them runs the loops."""

import asyncio
import os
from collections.abc import Collection
from pathlib import Path

from tests.faults import postgres_rows

LINES = "FROM pg_stat_activity WHERE application_name = 'tongban wakes' AND datname = current_database()"
HOLDER = f"SELECT client_port {LINES} AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"  # noqa: S608
WAITING = f"SELECT client_port {LINES}"
AT = "SELECT inet_server_port()"


def children(pid: int) -> list[int]:
    """Those that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def holder(database: str, pids: Collection[int]) -> int | None:
    """Which of these processes has the lease of the loops; None while nobody has it."""
    return next(iter(_whose(database, HOLDER, pids)), None)


async def until_held(database: str, pids: Collection[int], within: float = 30.0) -> int:
    """The process that holds the lease, as soon as one of these does."""
    async with asyncio.timeout(within):
        while (found := await asyncio.to_thread(holder, database, pids)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found


async def until_up(database: str, pids: Collection[int], within: float) -> None:
    """Each of these processes has begun, and could take the lease."""
    async with asyncio.timeout(within):
        while await asyncio.to_thread(_whose, database, WAITING, pids) != set(pids):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _whose(database: str, clients: str, pids: Collection[int]) -> set[int]:
    """The processes that hold the own ends of connections; `clients` asks for their ports."""
    ports = postgres_rows.column(database, clients)
    (at,) = postgres_rows.column(database, AT)
    sockets = {_socket_between(port, at) for port in ports}
    return {pid for pid in pids if _sockets(pid) & sockets}


def _socket_between(own: int, other: int) -> str:
    """The inode of the socket on the loopback from one port to the other; "" when it is gone."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (_port(fields[1]), _port(fields[2])) == (own, other):
            return f"socket:[{fields[9]}]"
    return ""


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _sockets(pid: int) -> set[str]:
    """What this process has open."""
    try:
        return {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()
