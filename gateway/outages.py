"""Outages: which failures pass by themselves, so that a door answers "again soon" instead of "broken"."""

import errno
import sqlite3

from asyncpg import exceptions as postgres
from tortoise.exceptions import DBConnectionError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
SQLITE = ("locked", "disk is full", "disk I/O error", "readonly database", "unable to open database")
PASSING = (
    DBConnectionError,
    TimeoutError,  # no connection of the pool, or no answer from the server, in time
    ConnectionError,  # nobody at the server's port, or the line was cut
    postgres.InterfaceError,
    postgres.InternalClientError,  # asyncpg found its connection broken between two states
    postgres.PostgresConnectionError,
    postgres.DeadlockDetectedError,
    postgres.SerializationError,
    postgres.LockNotAvailableError,
    postgres.OperatorInterventionError,  # restarted, stopped, starting up, or a statement that took too long
    postgres.InsufficientResourcesError,  # too many connections, out of memory, disk full
    postgres.IdleInTransactionSessionTimeoutError,
    postgres.ReadOnlySQLTransactionError,  # a standby that is not promoted yet
)


def passing(error: BaseException) -> bool:
    """Whether this failure, or what caused it, is the database or the disk being unable just now.

    Nothing was kept of the request that met it, or it cannot be known: the same request may be made again.
    """
    seen: BaseException | None = error
    for _ in range(5):
        if seen is None:
            return False
        if isinstance(seen, PASSING) or (isinstance(seen, OSError) and seen.errno in FULL):
            return True
        if isinstance(seen, sqlite3.OperationalError) and any(words in str(seen) for words in SQLITE):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
