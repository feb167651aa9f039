"""Serving: doors and loops of one process, opened in order and closed in reverse."""

import asyncio
import fcntl
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import web

from gateway import app, logs
from gateway.resources import Resources, built
from gateway.settings import BadSetting, Settings
from gateway.worker import Worker
from messaging import faults

STOP_WITHIN = 5.0  # seconds that open requests get at shutdown
OWN_ONLY = 0o077  # what personal data at rest denies to others: everything


@asynccontextmanager
async def running(settings: Settings, *, host: str, port: int, loops: bool) -> AsyncIterator[Resources]:
    """The doors open and, unless told otherwise, the loops running.

    Raises BadSetting when another process uses the same data folder on the embedded bus.
    """
    logs.set_up(settings.log_level)
    if settings.faults:
        faults.arm(settings.faults)
    with _alone(settings.data):
        async with built(settings) as parts:
            worker = Worker(parts) if loops else None
            application = app.build(parts, None if worker is None else lambda: worker.healthy)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_WITHIN, handle_signals=False)
            await runner.setup()
            try:
                await web.TCPSite(runner, host, port).start()
                if worker is not None:
                    await worker.start()
                yield parts
            finally:
                try:
                    await runner.cleanup()
                finally:
                    if worker is not None:
                        await worker.stop()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One process to a data folder: the embedded bus lives in memory beside the tables."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "in-use.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadSetting(f"TONGBAN_DATA：{data} 正由另一个进程使用 (another process uses this folder)") from None
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def serve(settings: Settings, *, host: str, port: int, loops: bool) -> None:
    """`serve`: until SIGINT or SIGTERM."""
    async with running(settings, host=host, port=port, loops=loops):
        await until_told()


async def until_told() -> None:
    """Wait for SIGINT or SIGTERM."""
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    await told.wait()


def private_files() -> None:
    """Files that this process makes are readable by its own account only."""
    os.umask(OWN_ONLY)
