"""A demonstration of its own for the stories: `main.py demo` on a free port in a fresh folder, and a way to file fast."""

import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 60.0  # seconds
ZAOYANG = "420683"


@dataclass(frozen=True)
class DemoHouse:
    """A running demonstration: where it is, and how to come in."""

    url: str
    told: dict[str, Any]

    def password(self, username: str) -> str:
        """Of one of the cast."""
        return next(str(one["password"]) for one in self.told["sign_ins"] if one["username"] == username)

    async def file(self, phone: str, *, name: str = "张三", matter: str | None = None) -> str:
        """File a case as home's own system would; its number. The telephone number says what the simulator does."""
        async with aiohttp.ClientSession(self.url) as web:
            headers = {"Authorization": f"Bearer {await self._token(web)}", "Idempotency-Key": uuid.uuid4().hex}
            matter = matter or await self._plain_matter(web, headers)
            body = {"matter": matter, "answers": answers(name, phone)}
            async with web.post("/api/v1/applications", json=body, headers=headers) as answer:
                filed = await answer.json()
                assert answer.status == 201, filed
                return str(filed["number"])

    async def _token(self, web: aiohttp.ClientSession) -> str:
        client = next(one for one in self.told["clients"] if one["jurisdiction"] == self.told["home"])
        form = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        async with web.post("/api/v1/token", data=form) as answer:
            return str((await answer.json())["access_token"])

    async def _plain_matter(self, web: aiohttp.ClientSession, headers: dict[str, str]) -> str:
        query = {"handler": ZAOYANG, "mode": "online", "direction": "both"}
        async with web.get("/api/v1/matters", params=query, headers=headers) as answer:
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


@contextmanager
def demonstration(folder: Path, simulate: str = ZAOYANG) -> Iterator[DemoHouse]:
    """Start it, wait until it is ready, and end it by its process id."""
    command = [sys.executable, str(ROOT / "main.py"), "demo", "--port", str(_free_port())]
    command += ["--data", str(folder / "demo"), "--simulate", simulate]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            yield _ready(process, folder)
        finally:
            process.terminate()
            ended = process.wait(30)
    assert ended == 0, (folder / "demo.log").read_text(encoding="utf-8")[-3000:]


def _ready(process: "subprocess.Popen[bytes]", folder: Path) -> DemoHouse:
    told, until = folder / "demo" / "demo.json", time.monotonic() + READY_WITHIN
    while not told.exists():
        text = (folder / "demo.log").read_text(encoding="utf-8")
        assert process.poll() is None, text
        assert time.monotonic() < until, text
        time.sleep(0.1)
    said = json.loads(told.read_text(encoding="utf-8"))
    return DemoHouse(str(said["url"]), said)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
