"""The guest's books: what it said and heard, in which order, and what it did about it, in one SQLite file.

One thread owns the file, and every piece of work is one durable transaction. A guest that is killed at any moment
continues from its books; one whose books are yesterday's is mended by the host, which sends again.
"""

import asyncio
import contextvars
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Books = sqlite3.Connection  # handed to work: open, in a transaction, rows by name

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS talk (        -- one conversation, both directions
  subject TEXT PRIMARY KEY,
  next_out INTEGER NOT NULL DEFAULT 1,   -- the number that our next message gets
  next_in INTEGER NOT NULL DEFAULT 1,    -- the number of theirs that is applied next
  peer_seen INTEGER NOT NULL DEFAULT 0,  -- the highest of ours that they said they had applied
  gap_at REAL,                           -- when the missing number is asked for (again)
  gap_asks INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS said (        -- ours: the same bytes again until receipted
  n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, subject TEXT NOT NULL, sequence INTEGER NOT NULL, type TEXT NOT NULL,
  data TEXT NOT NULL, body BLOB NOT NULL, signature TEXT NOT NULL, sha256 TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open',    -- open | closed | conflict | superseded
  outcome TEXT, reason TEXT, attempts INTEGER NOT NULL DEFAULT 0, copies INTEGER NOT NULL DEFAULT 1,
  due REAL,                              -- when it is sent (again); null: not any more
  told_at REAL);                         -- when the other side last receipted it
CREATE INDEX IF NOT EXISTS said_due ON said (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS said_place ON said (subject, sequence);
CREATE TABLE IF NOT EXISTS heard (       -- theirs, verified
  id TEXT PRIMARY KEY, delivery TEXT NOT NULL, subject TEXT NOT NULL, sequence INTEGER NOT NULL, type TEXT NOT NULL,
  body BLOB NOT NULL, signature TEXT NOT NULL, sha256 TEXT NOT NULL, stored_at REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'held',    -- held | applied | recorded | parked | replaced | set_aside
  ready INTEGER NOT NULL DEFAULT 0,      -- its attachments are here
  reason TEXT, tell_at REAL,             -- when its receipt goes; null: told
  give_back REAL);                       -- when it is sent back to a sender who lost it
CREATE INDEX IF NOT EXISTS heard_tell ON heard (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS heard_place ON heard (subject, sequence);
CREATE TABLE IF NOT EXISTS apart (       -- not verified, or contradicting what is stored: kept, without effect
  sha256 TEXT PRIMARY KEY, delivery TEXT NOT NULL, id TEXT, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  body BLOB NOT NULL, signature TEXT NOT NULL, stored_at REAL NOT NULL, tell_at REAL);
CREATE TABLE IF NOT EXISTS effect (      -- append only: what messages did here
  n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, message_id TEXT NOT NULL, subject TEXT NOT NULL,
  sequence INTEGER NOT NULL, what TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS timer (n INTEGER PRIMARY KEY, due REAL NOT NULL, subject TEXT NOT NULL, deed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS memo (subject TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Ledger:
    """Books in a file; None keeps them in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._books: Books | None = None

    async def open(self) -> None:
        """Open or make the file, readable by its owner only."""
        await self._in_thread(self._open)

    def _open(self) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._books = sqlite3.connect(str(self._path or ":memory:"), isolation_level=None, check_same_thread=False)
        self._books.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            self._books.execute(f"PRAGMA {pragma}")
        self._books.executescript(SCHEMA)
        if "told_at" not in {row["name"] for row in self._books.execute("PRAGMA table_info(said)")}:
            self._books.execute("ALTER TABLE said ADD COLUMN told_at REAL")  # books of an earlier version

    async def do(self, work: Callable[[Books], T]) -> T:
        """Run `work(books)` as one transaction: all of it is durable when this returns, or none of it happened."""
        return await self._in_thread(lambda: self._transact(work))

    def _transact(self, work: Callable[[Books], T]) -> T:
        books = self._opened()
        books.execute("BEGIN IMMEDIATE")
        try:
            result = work(books)
        except BaseException:
            books.execute("ROLLBACK")
            raise
        books.execute("COMMIT")
        return result

    async def dump(self, target: Path) -> None:
        """A backup as of now."""
        await self._in_thread(lambda: self._copy(self._opened(), target, out=True))

    async def restore(self, source: Path) -> None:
        """Go back to a backup: everything since is forgotten."""
        await self._in_thread(lambda: self._copy(self._opened(), source, out=False))

    def _copy(self, books: Books, path: Path, *, out: bool) -> None:
        other = sqlite3.connect(str(path))
        try:
            if out:
                books.backup(other)
            else:
                other.backup(books)
        finally:
            other.close()

    async def effects(self) -> list[tuple[str, str, int, str]]:
        """Every effect since the beginning: (message id, subject, sequence, what), in the order in which they came."""
        query = "SELECT message_id, subject, sequence, what FROM effect ORDER BY n"
        return [tuple(row) for row in await self.do(lambda books: books.execute(query).fetchall())]

    async def close(self) -> None:
        """Close the file; what was begun is finished first."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    def _close(self) -> None:
        if self._books is not None:
            self._books.close()
            self._books = None

    def _opened(self) -> Books:
        if self._books is None:
            raise RuntimeError("the ledger is not open")
        return self._books

    async def _in_thread(self, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()  # so that log lines say whose books these are
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: context.run(work))
