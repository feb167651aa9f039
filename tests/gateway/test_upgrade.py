"""An upgrade only adds: tables with rows in them take every migration, and the release before goes on writing into them."""

import importlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations
from tortoise.migrations.operations import Operation

from gateway import database
from tests.services import stack

RELEASED = "0003_several_processes"  # the last migration of the release before
FOLDER = Path(database.__file__).parent / "migrations"
LATER = [path.stem for path in sorted(FOLDER.glob("0*.py")) if path.stem > RELEASED]
TAKES_AWAY = ("Remove", "Delete", "Rename")
pytestmark = pytest.mark.skipif(stack.ON_POSTGRES, reason="the tables are written here as SQLite has them")


def operations(name: str) -> list[Operation]:
    return list(importlib.import_module(f"gateway.migrations.{name}").Migration.operations)


@pytest.mark.parametrize("name", LATER)
def test_a_migration_adds_and_takes_nothing_away(name: str) -> None:
    kinds = [type(one).__name__ for one in operations(name)]
    assert kinds
    assert not [kind for kind in kinds if kind.startswith(TAKES_AWAY)]


async def test_tables_with_rows_take_every_migration_and_the_release_before_goes_on_writing(tmp_path: Path) -> None:
    file = tmp_path / "tongban.sqlite3"
    config = database.config(f"sqlite://{file}")
    await _migrate(config, target=f"tongban.{RELEASED}")
    before = _tables(file)
    assert {"case_leg", "post_outgoing", "audit_line", "map_list_version", "partner"} <= before.keys()
    for turn in (1, 2):
        _fill(file, before, turn)
        if turn == 1:
            await _migrate(config)
    after = _tables(file)
    lost = {table: set(columns) - set(after[table]) for table, columns in before.items()}
    assert not any(lost.values()), lost
    with sqlite3.connect(file) as connection:
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in before}  # noqa: S608
    assert set(counts.values()) == {2}


async def _migrate(config: dict[str, Any], target: str | None = None) -> None:
    try:
        await run_migrations(config=config, target=target)
    finally:
        await Tortoise.close_connections()


def _tables(file: Path) -> dict[str, dict[str, str]]:
    """Table -> column -> type, of the product's own tables."""
    with sqlite3.connect(file) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        mine = sorted(name for (name,) in names if name.split("_")[0] in PREFIXES)
        return {
            name: {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({name})").fetchall()}
            for name in mine
        }


PREFIXES = {"case", "post", "map", "audit", "auth", "file", "partner", "attachment", "attachments"}


def _fill(file: Path, tables: dict[str, dict[str, str]], turn: int) -> None:
    """A row in each table, as the release before would write it: only the columns that it knows."""
    with sqlite3.connect(file) as connection:
        for table, columns in tables.items():
            names = ", ".join(f'"{name}"' for name in columns)
            values = [_value(kind, turn) for kind in columns.values()]
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


def _value(kind: str, turn: int) -> Any:
    if kind.startswith(("VARCHAR", "TEXT", "CHAR")):
        return str(turn)
    if kind.startswith("BLOB"):
        return bytes([turn])
    if kind.startswith("JSON"):
        return "[]"
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"2026-11-2{turn}"
    return turn
