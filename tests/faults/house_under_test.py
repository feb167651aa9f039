"""A gateway as a real process over a data folder of its own, simulated counties beside it, and a keeper that restarts it.

Everything is on the loopback, and every process is ended by its own id.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.services import brokers, databases, stack
from tests.services.cluster import Cluster
from tests.services.postgres import Server
from tests.services.rabbitmq import Broker

MAIN = Path(__file__).resolve().parents[2] / "main.py"
DEMO = Path(__file__).resolve().parents[1] / "services" / "demo.py"
COUNTIES = ("420683", "411330", "420882")
BY_AMQP = ("420683", "420882")  # of them, where there is a broker; the others poll
PACE = {"accept_after": 0.3, "decide_after": 0.8, "suspend_for": 0.4}
Look = Callable[[Path, str | None], None]
READY_WITHIN = 90.0  # seconds; two cores are shared with other tests


class Process:
    """One program of ours, its messages in a file."""

    def __init__(self, log: Path, *arguments: str, env: Mapping[str, str] | None = None, door: Path = MAIN) -> None:
        self.log, self._arguments, self._env, self._door = log, arguments, dict(env or {}), door
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(self._door), *self._arguments, stdout=log, stderr=log, env={**_plain(), **self._env}
            )

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "not started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def ended(self) -> int:
        return await self.process.wait()

    async def kill(self) -> None:
        """kill -9, if it still runs."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.ended()

    async def stop(self, within: float = 15.0) -> tuple[int, float]:
        """SIGTERM: (exit code, seconds that it took). TimeoutError, after a kill, when it does not end."""
        begun = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(within):
                code = await self.ended()
        except TimeoutError:
            await self.kill()
            raise
        return code, time.monotonic() - begun


def _plain() -> dict[str, str]:
    """Our environment without the settings of a house."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


async def furnish(data: Path, database: str | None = None, within: float = READY_WITHIN) -> None:
    """A data folder as `demo` makes it: sample lists, people, programs, partners with their keys. Nothing runs after.

    `database`: the address of an empty PostgreSQL database, when it is not to be SQLite.
    """
    arguments = ("demo", "--simulate", "none", "--port", str(free_port()), "--data", str(data))
    there = {"env": {"DEMO_DATABASE_URL": database}, "door": DEMO} if database else {}
    demo = Process(data.with_suffix(".log"), *arguments, **there)  # type: ignore[arg-type]
    await demo.start()
    try:
        async with asyncio.timeout(within):
            while not (data / "demo.json").exists():
                assert demo.alive, demo.log.read_text()
                await asyncio.sleep(0.05)
        code, _ = await demo.stop()
        assert code in {0, -signal.SIGTERM}, demo.log.read_text()  # told before it had learned to listen: it is done
    finally:
        await demo.kill()


class House:
    """A gateway under test and the counties that it speaks with. Use as `async with`."""

    def __init__(
        self,
        folder: Path,
        furnished: Path,
        data: Path | None = None,
        server: Server | None = None,
        broker: Broker | Cluster | None = None,
        by_amqp: Collection[str] = BY_AMQP,
    ) -> None:
        """`data`: where the gateway keeps its things, when it is not to be a folder inside `folder`.

        `server`: holds the furnished database under that folder's name; it is copied. `broker`: an empty one that is
        this house's alone; on the real stack one is lent when none is given. `by_amqp`: counties that read their queue.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.data = folder, data or folder / "data"
        shutil.copytree(furnished, self.data, dirs_exist_ok=True)
        self.told: dict[str, Any] = json.loads((self.data / "demo.json").read_text(encoding="utf-8"))
        self.server = server or (databases.server() if stack.ON_POSTGRES else None)
        self.database = _copied(self.server, furnished) if self.server else None
        self.database_url = self.database  # where the gateway finds it; may be led over another line before `start`
        self.broker: Broker | Cluster | None = broker
        self._borrowed = False
        self.bus_url: str | None = (
            None  # where the gateway finds its broker; may be led over another line before `start`
        )
        self.county_nodes: str | None = None  # `host:port,…` where counties find it, if not at its own address
        self.amqp: dict[str, str] = dict.fromkeys(by_amqp, "")  # county -> password of its user on the broker
        self.serve = ["serve"]  # how the gateway is called; `--workers 3` and the like are added here
        self.door, self.county_door = MAIN, MAIN  # the programs that are the gateway and its counties
        self.outside: dict[str, str] = {}  # what else their environment holds
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "gateway.log"
        self.gateway: Process | None = None
        self.counties: dict[str, Process] = {}
        self.others: list[Process] = []

    async def __aenter__(self) -> "House":
        if self.broker is None and stack.ON_RABBITMQ:
            self.broker, self._borrowed = await asyncio.to_thread(brokers.lent), True
        if self.broker is None:
            self.amqp = {}
        else:
            await self._lay_out(self.broker)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in (*self.counties.values(), *self.others, *([self.gateway] if self.gateway else [])):
            await process.kill()
        if isinstance(self.broker, Broker) and self._borrowed:
            brokers.given_back(self.broker)

    async def _lay_out(self, broker: Broker | Cluster) -> None:
        """What an operator does: partners are joined by AMQP, and `topology` prepares the broker for all of them."""
        assert self.server is not None, "RabbitMQ goes with PostgreSQL"
        assert self.database is not None
        codes = ", ".join(f"'{code}'" for code in self.amqp)
        by_queue = f"UPDATE partner SET connection = 'amqp' WHERE code IN ({codes or 'NULL'})"  # noqa: S608
        await asyncio.to_thread(self.server.sql, by_queue, database=self.database.rpartition("/")[2])
        self.bus_url = broker.url
        code, out = await self._run("topology")
        assert code == 0, out
        passwords = dict(line.split("\t") for line in out.splitlines())
        self.amqp = {code: passwords[f"partner-{code}"] for code in self.amqp}

    def client(self, jurisdiction: str) -> dict[str, Any]:
        """`{"client_id","client_secret",…}` of a county's program."""
        return dict(next(one for one in self.told["clients"] if one["jurisdiction"] == jurisdiction))

    async def start(self, faults: str | None = None) -> bool:
        """Open; True once /readyz is 200, False when it died before."""
        env = self.env | self.outside | ({} if faults is None else {"TONGBAN_FAULTS": faults})
        self.gateway = Process(self.log, *self.serve, "--port", str(self.port), env=env, door=self.door)
        await self.gateway.start()
        async with asyncio.timeout(READY_WITHIN):
            while not await self.ready():
                if not self.gateway.alive:
                    return False
                await asyncio.sleep(0.05)
        return True

    async def beside(self, *arguments: str) -> Process:
        """Another process of this house: a second door, loops of their own. It is stopped with the house."""
        process = Process(self.folder / f"beside-{len(self.others)}.log", *arguments, env=self.env)
        await process.start()
        self.others.append(process)
        return process

    async def another_door(self) -> str:
        """The address of a second `serve` without loops, once it answers."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        door = await self.beside("serve", "--no-loops", "--port", str(port))
        async with asyncio.timeout(READY_WITHIN):
            while not await is_ready(url):
                assert door.alive, door.log.read_text()
                await asyncio.sleep(0.05)
        return url

    @property
    def env(self) -> dict[str, str]:
        """The settings of this house."""
        there = {"TONGBAN_DATABASE_URL": self.database_url} if self.database_url else {}
        if self.broker is not None and self.bus_url is not None:
            there |= {"TONGBAN_BUS_URL": self.bus_url, "TONGBAN_BUS_ADMIN_URL": self.broker.admin_url}
        return {
            "TONGBAN_DATA": str(self.data), "TONGBAN_PUBLIC_URL": self.url, "TONGBAN_LOG_LEVEL": "WARNING", **there,
        }  # fmt: skip

    async def command(self, *arguments: str) -> tuple[int, Any]:
        """A command of the house beside the running gateway: (exit code, its JSON)."""
        code, out = await self._run(*arguments, "--json")
        return code, json.loads(out)

    async def _run(self, *arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(self.door), *arguments, env={**_plain(), **self.env, **self.outside},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert out or process.returncode == 0, err.decode()
        return process.returncode or 0, out.decode()

    async def carry_out(self, *arguments: str) -> int:
        """A command of the house that tells people, not programs: its exit code; what it says stands in the log."""
        process = Process(self.log, *arguments, env=self.env)
        await process.start()
        return await process.ended()

    def lose(self) -> None:
        """The disk is gone, and a new one comes: only the keys, which were kept elsewhere, are left."""
        for path in self.data.iterdir():
            if path.name not in {"keys", "partners", "demo.json"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if self.database is not None and self.server is not None:
            name = f"house_{secrets.token_hex(6)}"
            self.server.sql(f"CREATE DATABASE {name}")
            self.database = self.database_url = self.server.url(name)

    async def ready(self) -> bool:
        """Is /readyz 200?"""
        return await is_ready(self.url)

    @property
    def running(self) -> Process:
        assert self.gateway is not None, "not started"
        return self.gateway

    def said(self) -> str:
        """The gateway's last messages."""
        return self.log.read_text(encoding="utf-8")[-3000:]

    def by_queue(self, code: str) -> dict[str, str] | None:
        """Where a county reads and publishes that is joined by AMQP; None for the others."""
        if code not in self.amqp or self.broker is None:
            return None
        user, nodes = f"partner-{code}", self.county_nodes or self.broker.url.rpartition("@")[2]
        return {"url": f"amqp://{user}:{self.amqp[code]}@{nodes}", "vhost": user}

    def ledger(self, code: str) -> Path:
        """A county's books."""
        return self.folder / code / f"{code}.sqlite3"

    async def start_counties(
        self, *codes: str, knobs: Mapping[str, Any] | None = None, url: str | None = None, **pace: float
    ) -> None:
        """Simulated counties, one program for all of them; `url`: where they find the gateway, if not at its own door."""
        configs = {code: self._config(code, url or self.url, knobs or {}, {**PACE, **pace}) for code in codes}
        path = self.folder / f"counties-{codes[0]}.json"
        path.write_text(json.dumps({"partners": configs}), encoding="utf-8")
        told = ("simulate", "--partner", "all", "--config", str(path))
        counties = Process(path.with_suffix(".log"), *told, env=self.outside, door=self.county_door)
        await counties.start()
        self.counties |= dict.fromkeys(codes, counties)
        async with asyncio.timeout(READY_WITHIN):
            while True:
                if all(_has_books(self.ledger(code)) for code in codes):
                    return
                await asyncio.sleep(0.05)

    def _config(self, code: str, url: str, knobs: Mapping[str, Any], pace: Mapping[str, float]) -> dict[str, Any]:
        client = self.client(code)
        key = self.data / "partners" / f"{code}.jwk.json"
        return {
            "url": url,
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "signing_key_file": str(key),
            "state_dir": str(self.folder / code),
            "gateway": self.told["home"],
            "knobs": dict(knobs),
            **({"amqp": self.by_queue(code)} if self.by_queue(code) else {}),
            **pace,
        }


async def is_ready(url: str) -> bool:
    """Does a door say that it is ready?"""
    timeout = aiohttp.ClientTimeout(total=5)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url + "/readyz") as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def database_name(furnished: Path) -> str:
    """What the database of a furnished folder is called on its server."""
    return f"furnished_{hashlib.sha256(str(furnished).encode()).hexdigest()[:12]}"


def _copied(server: Server, furnished: Path) -> str:
    name = f"house_{secrets.token_hex(6)}"
    server.sql(f"CREATE DATABASE {name} TEMPLATE {database_name(furnished)}")
    return server.url(name)


def _has_books(ledger: Path) -> bool:
    """Has the county opened its books? The table is the last one that it makes."""
    if not ledger.exists():
        return False
    with contextlib.closing(sqlite3.connect(ledger)) as books:
        return books.execute("SELECT 1 FROM sqlite_master WHERE name = 'memo'").fetchone() is not None


class Keeper:
    """Starts the gateway again whenever it dies, as a service manager would, each time with the next fault of a plan."""

    def __init__(self, house: House, plan: Sequence[str], look: Look, patience: float = 25.0) -> None:
        """`plan`: values of TONGBAN_FAULTS. A fault that does not fire within `patience` seconds gives way to the next.

        `look(data, database)` judges what each death left behind.
        """
        self._house, self._plan, self._look, self._patience = house, plan, look, patience
        self.fired: list[str] = []

    async def keep(self) -> None:
        """Until the plan is through; then the gateway runs without faults."""
        for faults in self._plan:
            await self._house.start(faults)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await self._house.running.ended()
            if self._house.running.alive:
                await self._house.running.kill()
            else:
                self.fired.append(self._last_words())
            await asyncio.to_thread(self._look_at_what_is_left)
        assert await self._house.start(), self._house.said()

    def _look_at_what_is_left(self) -> None:
        """At a copy of an SQLite file: the file itself is left for the gateway to recover."""
        if self._house.database is not None:
            self._look(self._house.data, self._house.database)
            return
        copy = self._house.folder / "as-it-died"
        copy.mkdir(exist_ok=True)
        for path in self._house.data.glob("tongban.sqlite3*"):
            shutil.copy(path, copy)
        shutil.copytree(self._house.data / "keys", copy / "keys", dirs_exist_ok=True)
        self._look(copy, None)
        shutil.rmtree(copy)

    def _last_words(self) -> str:
        """The point at which it died, by its own last line."""
        line = self._house.log.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]
        assert line.startswith("fault "), f"it ended otherwise than by a fault: {line}"
        return line.removeprefix("fault ")
