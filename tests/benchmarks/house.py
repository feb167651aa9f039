"""The product under the bench: a furnished gateway in one process, on either stack, with a quick county on the other side."""

import asyncio
import itertools
import json
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from partners.keys import SigningKey
from tests.benchmarks.line import Line, Watch
from tests.benchmarks.process import READY_WITHIN, ROOT, Program, program
from tests.county import ZAOYANG, answers, filing
from tests.faults.house_under_test import furnish
from tests.services.postgres import Server, free_port
from tests.services.rabbitmq import Broker

NAMES = tuple(
    a + b
    for a in "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
    for b in ("伟", "芳", "娜", "秀英", "建国", "志强", "海燕", "小明")
)
RUN = secrets.token_hex(4)
_turns = itertools.count()


@dataclass
class Stack:
    """What a house stands on; without servers it is the embedded one."""

    name: str
    server: Server | None = None
    broker: Broker | None = None


@dataclass
class House:
    """A running gateway, and clerks' lines to it."""

    port: int
    gateway: Program
    told: dict[str, Any]
    data: Path
    database: str | None
    bearer: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    watch: Watch | None = None

    async def come_in(self, clerks: int) -> None:
        """Fresh tokens, a line for each clerk, and one watcher for all of them."""
        client = next(one for one in self.told["clients"] if one["jurisdiction"] == self.told["home"])
        self.bearer = {"Authorization": f"Bearer {await token(self.port, client)}"}
        self.leave()
        self.lines = [await Line(self.port, self.bearer).open() for _ in range(clerks)]
        self.watch = await Watch(self.port, "/api/v1/events", "DECIDED", self.bearer).open()

    def leave(self) -> None:
        for line in self.lines:
            line.close()
        if self.watch is not None:
            self.watch.close()

    async def file(self, place: int) -> str:
        """One case by this clerk; its number."""
        body, at = case(), turn()
        status, said = await self.lines[place].post_json("/api/v1/applications", body, Idempotency_Key=f"{RUN}-{at}")
        assert status == 201, (status, said[:500])
        return str(orjson.loads(said)["number"])

    async def shown(self, number: str) -> float:
        """When its result was visible to whoever watches."""
        assert self.watch is not None
        return await self.watch.shown(number)


def turn() -> int:
    """A number that was not given before in this run."""
    return next(_turns)


def case(**changes: Any) -> dict[str, Any]:
    """A body of POST applications, of the next of many people."""
    name = NAMES[turn() % len(NAMES)]
    document = answers()
    document = document | {"applicant": document["applicant"] | {"name": name}}
    return filing(answers=document, **changes)


async def token(port: int, client: Mapping[str, str]) -> str:
    """An access token of a program."""
    line = await Line(port).open()
    form = f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    status, said = await line.ask("POST", "/api/v1/token", form.encode(), **kind)
    line.close()
    assert status == 200, said
    return str(orjson.loads(said)["access_token"])


async def furnished(folder: Path, stack: Stack) -> tuple[Path, str | None]:
    """(data folder, address of its database) of a new house with lists, people, programs and partners."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # nothing else runs yet
    database = None
    if stack.server is not None:
        name = f"house_{secrets.token_hex(6)}"
        stack.server.sql(f"CREATE DATABASE {name}")
        database = stack.server.url(name)
    await furnish(folder / "data", database, within=READY_WITHIN)
    return folder / "data", database


@asynccontextmanager
async def running(
    folder: Path, stack: Stack, *, delays: Mapping[str, float] | None = None, clerks: int = 64, **more: str
) -> AsyncIterator[House]:
    """A house at work. `delays`: seconds before each county answers; only these counties are there. `more`: settings."""
    delays = {ZAOYANG: 0.0} if delays is None else delays
    data, database = await furnished(folder, stack)
    port = free_port()
    env = {"TONGBAN_DATA": str(data), "TONGBAN_PUBLIC_URL": f"http://127.0.0.1:{port}", "TONGBAN_LOG_LEVEL": "WARNING"}
    env |= {"TONGBAN_DATABASE_URL": database} if database else {}
    env |= {f"TONGBAN_{name}": value for name, value in more.items()}
    if stack.broker is not None:
        env |= {"TONGBAN_BUS_URL": stack.broker.url, "TONGBAN_BUS_ADMIN_URL": stack.broker.admin_url}
    told = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    configs = {code: await _county(data, env, told, port, code, delay) for code, delay in delays.items()}
    if stack.broker is not None:
        await _command(env, "topology")
    async with AsyncExitStack() as open_:
        log = folder / "gateway.log"
        gateway = await open_.enter_async_context(
            program(log, "main.py", "serve", "--port", str(port), env=env, port=port)
        )
        house = House(port, gateway, told, data, database)
        open_.callback(house.leave)
        for code, config in configs.items():
            path = folder / f"{code}.json"
            path.write_text(json.dumps(config), encoding="utf-8")
            arguments = ("-m", "tests.benchmarks.partner", str(path))
            await open_.enter_async_context(program(folder / f"{code}.log", *arguments))
        await house.come_in(clerks)
        yield house


async def _county(
    data: Path, env: Mapping[str, str], told: Mapping[str, Any], port: int, code: str, delay: float
) -> dict[str, Any]:
    """The configuration of a quick county; with a broker it is connected anew, to read its queue itself."""
    common = {"code": code, "home": told["home"], "delay": delay}
    if "TONGBAN_BUS_URL" not in env:
        client = next(one for one in told["clients"] if one["jurisdiction"] == code)
        key = json.loads((data / "partners" / f"{code}.jwk.json").read_text(encoding="utf-8"))
        return common | {"key": key, "rest": {**client, "port": port}}
    key = SigningKey.generate(f"{code}-2")
    jwks = data / f"{code}.jwks.json"
    jwks.write_text(json.dumps({"keys": [key.public_jwk()]}), encoding="utf-8")
    await _command(env, "partners", "remove", code)
    sheet = json.loads(await _command(env, "partners", "connect", code, "--by", "amqp", "--jwks", str(jwks), "--json"))
    return common | {"key": key.private_jwk(), "amqp": sheet["amqp"]}


async def _command(env: Mapping[str, str], *words: str) -> str:
    """A command of the house that succeeds; what it says."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "main.py", *words, cwd=ROOT, env={"PATH": "/usr/bin:/bin", **env}, stdout=pipe, stderr=pipe
    )
    out, said = await process.communicate()
    assert process.returncode == 0, said.decode()
    return out.decode()
