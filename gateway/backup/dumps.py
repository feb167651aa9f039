"""A consistent copy of the database while the house works, and its way back: SQLite by its own copy, PostgreSQL by its tools."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from gateway import postgresql
from gateway.database import is_shared

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_DEBIAN = Path("/usr/lib/postgresql")


class CannotDump(Exception):
    """The database cannot be copied or put back; the text says why and what to do."""


def kind(url: str) -> str:
    """Which database the address names."""
    return POSTGRESQL if is_shared(url) else SQLITE


def file_of(url: str) -> Path:
    """The file of an SQLite address."""
    return Path(urlsplit(url).netloc + urlsplit(url).path)


def dump(url: str, target: Path) -> None:
    """All of one moment, into a file. Raises CannotDump."""
    if is_shared(url):
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    else:
        _copy(file_of(url), target)


def load(url: str, source: Path) -> None:
    """Put a copy back into an empty PostgreSQL database, all of it or nothing. Raises CannotDump."""
    flags = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _run("pg_restore", url, *flags, f"--dbname={_credential(url, 'database')}", str(source))


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise CannotDump(f"{source} 还没有数据库，请先执行 python main.py migrate (no database yet)")
    old, new = sqlite3.connect(source, timeout=30), sqlite3.connect(target)
    try:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    except sqlite3.Error as error:
        raise CannotDump(f"{source}：{error}") from None
    finally:
        new.close()
        old.close()


def _run(tool: str, url: str, *arguments: str) -> None:
    """The password goes by the environment: an argument can be read by every account of the machine."""
    program = _program(tool)
    if program is None:
        raise CannotDump(
            f"没有找到 {tool}：请安装 PostgreSQL 的客户端程序，Debian 是 apt-get install postgresql-client ({tool} is missing)"
        )
    done = subprocess.run(  # noqa: S603  # a program of PostgreSQL's own, no shell
        [program, *arguments], env={**os.environ, **_environment(url)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise CannotDump(f"{tool}：{said[-1] if said else done.returncode}")


def _program(tool: str) -> str | None:
    """On the path, or where Debian keeps those of the newest version."""
    homes = sorted(_DEBIAN.glob(f"*/bin/{tool}"), key=lambda path: int(path.parent.parent.name), reverse=True)
    return str(homes[0]) if homes else shutil.which(tool)


def _environment(url: str) -> dict[str, str]:
    given = {
        "PGHOST": _credential(url, "host"),
        "PGPORT": _credential(url, "port"),
        "PGUSER": _credential(url, "user"),
        "PGPASSWORD": _credential(url, "password"),
        "PGDATABASE": _credential(url, "database"),
        "PGCONNECT_TIMEOUT": "10",
    }
    return {name: value for name, value in given.items() if value} | postgresql.for_programs(url)


def _credential(url: str, name: str) -> str:
    value = postgresql.credentials(url)[name]
    return "" if value is None else str(value)
