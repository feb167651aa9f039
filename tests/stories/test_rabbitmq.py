"""The house on RabbitMQ, by its commands alone: one county reads its queue, another one polls; both decide a case."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from partners.keys import SigningKey
from tests.county import JINGSHAN, ZAOYANG, answers, filing
from tests.faults.house_under_test import MAIN, Process, free_port
from tests.services import databases
from tests.services.rabbitmq import Broker

pytestmark = pytest.mark.rabbitmq
PACE = {"accept_after": 0.2, "decide_after": 0.5}


class Town:
    """A data folder, its settings, and what its commands say."""

    def __init__(self, data: Path, broker: Broker) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **databases.environment(data),
            "TONGBAN_DATA": str(data),
            "TONGBAN_BUS_URL": broker.url,
            "TONGBAN_BUS_ADMIN_URL": broker.admin_url,
            "TONGBAN_PUBLIC_URL": self.url,
            "PATH": "/usr/bin:/bin",
        }

    async def does(self, *words: str) -> str:
        """A command that succeeds; its stdout."""
        told = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(MAIN), *words, env=self.env, stdout=told, stderr=told
        )
        out, said = await process.communicate()
        assert process.returncode == 0, said.decode()
        return out.decode()

    async def connects(self, code: str, by: str) -> dict[str, Any]:
        """Take a neighbour's link down and connect it anew, with a key of its own; its start sheet."""
        key, jwks = SigningKey.generate(f"{code}-2"), self.data / f"{code}.jwks.json"
        (self.data / f"{code}.jwk.json").write_text(json.dumps(key.private_jwk()), encoding="utf-8")
        jwks.write_text(json.dumps({"keys": [key.public_jwk()]}), encoding="utf-8")
        await self.does("partners", "remove", code)
        sheet = await self.does("partners", "connect", code, "--by", by, "--jwks", str(jwks), "--json")
        return dict(json.loads(sheet))

    def simulates(self, sheets: Mapping[str, Mapping[str, Any]]) -> Path:
        """A configuration of simulators from start sheets."""
        partners = {
            code: {
                "url": self.url,
                "client_id": sheet["client_id"],
                "client_secret": sheet["client_secret"],
                "signing_key_file": str(self.data / f"{code}.jwk.json"),
                "state_dir": str(self.data / "partners" / code),
                **({"amqp": {"url": sheet["amqp"]["url"], "vhost": sheet["amqp"]["vhost"]}} if sheet["amqp"] else {}),
                **PACE,
            }
            for code, sheet in sheets.items()
        }
        path = self.data / "simulate.json"
        path.write_text(json.dumps({"partners": partners}), encoding="utf-8")
        return path

    @asynccontextmanager
    async def open(self, *simulate: str) -> AsyncIterator[None]:
        """Doors and loops, and simulated counties beside them."""
        house = Process(self.data / "serve.log", "serve", "--port", str(self.port), env=self.env)
        counties = Process(self.data / "simulate.log", *simulate)
        await house.start()
        try:
            await self.until_ready("ok")
            await counties.start()
            yield
        finally:
            await counties.stop()
            await house.stop()

    async def until_ready(self, status: str) -> None:
        """Until `/readyz` is 200 and says this of the whole."""
        async with asyncio.timeout(30), aiohttp.ClientSession() as web:
            while True:
                try:
                    async with web.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200 and (await answer.json())["status"] == status:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)


class Window:
    """The window's own program."""

    def __init__(self, web: aiohttp.ClientSession, told: Mapping[str, str]) -> None:
        self._web, self._told = web, told

    async def files(self, key: str, **changes: Any) -> str:
        """A case; its number."""
        headers = {**await self._bearer(), "Idempotency-Key": key}
        async with self._web.post("/api/v1/applications", json=filing(**changes), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["number"])

    async def until(self, number: str, state: str) -> dict[str, Any]:
        """The case once it is in this state."""
        async with asyncio.timeout(30):
            while True:
                async with self._web.get(f"/api/v1/applications/{number}", headers=await self._bearer()) as answer:
                    case = await answer.json()
                if case["state"] == state:
                    return dict(case)
                await asyncio.sleep(0.1)

    async def _bearer(self) -> dict[str, str]:
        form = {
            "grant_type": "client_credentials",
            **{name: self._told[name] for name in ("client_id", "client_secret")},
        }
        async with self._web.post("/api/v1/token", data=form) as answer:
            return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}


async def test_a_case_is_filed_and_decided_by_a_county_that_reads_its_queue_and_by_one_that_polls(
    county_folder: Path, broker: Broker
) -> None:
    town = Town(county_folder, broker)
    sheets = {ZAOYANG: await town.connects(ZAOYANG, "amqp"), JINGSHAN: await town.connects(JINGSHAN, "polling")}
    assert sheets[ZAOYANG]["amqp"]["vhost"] == f"partner-{ZAOYANG}"
    assert sheets[JINGSHAN]["amqp"] is None
    await town.does("topology")
    assert await town.does("topology") == "", "a user that is there keeps its password"
    told = json.loads(await town.does("clients", "add", "window", "--scopes", "applications", "--json"))
    config = town.simulates(sheets)
    async with (
        town.open("simulate", "--partner", "all", "--config", str(config)),
        aiohttp.ClientSession(town.url) as web,
    ):
        window = Window(web, told)
        by_queue = await window.files("one")
        by_polling = await window.files("two", matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
        for number in (by_queue, by_polling):
            case = await window.until(number, "DECIDED")
            assert case["delivery"]["state"] == "receipted"
            assert case["result"]["outcome"] == "granted"


async def test_while_the_broker_is_away_clerks_get_numbers_and_afterwards_everything_goes_on_by_itself(
    county_folder: Path, broker: Broker
) -> None:
    town = Town(county_folder, broker)
    sheets = {ZAOYANG: await town.connects(ZAOYANG, "amqp")}
    await town.does("topology")
    told = json.loads(await town.does("clients", "add", "window", "--scopes", "applications", "--json"))
    config = town.simulates(sheets)
    async with (
        town.open("simulate", "--partner", "all", "--config", str(config)),
        aiohttp.ClientSession(town.url) as web,
    ):
        window = Window(web, told)
        broker.kill()
        try:
            await town.until_ready("degraded")
            numbers = [await window.files(f"away {n}") for n in range(5)]
            assert {(await window.until(number, "SUBMITTED"))["delivery"]["state"] for number in numbers} == {"waiting"}
        finally:
            await asyncio.to_thread(broker.start)
        for number in numbers:
            assert (await window.until(number, "DECIDED"))["delivery"]["state"] == "receipted"
        await town.until_ready("ok")
