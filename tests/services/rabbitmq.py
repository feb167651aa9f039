"""A RabbitMQ node for tests: a folder, ports, a node name and a port mapper of its own; it is ended by process id."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BIN = Path("/usr/lib/rabbitmq/bin")
TRIES = 3  # starts
ADMIN, PASSWORD = "guest", "guest"  # of a node that listens on loopback alone
CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {admin_port}
log.console = false
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 200MB
"""


class Broker:
    """One node. `url` is what a gateway is told, without a virtual host; `admin_url` its management interface."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tongban-broker-"))
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"amqp://gateway:gateway-secret@127.0.0.1:{self.port}"
        self.admin_url = f"http://{ADMIN}:{PASSWORD}@127.0.0.1:{self.admin_port}"
        self._account = ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups"] if _root() else []
        self._env = self._environment(free_port(), free_port())
        self._furnish()

    def _environment(self, dist_port: int, mapper_port: int) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"tongban{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_DIST_PORT": str(dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
        }

    def _furnish(self) -> None:
        for name in ("mnesia", "log"):
            (self.folder / name).mkdir()
        config = CONFIG.format(port=self.port, admin_port=self.admin_port)
        (self.folder / "rabbitmq.conf").write_text(config, encoding="utf-8")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n", encoding="utf-8")
        if _root():
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, "rabbitmq", "rabbitmq")

    def start(self) -> None:
        """Usable when this returns; it may be started again after `stop` and `kill`, and is left alone while it runs."""
        if self.lives:
            return
        for _ in range(TRIES):
            subprocess.run([*self._account, str(BIN / "rabbitmq-server"), "-detached"], **self._how(), check=True)
            if self._started():
                return
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
                self.kill()  # a port that was free may have been taken since, by a connection that is soon gone
        raise AssertionError("the broker did not start: " + self.log()[-2000:].decode(errors="replace"))

    def _started(self) -> bool:
        """Within a minute; False when it does not, or is dead."""
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            with contextlib.suppress(subprocess.SubprocessError):
                self.ctl("await_startup", "--timeout", "60")
                self._run("rabbitmq-diagnostics", "check_virtual_hosts")  # they come a little after the node
                return True
            if time.monotonic() - begun > 20 and not self.lives:
                return False
            time.sleep(0.3)
        return False

    def ctl(self, *words: str) -> str:
        """One command of rabbitmqctl; its output."""
        return self._run("rabbitmqctl", *words)

    def _run(self, program: str, *words: str) -> str:
        command = [*self._account, str(BIN / program), "-q", *words]
        done = subprocess.run(command, **self._how(), check=True, capture_output=True, text=True, timeout=90)
        return str(done.stdout)

    @property
    def lives(self) -> bool:
        """Is there a process, whatever it is able to do?"""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return _lives(self._pid())
        return False

    def stop(self) -> None:
        """As an administrator would: it closes what is open."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: nothing is closed, nothing is written."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """The process stands still; its sockets stay open."""
        os.kill(self._pid(), signal.SIGSTOP)

    def go_on(self) -> None:
        """After `pause`; nothing to one that is not paused, or is dead."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            os.kill(self._pid(), signal.SIGCONT)

    def log(self) -> bytes:
        """Everything that it wrote down for its operator."""
        return b"".join(path.read_bytes() for path in sorted((self.folder / "log").glob("*.log")))

    def close(self) -> None:
        """End the node and its port mapper, and remove its folder."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            self.kill()
        self._end_mapper()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_mapper(self) -> None:
        """It refuses while it still believes in the node, and leaves soon after."""
        for _ in range(50):
            done = subprocess.run(["epmd", "-kill"], **self._how(), check=False, capture_output=True, text=True)
            if "Killed" in done.stdout or "Cannot connect" in done.stdout + done.stderr:
                return
            time.sleep(0.1)

    def _end(self, how: signal.Signals) -> None:
        pid = self._pid()
        os.kill(pid, how)
        deadline = time.monotonic() + 30
        while _lives(pid):
            if time.monotonic() > deadline:
                raise AssertionError(f"the broker, process {pid}, does not end")
            time.sleep(0.05)

    def _pid(self) -> int:
        return int((self.folder / "pid").read_text())

    def _how(self) -> Any:
        return {"env": self._env, "cwd": self.folder}


def _root() -> bool:
    return os.geteuid() == 0


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def made() -> Broker:
    """A node that is not started; the test fails in one sentence where there is no program for it."""
    if not (BIN / "rabbitmq-server").exists():
        pytest.fail("RabbitMQ is not installed: apt-get install --no-install-recommends rabbitmq-server")
    return Broker()


@contextmanager
def running() -> Iterator[Broker]:
    """A started node of one's own, gone afterwards."""
    broker = made()
    try:
        broker.start()
        yield broker
    finally:
        broker.close()
