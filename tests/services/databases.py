"""The database of each data folder: an SQLite file in it, or a database of the one PostgreSQL server of this process."""

import atexit
import secrets
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from gateway import database
from tests.services import stack
from tests.services.postgres import QUICK, Server

ADDRESS = "database.url"  # in a data folder: the address of its database
KEPT = 6  # databases of finished tests that are left for a look
_made: list[str] = []


@cache
def server() -> Server:
    """The server of this process, started when first asked for."""
    started = Server(*QUICK, "max_connections=400", "shared_buffers=32MB", "autovacuum=off")
    atexit.register(started.close)
    return started


def url(folder: Path, like: str | None = None) -> str:
    """The address of a new database for this folder, empty or a copy of another one."""
    if not stack.ON_POSTGRES:
        return f"sqlite://{folder / 'tongban.sqlite3'}"
    name = f"test_{secrets.token_hex(6)}"
    while len(_made) > KEPT:
        server().sql(f"DROP DATABASE {_made.pop(0)} WITH (FORCE)")
    server().sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
    _made.append(name)
    return server().url(name)


def environment(folder: Path) -> dict[str, str]:
    """The settings that lead to a data folder's database; it is made when there is none."""
    if not stack.ON_POSTGRES:
        return {}
    address = folder / ADDRESS
    if not address.exists():
        folder.mkdir(parents=True, exist_ok=True)
        address.write_text(url(folder))
    return {"TONGBAN_DATABASE_URL": address.read_text()}


def kept(folder: Path) -> None:
    """This folder's database is a pattern for others and stays."""
    if stack.ON_POSTGRES:
        _made.remove(_name(folder))


def copied(pattern: Path, to: Path) -> Path:
    """A copy of a data folder, with its database."""
    shutil.copytree(pattern, to)
    if stack.ON_POSTGRES:
        (to / ADDRESS).write_text(url(to, like=_name(pattern)))
    return to


def config(folder: Path, models: list[str] | None = None) -> dict[str, Any]:
    """The ORM's configuration for a new database with all tables, or those of some modules."""
    given = database.config(url(folder))
    if models is not None:
        given["apps"]["tongban"]["models"] = models
    return given


def _name(folder: Path) -> str:
    return (folder / ADDRESS).read_text().rpartition("/")[2]
