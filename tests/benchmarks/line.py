"""A thrifty HTTP client for load: one kept-alive connection each, and a reader of event streams. It costs less than a handler does."""

import asyncio
import time
from collections.abc import Mapping

import orjson


class Line:
    """One connection to a server on the loopback; one request at a time."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._head = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self) -> "Line":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        return self

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """(status, body) of one request."""
        if self._reader is None or self._writer is None:
            await self.open()
        assert self._reader is not None
        assert self._writer is not None
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{self._head}{more}"
        head += f"Content-Length: {len(body)}\r\n\r\n" if body or method == "POST" else "\r\n"
        self._writer.write(head.encode() + body)
        return await self._answer(self._reader)

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        at = head.find(b"content-length:")
        if at < 0:
            return status, b""
        return status, await reader.readexactly(int(head[at + 15 : head.index(b"\r\n", at)]))

    async def post_json(self, path: str, value: object, **headers: str) -> tuple[int, bytes]:
        """POST of a JSON value."""
        return await self.ask("POST", path, orjson.dumps(value), Content_Type="application/json", **headers)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._reader = self._writer = None


class Watch:
    """Reads an event stream and remembers when each number was first shown in the state that is waited for."""

    def __init__(self, port: int, path: str, state: str, headers: Mapping[str, str] | None = None) -> None:
        self._line = Line(port, headers)
        self._port, self._path, self._state = port, path, state
        self._head = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._seen: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> "Watch":
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        writer.write(f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n{self._head}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head[:16], head
        self._task = asyncio.create_task(self._read(reader))
        self._writer = writer
        return self

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                said = orjson.loads(line[6:])
                if said["state"] == self._state:
                    self._note(str(said["number"]), time.perf_counter())

    def _note(self, number: str, at: float) -> None:
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            self._seen.setdefault(number, at)
        elif not waiting.done():
            waiting.set_result(at)

    async def shown(self, number: str) -> float:
        """When the number was shown in that state (perf_counter); waits for it."""
        if number in self._seen:
            return self._seen.pop(number)
        return await self._waiting.setdefault(number, asyncio.get_running_loop().create_future())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._writer.close()
