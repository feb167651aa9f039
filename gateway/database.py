"""The database: opened once, migrated as one step, and kept from the two ways in which it could hang."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import asyncpg
from tortoise import Tortoise, connections
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_editor import AsyncpgSchemaEditor
from tortoise.transactions import in_transaction

from gateway import postgresql
from gateway.settings import Settings
from messaging import unit_of_work

MODELS = [
    "matters_map.tables",
    "messaging.tables",
    "partners.tables",
    "gateway.auth.tables",
    "gateway.audit.tables",
    "gateway.attachments.tables",
    "gateway.applications.tables",
]


MIGRATING = 0x746F6E67  # the advisory lock under which one process migrates


class NotMigrated(Exception):
    """The database has not this version's tables; `python main.py migrate` makes them."""


class Unreachable(Exception):
    """The database cannot be reached, or does not let us in; the text says why, without the address."""


def is_shared(url: str) -> bool:
    """May several processes work on this database? PostgreSQL: yes; SQLite: one."""
    return url.startswith(tuple(f"{scheme}:" for scheme in postgresql.SCHEMES))


def config(url: str, **more: Any) -> dict[str, Any]:
    """Tortoise's configuration, also read by its migration commands; `more` goes to the PostgreSQL engine."""
    address: Any = url
    if is_shared(url):
        address = {"engine": "gateway.postgresql", "credentials": postgresql.credentials(url) | more}
    return {
        "connections": {"default": address},
        "apps": {"tongban": {"models": MODELS, "migrations": "gateway.migrations", "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def migrate(settings: Settings) -> None:
    """Bring the database to this version's tables: one step, run before serving, never by each worker.

    On PostgreSQL all of it is one transaction under a lock, so that a second one waits and finds nothing to do.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _mend()
    try:
        if is_shared(settings.database_url):
            await _migrate_shared(settings.database_url)
        else:
            await run_migrations(config=config(settings.database_url))
    finally:
        await Tortoise.close_connections()


async def _migrate_shared(url: str) -> None:
    long = {"statement_timeout": "1h", "lock_timeout": "1min", "idle_in_transaction_session_timeout": "1h"}
    given = config(url, server_settings=long, command_timeout=3600.0)
    with _reachable():
        await Tortoise.init(config=given)
        await connections.get("default").execute_query("SELECT 1")
    async with in_transaction() as connection:
        await connection.execute_query(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        editor = AsyncpgSchemaEditor(connection, atomic=False)
        await MigrationRecorder(connection).ensure_schema(
            editor
        )  # looked for first, its absence would end the transaction
        executor = MigrationExecutor(connection, given["apps"])
        await executor.migrate([MigrationTarget("tongban", "__latest__")])
        # Restored into another server, whose transactions are numbered anew: what is there already comes first.
        old = "UPDATE case_step SET written_in = '1'::xid8 WHERE written_in >= pg_current_xact_id()"
        await connection.execute_query(old)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OSError, DBConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[BaseDBAsyncClient]:
    """The open database. Raises NotMigrated when its tables are missing or old, Unreachable when it does not answer."""
    _mend()
    await Tortoise.init(config=config(settings.database_url), _enable_global_fallback=True)
    unit_of_work.remember_context()
    try:
        connection = connections.get("default")
        await _prove(connection)
        yield connection
    finally:
        await unit_of_work.finish()
        await Tortoise.close_connections()


async def _prove(connection: BaseDBAsyncClient) -> None:
    """Open the connection now, so that a folder that cannot be written fails at start and not at the first request."""
    if is_shared(str(connection.capabilities.dialect) + ":"):
        with _reachable():
            await connection.execute_query("SELECT 1")
    try:
        await connection.execute_query("SELECT audit_sequence FROM case_leg LIMIT 1")
    except OperationalError as error:
        raise NotMigrated(f"python main.py migrate ({error})") from None


async def alive() -> bool:
    """Does the database answer?"""
    await connections.get("default").execute_query("SELECT 1")
    return True


def _mend() -> None:
    """Three faults of the SQLite backend: a deferred BEGIN turns reading-then-writing into an error when another process
    wrote in between, a failing BEGIN keeps the lock for ever, and a failing COMMIT leaves a transaction open that others
    would read from and write into."""
    if SqliteTransactionContext.__aenter__ is not _enter:
        SqliteTransactionContext.__aenter__ = _enter  # type: ignore[method-assign]
        SqliteTransactionWrapper.begin = _begin_immediate  # type: ignore[method-assign]
        SqliteTransactionWrapper.commit = _commit_or_undo  # type: ignore[method-assign]


async def _enter(self: SqliteTransactionContext) -> TransactionalDBClient:
    await self._trxlock.acquire()
    try:
        await self.ensure_connection()
        await self.connection.begin()
    except BaseException:
        self._trxlock.release()
        raise
    self.token = get_connections().set(self.connection_name, self.connection)
    return cast(TransactionalDBClient, self.connection)


async def _begin_immediate(self: SqliteTransactionWrapper) -> None:
    """Take the write lock at once; what an earlier failed commit left behind is thrown away first."""
    try:
        if self._connection.in_transaction:
            await self._connection.rollback()
        await self._connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise OperationalError(error) from error


async def _commit_or_undo(self: SqliteTransactionWrapper) -> None:
    """All of it or nothing, at once: on a full disk nothing of it may linger."""
    try:
        await self._connection.commit()
    except sqlite3.OperationalError as error:
        if self._connection.in_transaction:
            await self._connection.rollback()
        raise OperationalError(error) from error
    finally:
        self._finalized = True
