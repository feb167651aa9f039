"""A demonstration of its own for the stories, on a free port in a fresh folder, and a way to file fast."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.conftest import furnished_on
from tests.faults.house_under_test import House, Process, free_port
from tests.services import databases, stack

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60.0  # seconds
ZAOYANG = "420683"


@dataclass(frozen=True)
class DemoHouse:
    """A running demonstration: where it is, and how to come in."""

    url: str
    told: dict[str, Any]
    settings: dict[str, str]  # for a command beside it
    served: House | None = None  # its processes, where it has several

    def password(self, username: str) -> str:
        """Of one of the cast."""
        return next(str(one["password"]) for one in self.told["sign_ins"] if one["username"] == username)

    async def file(self, phone: str, *, name: str = "张三", matter: str | None = None) -> str:
        """File a case as home's own system would; its number. The telephone number says what the simulator does."""
        headers = {"Authorization": f"Bearer {await self.token()}", "Idempotency-Key": uuid.uuid4().hex}
        body = {"matter": matter or await self.plain_matter(), "answers": answers(name, phone)}
        async with (
            aiohttp.ClientSession(self.url) as web,
            web.post("/api/v1/applications", json=body, headers=headers) as answer,
        ):
            filed = await answer.json()
            assert answer.status == 201, filed
            return str(filed["number"])

    async def token(self) -> str:
        """An access token of home's own client."""
        client = next(one for one in self.told["clients"] if one["jurisdiction"] == self.told["home"])
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        async with aiohttp.ClientSession(self.url) as web, web.post("/api/v1/token", data=form) as answer:
            return str((await answer.json())["access_token"])

    async def plain_matter(self, handler: str = ZAOYANG) -> str:
        """A line that 枣阳市, or another county, decides, on the plain form."""
        query = {"handler": handler, "mode": "online", "direction": "both"}
        headers = {"Authorization": f"Bearer {await self.token()}"}
        async with (
            aiohttp.ClientSession(self.url) as web,
            web.get("/api/v1/matters", params=query, headers=headers) as answer,
        ):
            items = (await answer.json())["items"]
        return next(str(one["id"]) for one in items if one["form"] == "plain" and not one["guide_only"])


def answers(name: str, phone: str) -> dict[str, Any]:
    """The plain form, filled in for a fictitious person."""
    return {
        "applicant": {"name": name, "idType": "居民身份证", "idNumber": "421321200001019998", "mobile": phone},
        "byAgent": False,
        "materials": [{"code": "M01", "name": "居民身份证", "source": "纸质原件"}],
        "delivery": {"method": "窗口自取", "pickupRegion": "421321"},
        "consent": {"noticeVersion": "2026-01", "acknowledged": True, "sensitiveAcknowledged": True},
    }


@asynccontextmanager
async def demonstration(folder: Path, **settings: str) -> AsyncIterator[DemoHouse]:
    """On the embedded stack `demo`; on the real one what operators run: `topology`, `serve` with two workers, `simulate`.

    枣阳市 is simulated, and reads its queue where there is a broker. `settings` are further ones of the gateway.
    """
    settings = {"TONGBAN_UNDO_SECONDS": "0"} | settings
    if stack.ON_POSTGRES:
        async with _served(folder, settings) as served:
            yield served
    else:
        demo = Process(folder / "demo.log", "demo", *_arguments(folder), "--simulate", ZAOYANG, env=settings)
        await demo.start()
        try:
            yield await _ready(demo, folder / "demo" / "demo.json")
        finally:
            code, _ = await demo.stop(within=30)
        assert code == 0, demo.log.read_text(encoding="utf-8")[-3000:]


@asynccontextmanager
async def _served(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[DemoHouse]:
    furnished = folder / "furnished"
    await asyncio.to_thread(furnished_on, furnished, databases.server())
    async with House(folder / "house", furnished, by_amqp=[ZAOYANG]) as house:
        house.outside |= settings
        house.serve += ["--workers", "2"] if stack.ON_RABBITMQ else []
        assert await house.start(), house.said()
        await house.start_counties(ZAOYANG, accept_after=3, decide_after=8, suspend_for=3)
        yield DemoHouse(house.url, house.told, house.env, house)
        for process in (*house.others, house.running):
            code, _ = await process.stop()
            assert code == 0, process.log.read_text(encoding="utf-8")[-3000:]


def _arguments(folder: Path) -> tuple[str, ...]:
    return "--port", str(free_port()), "--data", str(folder / "demo")


async def _ready(demo: Process, told: Path) -> DemoHouse:
    async with asyncio.timeout(READY_WITHIN):
        while (said := _read(told)) is None:
            assert demo.alive, demo.log.read_text(encoding="utf-8")
            await asyncio.sleep(0.1)
    return DemoHouse(str(said["url"]), said, {"TONGBAN_DATA": str(told.parent)})


def _read(told: Path) -> dict[str, Any] | None:
    return dict(json.loads(told.read_text(encoding="utf-8"))) if told.exists() else None
