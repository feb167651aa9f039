"""A program of the bench in a process of its own: started, watched by its CPU and memory, ended by its id."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
READY_WITHIN = 120.0  # seconds; everything may be slow on a machine that does much else


class Program:
    """One running process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process, self.log = process, log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def cpu(self) -> float:
        """Seconds of CPU that it has used, user and system, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> int:
        """Bytes of it in memory (resident)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE

    async def end(self) -> None:
        """SIGTERM, and after a while SIGKILL."""
        if not self.alive:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(20):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def program(
    log: Path, *arguments: str, env: Mapping[str, str] | None = None, port: int | None = None
) -> AsyncIterator[Program]:
    """`python ARGUMENTS`, its messages in a file; ready when `port`, if there is one, takes connections."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=out, stderr=out, cwd=ROOT, env={**plain, **(env or {})},
            start_new_session=True,
        )  # fmt: skip
    running = Program(process, log)
    try:
        if port is not None:
            await _open(running, port)
        yield running
    finally:
        await running.end()


async def _open(running: Program, port: int) -> None:
    async with asyncio.timeout(READY_WITHIN):
        while True:
            assert running.alive, running.log.read_text(encoding="utf-8")[-3000:]
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
