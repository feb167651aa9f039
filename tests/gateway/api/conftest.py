"""The whole house behind a real socket: sample lists, one partner that signs, and a client program of each kind."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway import app, database, resources, settings
from gateway.auth.clients import Clients, Program
from gateway.resources import Resources, now
from gateway.worker import Worker
from matters_map.importing import import_samples
from messaging.unit_of_work import Connection, run_tx
from partners import connect
from partners.keys import SigningKey
from tests.services import databases

HOME, ZAOYANG, JINGSHAN, TONGBAI = "421321", "420683", "420882", "411330"
NAMES = {ZAOYANG: "枣阳市", JINGSHAN: "京山市"}  # they sign themselves; 桐柏县 cannot
SECRET = "s" * 43
PROGRAMS = (
    Program("window", HOME, frozenset({"applications", "agreements", "events"})),
    Program("other-window", HOME, frozenset({"applications"})),
    Program("zaoyang", ZAOYANG, frozenset({"messages", "agreements"})),
    Program("jingshan", JINGSHAN, frozenset({"messages", "agreements"})),
    Program("tongbai", TONGBAI, frozenset({"messages", "agreements"})),
)
Client = TestClient[web.Request, web.Application]


@dataclass
class House:
    """One running house and how to speak to it."""

    client: Client
    parts: Resources
    keys: dict[str, SigningKey]
    tokens: dict[str, str]

    def bearer(self, program: str) -> dict[str, str]:
        """The header that lets a program in."""
        return {"Authorization": f"Bearer {self.tokens[program]}"}

    async def call(self, method: str, path: str, program: str = "window", **more: Any) -> Any:
        """(status, JSON body, headers) of a call under /api/v1."""
        headers = {**self.bearer(program), **more.pop("headers", {})}
        async with self.client.request(method, f"/api/v1/{path}", headers=headers, **more) as answer:
            body = await answer.json() if "json" in answer.content_type else await answer.read()
            return answer.status, body, answer.headers


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with migrated tables, sample lists and two partners; copied for each test."""
    data = tmp_path_factory.mktemp("furnished")
    asyncio.run(_furnish(data))
    databases.kept(data)
    return data


async def _furnish(data: Path) -> None:
    configured = settings.read(databases.environment(data), data=data)
    await database.migrate(configured)
    async with resources.built(configured) as parts:
        await run_tx(import_samples)
        for code, name in NAMES.items():
            key = SigningKey.generate(f"{code}-1")
            (data / f"{code}.jwk.json").write_text(json.dumps(key.private_jwk()))
            await run_tx(lambda tx, code=code, name=name, key=key: _connect(tx, parts, code, name, key))  # type: ignore[misc]
        await run_tx(lambda tx: _connect(tx, parts, TONGBAI, "桐柏县", None))
        clients = Clients(now)
        for program in PROGRAMS:
            await clients.add(program, SECRET)


async def _connect(tx: Connection, parts: Resources, code: str, name: str, key: SigningKey | None) -> None:
    async def no_client(tx: Connection, jurisdiction: str, scopes: Any) -> tuple[str, str]:
        return f"partner-{jurisdiction}", ""

    await connect.connect(
        tx,
        code,
        "polling",
        name=name,
        api="http://127.0.0.1",
        our_jwks={"keys": list(parts.public_keys())},
        create_client=no_client,
        sealer=parts.sealer,
        now=now(),
        jwks={"keys": [key.public_jwk()]} if key is not None else None,
        custodial=key is None,
    )


@pytest.fixture
async def house(furnished: Path, tmp_path: Path) -> AsyncIterator[House]:
    """The house open for business, loops and all."""
    data = tmp_path / "data"
    databases.copied(furnished, data)
    configured = settings.read(databases.environment(data), data=data, public_url="http://127.0.0.1")
    async with resources.built(configured) as parts:
        worker = Worker(parts)
        await worker.start()
        async with TestClient(TestServer(app.build(parts, lambda: worker.healthy))) as client:
            tokens = {program.client_id: await _token(client, program.client_id) for program in PROGRAMS}
            keys = {code: SigningKey.from_jwk(json.loads((data / f"{code}.jwk.json").read_text())) for code in NAMES}
            yield House(client, parts, keys, tokens)
        await worker.stop()


async def _token(client: Client, client_id: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET}
    async with client.post("/api/v1/token", data=form) as answer:
        return str((await answer.json())["access_token"])
