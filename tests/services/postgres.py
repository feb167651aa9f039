"""PostgreSQL servers of one's own: in a new folder, on a free port, started and stopped by their process id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # for tests that pull no plug


def programs() -> Path:
    """The folder of initdb and postgres; the test fails in one sentence where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if not found:
        pytest.fail("PostgreSQL is missing: make test-packages brings it (Debian and Ubuntu: postgresql)")
    return found[0]


class Server:
    """One server; `stop`, `kill` and `start` are what an operator, a power cut and a restart do."""

    def __init__(self, *options: str) -> None:
        self._as: tuple[str, ...] = AS_POSTGRES if os.getuid() == 0 else ()
        self.folder = Path(tempfile.mkdtemp(prefix="tongban-pg-"))
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8",
                  "--locale=C.UTF-8")  # fmt: skip
        self.start()

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Returns when it takes connections."""
        options = ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *self._options)
        arguments = ["-D", str(self.folder / "data"), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._as,
                    str(programs() / "postgres"),
                    *arguments,
                    *(part for one in options for part in ("-c", one)),
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        until = time.monotonic() + 30
        while subprocess.run(
            [str(programs() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        ).returncode:
            if time.monotonic() > until or self._process.poll() is not None:
                raise AssertionError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self, how: str = "fast") -> None:
        """`fast` ends sessions in order, `immediate` does not."""
        self._end({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])

    def kill(self) -> None:
        """kill -9 of the postmaster; its children notice by themselves."""
        self._end(signal.SIGKILL)
        time.sleep(0.3)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        """Stop it and remove its folder."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """What psql says, one row a line."""
        given = [part for one in statements for part in ("-c", one)]
        command = [str(programs() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database)]
        return subprocess.run([*command, *given], capture_output=True, text=True, check=True).stdout.strip()

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(programs() / name), *arguments], cwd=self.folder, check=True, capture_output=True
        )


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
