"""The window: clerks' programs that file over the API and never give up, and a watcher of the event stream. Seeded."""

import asyncio
import contextlib
import copy
import hashlib
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.world import Done, Filed, Watched

FORMS = Path(__file__).resolve().parents[1] / "data" / "forms"
MATTER = "002014006001"  # 社保参保记录查询, in every agreement
AGREEMENTS = {"420683": "zaoyang", "411330": "tongbai", "420882": "jingshan"}
USUAL, SUPPLEMENT, DECLINE, REFUSE, SUSPEND, TWICE = (f"130000000{n}" for n in ("01", 11, 12, 13, 15, 16))
TRIGGERS = (USUAL, USUAL, SUPPLEMENT, DECLINE, REFUSE, SUSPEND, TWICE)
EXTRAS = ("notes", "urges", "withdrawal", "", "")
CLOSED = {"DECIDED", "HANDED_OVER", "DECLINED", "WITHDRAWN", "EXPIRED"}
SCAN = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n%"
AGAIN = 0.25  # seconds before a request without an answer is made again
GIVE_UP = 180.0  # seconds without a fault after which the scenario has failed

Json = dict[str, Any]


class Refused(AssertionError):
    """An answer that no repetition would change."""

    def __init__(self, request: str, status: int, body: object) -> None:
        super().__init__(f"{request}: {status} {body}")
        self.status = status


class Window:
    """One program of home. Use as `async with`; it outlives every restart of the gateway."""

    def __init__(self, url: str, client: Json, seed: int, counties: Sequence[str]) -> None:
        self._url, self._client, self.dice = url, client, random.Random(seed)
        self._seed, self._counties, self._token = seed, counties, ""
        self._signing_in = asyncio.Lock()
        self._watching: list[asyncio.Task[None]] = []
        self.filed: list[Filed] = []
        self.done: list[Done] = []
        self.watched: list[Watched] = []
        self.statuses: dict[int, int] = {}  # how often each status came; 0: no answer
        self.unavailable: list[tuple[Json, str | None]] = []  # body and Retry-After of every 503
        self.slowest = 0.0  # seconds that the slowest answer took
        self.trouble = False  # while faults go on, nobody gives up: how long they take depends on the machine

    async def __aenter__(self) -> "Window":
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30, connect=5))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self._session.close()

    # requests

    async def once(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """(status, JSON or bytes); status 0 when there was no answer."""
        bearer = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        headers = {**bearer, **more.pop("headers", {})}
        status, raw, again, begun = 0, b"", None, time.monotonic()
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.request(method, self._url + path, headers=headers, **more) as answer:
                raw, status, again = await answer.read(), answer.status, answer.headers.get("Retry-After")
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        body: Any = json.loads(raw) if raw[:1] in {b"{", b"["} else raw
        if status == 503:
            self.unavailable.append((body, again))
        return status, body

    async def persist(self, method: str, path: str, **more: Any) -> Any:
        """Ask again, with the same key, until there is a 2xx. Raises Refused for what will not change."""
        async with asyncio.timeout(GIVE_UP) as patience:
            while True:
                self._go_on(patience)
                used = self._token
                status, body = await self.once(method, path, **more)
                if 200 <= status < 300:
                    return body
                if status == 401:
                    await self._sign_in(used)
                elif not (status in {0, 429} or status >= 500 or (status == 409 and "in-flight" in body["type"])):
                    raise Refused(f"{method} {path}", status, body)
                else:
                    await asyncio.sleep(AGAIN)

    def _go_on(self, patience: asyncio.Timeout) -> None:
        if self.trouble:
            patience.reschedule(asyncio.get_running_loop().time() + GIVE_UP)

    async def _sign_in(self, worthless: str) -> None:
        """Another token than this one: of many requests that were turned away with it, one signs in."""
        async with self._signing_in:
            if self._token != worthless:
                return
            self._token = ""
            form = {name: self._client[name] for name in ("client_id", "client_secret")}
            status, body = await self.once("POST", "/api/v1/token", data={**form, "grant_type": "client_credentials"})
            if status == 200:
                self._token = body["access_token"]
            else:
                await asyncio.sleep(AGAIN)

    # filing

    async def file(self, partner: str, phone: str = USUAL, *, scan: bool = False) -> Filed:
        """File one application, and repeat it until it is answered."""
        key = f"{self._seed}-{len(self.filed) + 1}"
        filed = Filed(key, partner, f"CANARY-{partner}-{key}-end")
        self.filed.append(filed)
        body = self.application(filed, phone)
        if scan:
            await self._attach(body, SCAN + key.encode())
        answer = await self.persist("POST", "/api/v1/applications", json=body, headers={"Idempotency-Key": key})
        filed.number = str(answer["number"])
        filed.told.add(filed.number)
        return filed

    def application(self, filed: Filed, phone: str) -> Json:
        """A body of POST applications; the canary stands in its answers, the key is its reference."""
        examples = json.loads((FORMS / "shebao_canbao_jilu_chaxun.examples.json").read_text(encoding="utf-8"))
        answers = copy.deepcopy(examples["valid"][0])
        answers["targetRegion"] = filed.partner
        answers["applicant"]["mobile"] = phone
        answers["materials"][1]["certId"] = filed.canary
        return {"matter": f"{AGREEMENTS[filed.partner]}.{MATTER}", "answers": answers, "reference": filed.key}

    async def _attach(self, body: Json, scan: bytes) -> None:
        """The first material becomes a scan that is put before."""
        headers = {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename*=UTF-8''scan.pdf"}
        put = await self.persist("PUT", "/api/v1/attachments", data=scan, headers=headers)
        assert put["sha256"] == hashlib.sha256(scan).hexdigest()
        material = {"code": "M01", "name": "居民身份证", "source": "扫描上传", "sm3": "0" * 64, "pages": 1}
        body["answers"]["materials"][0] = material
        body["attachments"] = [{"material": "M01", "sha256": put["sha256"]}]

    # deeds

    async def deed(self, number: str, resource: str, type_: str, body: Json) -> bool:
        """One deed, repeated until it is answered; False when the case's state did not allow it any more."""
        done = Done(number, type_, f"{number}-{resource}-{len(self.done)}")
        self.done.append(done)
        path = f"/api/v1/applications/{number}/{resource}"
        try:
            await self.persist("POST", path, json=body, headers={"Idempotency-Key": done.key})
        except Refused as refused:
            if refused.status != 409:
                raise
            return False
        done.ok = True
        return True

    async def state(self, number: str) -> str:
        """A case's state."""
        return str((await self.persist("GET", f"/api/v1/applications/{number}"))["state"])

    async def until(self, number: str, *states: str) -> str:
        """Wait until the case is in one of these states."""
        async with asyncio.timeout(GIVE_UP) as patience:
            while True:
                self._go_on(patience)
                state = await self.state(number)
                if state in states:
                    return state
                await asyncio.sleep(0.2)

    async def story(self, partner: str, phone: str | None = None, extra: str | None = None) -> None:
        """One citizen from filing to hand-over; by the dice, unless it is told."""
        phone, extra = phone or self.dice.choice(TRIGGERS), extra or self.dice.choice(EXTRAS)
        scan = self.dice.random() < 0.4
        number = str((await self.file(partner, phone, scan=scan)).number)
        if extra == "notes":
            await self.deed(number, "notes", "note.sent", {"text": f"CANARY-{partner}-note"})
        elif extra == "urges":
            await self.deed(number, "urges", "application.urged", {"text": "请尽快办理"})
        elif extra == "withdrawal":
            await self.deed(number, "withdrawal", "application.withdrawn", {"reason": "不办了"})
        state = await self.until(number, "SUPPLEMENT", *CLOSED)
        if state == "SUPPLEMENT":
            supplied = {"materials": [{"material": "居民身份证", "certificate": f"CANARY-{partner}-again"}]}
            await self.deed(number, "supplements", "application.supplemented", supplied)
            state = await self.until(number, *CLOSED)
        if state == "DECIDED" and self.dice.random() < 0.5:
            handed = {"method": "window", "to": "张三"}
            await self.deed(number, "handover", "result.handed_over", handed)

    async def work(self, clerks: int, *, stop: asyncio.Event, most: int = 200) -> None:
        """Citizens come one after another to each clerk until `stop`; at most `most` of them."""

        async def clerk() -> None:
            while not stop.is_set() and len(self.filed) < most:
                await self.story(self.dice.choice(self._counties))

        async with asyncio.TaskGroup() as group:
            for _ in range(clerks):
                group.create_task(clerk())

    # watching

    def watch(self, streams: int = 1) -> None:
        """Follow the event stream from its beginning, over every break of the line, until the window closes."""
        for _ in range(streams):
            self.watched.append(Watched(0))
            self._watching.append(asyncio.create_task(self._watch(self.watched[-1])))

    async def _watch(self, watched: Watched) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                if not self._token:
                    await self._sign_in("")
                await self._follow(watched)
            await asyncio.sleep(AGAIN)

    async def _follow(self, watched: Watched) -> None:
        cursor = watched.seen[-1][0] if watched.seen else watched.after
        used = self._token
        headers = {"Authorization": f"Bearer {used}", "Last-Event-ID": str(cursor)}
        timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=40)
        async with self._session.get(self._url + "/api/v1/events", headers=headers, timeout=timeout) as answer:
            if answer.status == 401:
                await self._sign_in(used)
            id_ = ""
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                id_ = value if name == "id" else id_
                if name == "data":
                    watched.seen.append((int(id_), json.loads(value)))
