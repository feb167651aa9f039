"""Serving: doors and loops of one process, opened in order and closed in reverse."""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from gateway import app, logs
from gateway.backup.putting_back import UNFINISHED
from gateway.database import is_shared
from gateway.resources import Resources, built
from gateway.settings import BadSetting, Settings
from gateway.worker import Worker
from messaging import faults

STOP_WITHIN = 5.0  # seconds that open requests get at shutdown
OWN_ONLY = 0o077  # what personal data at rest denies to others: everything


@asynccontextmanager
async def running(
    settings: Settings, *, host: str, port: int, loops: bool, doors: bool = True, shared_port: bool = False
) -> AsyncIterator[Resources]:
    """The doors open and, unless told otherwise, the loops running; `shared_port`: other processes open it too.

    Raises BadSetting when another process uses the same data folder with SQLite.
    """
    logs.set_up(settings.log_level)
    if settings.faults:
        faults.arm(settings.faults)
    with _alone(settings):
        async with built(settings) as parts:
            worker = Worker(parts, loops=loops)
            try:
                async with _doors(parts, worker, host, port, shared_port) if doors else _none():
                    await worker.start()
                    yield parts
            finally:
                await worker.stop()


@asynccontextmanager
async def _doors(parts: Resources, worker: Worker, host: str, port: int, shared_port: bool) -> AsyncIterator[None]:
    application = app.build(parts, lambda: worker.healthy, lambda: worker.states)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_WITHIN, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_port=shared_port or None).start()
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _none() -> AsyncIterator[None]:
    yield


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One process to a data folder with SQLite; PostgreSQL keeps several apart by itself."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (unfinished := settings.data / UNFINISHED).exists():
        raise BadSetting(f"TONGBAN_DATA：恢复没有做完（{unfinished}），请清空后重新恢复 (a restore was not finished)")
    if is_shared(settings.database_url):
        yield
        return
    with (settings.data / "in-use.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadSetting(
                f"TONGBAN_DATA：{settings.data} 正由另一个进程使用 (another process uses this folder)"
            ) from None
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def serve(settings: Settings, *, host: str, port: int, loops: bool, shared_port: bool = False) -> None:
    """`serve`: until SIGINT or SIGTERM, which may come while it still starts."""
    told = listening()
    async with running(settings, host=host, port=port, loops=loops, shared_port=shared_port):
        await told.wait()


async def work(settings: Settings) -> None:
    """`work`: the loops without doors, until SIGINT or SIGTERM, which may come while it still starts."""
    told = listening()
    async with running(settings, host="", port=0, loops=True, doors=False):
        await told.wait()


def listening() -> asyncio.Event:
    """From now on SIGINT and SIGTERM set this, and do nothing else."""
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    return told


async def until_told() -> None:
    """Wait for SIGINT or SIGTERM."""
    await listening().wait()


def private_files() -> None:
    """Files that this process makes are readable by its own account only."""
    os.umask(OWN_ONLY)
