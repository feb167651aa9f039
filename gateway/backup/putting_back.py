"""`restore`: an installation from a backup, into an empty place, with the keys that it was made under."""

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from gateway import database, postgresql
from gateway.backup import afterwards, archive, dumps, taking
from gateway.settings import Settings

STAGE = "restoring"
UNFINISHED = "restore-unfinished"  # a file in the data folder: nothing may serve from it


class NotEmpty(Exception):
    """There is an installation in this place already; the text says where."""


class WrongKeys(Exception):
    """The keys of this place are not those of the backup; the text says which."""


def put_back(settings: Settings, source: Path) -> archive.Contents:
    """Check everything, lay it down, bring the tables up to date, and write down that it is a restored one.

    Raises BadBackup, WrongKeys, NotEmpty, CannotDump, OSError; then nothing was changed, or, when PostgreSQL already had
    its tables, nothing can be served.
    """
    contents = archive.check(source, settings.index_key)
    _fits(settings, contents)
    _refuse_unless_empty(settings)
    stage = settings.data / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    try:
        archive.extract(source, stage / archive.DATABASE, stage / "files")
        if contents.kind == dumps.SQLITE:
            _as_file(settings, contents, stage)
        else:
            _into_server(settings, contents, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return contents


def _fits(settings: Settings, contents: archive.Contents) -> None:
    manifest = contents.manifest
    if manifest["home"] != settings.home:
        raise WrongKeys(f"TONGBAN_HOME：备份属于 {manifest['home']}，这里是 {settings.home} (another county's backup)")
    ours = taking.names(settings)
    for name, setting in (("sealing", "SEALING_KEY"), ("index", "INDEX_KEY"), ("thumbprint", "SIGNING_KEY")):
        if manifest["keys"][name] != ours[name]:
            raise WrongKeys(f"TONGBAN_{setting}：不是备份时的密钥 (not the key that the backup was made under)")
    if contents.kind != dumps.kind(settings.database_url):
        raise WrongKeys(f"TONGBAN_DATABASE_URL：备份来自 {contents.kind} (made from another kind of database)")
    if datetime.fromisoformat(manifest["at"]) > datetime.now(UTC):
        raise WrongKeys(f"本机的时钟比备份的时间（{manifest['at']}）还早，请先校准 (the clock is behind the backup)")


def _refuse_unless_empty(settings: Settings) -> None:
    files = settings.data / archive.ATTACHMENTS
    if files.is_dir() and any(path.is_file() for path in files.rglob("*")):
        raise NotEmpty(f"{files} 里已有附件 (there are attachments already)")
    if not database.is_shared(settings.database_url):
        if (path := dumps.file_of(settings.database_url)).exists():
            raise NotEmpty(f"{path} 已有数据库 (there is a database already)")
    elif tables := asyncio.run(_tables(settings.database_url)):
        raise NotEmpty(f"TONGBAN_DATABASE_URL：库里已有 {tables} 张表，请给一个空库 (the database is not empty)")


async def _tables(url: str) -> int:
    try:
        line = await postgresql.connect(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise database.Unreachable(f"{type(error).__name__}: {error}") from None
    try:
        return int(await line.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"))
    finally:
        await line.close(timeout=1.0)


def _as_file(settings: Settings, contents: archive.Contents, stage: Path) -> None:
    """Everything is finished beside, and gets its place in one step."""
    staged = replace(settings, database_url=f"sqlite://{stage / archive.DATABASE}")
    asyncio.run(_finish(staged, contents))
    _move_files(settings, stage)
    target = dumps.file_of(settings.database_url)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.replace(stage / archive.DATABASE, target)


def _into_server(settings: Settings, contents: archive.Contents, stage: Path) -> None:
    unfinished = settings.data / UNFINISHED
    unfinished.touch(mode=0o600)
    _move_files(settings, stage)
    dumps.load(settings.database_url, stage / archive.DATABASE)
    asyncio.run(_finish(settings, contents))
    unfinished.unlink()


def _move_files(settings: Settings, stage: Path) -> None:
    files = settings.data / archive.ATTACHMENTS
    shutil.rmtree(files, ignore_errors=True)
    if (stage / "files").is_dir():
        os.replace(stage / "files", files)


async def _finish(settings: Settings, contents: archive.Contents) -> None:
    await database.migrate(settings)
    async with database.opened(settings):
        await afterwards.write_down(settings, contents, datetime.now(UTC))
