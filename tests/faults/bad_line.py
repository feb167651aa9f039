"""A bad line between programs and the gateway: requests get lost, come twice or late, answers get lost, deliveries come
again and in disorder. Seeded; mended when the scenario says so."""

import asyncio
import json
import random

import aiohttp
from aiohttp import web

from tests.faults.house_under_test import free_port

MOST = 4 * 1024 * 1024
KEPT = frozenset({"Content-Type", "Location", "Retry-After", "WWW-Authenticate"})
DROPPED = frozenset({"Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding"})


class BadLine:
    """An HTTP proxy on the loopback. Use as `async with`."""

    def __init__(self, url: str, seed: int, badness: float = 0.25) -> None:
        """`badness`: the chance of each fault at each passage."""
        self._target, self._dice, self.badness = url, random.Random(seed), badness
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.done: dict[str, int] = {}  # how often each fault was done
        self._delivered: dict[str, list[dict[str, object]]] = {}  # by who asked: every item that was ever handed out

    async def __aenter__(self) -> "BadLine":
        self._session = aiohttp.ClientSession(
            auto_decompress=False, timeout=aiohttp.ClientTimeout(total=60), connector=aiohttp.TCPConnector(limit=0)
        )
        application = web.Application(client_max_size=MOST)
        application.router.add_route("*", "/{path:.*}", self._carry)
        self._runner = web.AppRunner(application, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def mend(self) -> None:
        """From now on everything passes, once and unchanged."""
        self.badness = 0.0

    def _fate(self, fault: str) -> bool:
        if self._dice.random() >= self.badness:
            return False
        self.done[fault] = self.done.get(fault, 0) + 1
        return True

    async def _carry(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self._fate("request lost"):
            return self._cut(request)
        if self._fate("late"):
            await asyncio.sleep(self._dice.random() * 0.5)
        ways = 2 if request.method != "GET" and self._fate("twice at once") else 1
        answers = await asyncio.gather(*(self._pass_on(request, body) for _ in range(ways)), return_exceptions=True)
        answer = self._dice.choice(answers)
        if isinstance(answer, BaseException) or self._fate("answer lost"):
            return self._cut(request)
        status, headers, told = answer
        if request.path == "/api/v1/deliveries" and status == 200:
            told = self._disordered(request.headers.get("Authorization", ""), told)
        return web.Response(status=status, headers=headers, body=told)

    def _cut(self, request: web.Request) -> web.StreamResponse:
        """The connection ends without an answer."""
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=502)

    async def _pass_on(self, request: web.Request, body: bytes) -> tuple[int, dict[str, str], bytes]:
        headers = {name: value for name, value in request.headers.items() if name.title() not in DROPPED}
        url = self._target + request.raw_path
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            kept = {name: value for name, value in answer.headers.items() if name in KEPT}
            return answer.status, kept, await answer.read()

    def _disordered(self, who: str, told: bytes) -> bytes:
        """Deliveries of now, with some of earlier ones among them, in any order."""
        items = json.loads(told)["items"]
        earlier = self._delivered.setdefault(who, [])
        again = [item for item in earlier if self._fate("delivered again")][:20]
        earlier += items
        mixed = [*items, *again]
        if self.badness:
            self._dice.shuffle(mixed)
        return json.dumps({"items": mixed, "next": None}, ensure_ascii=False).encode()
