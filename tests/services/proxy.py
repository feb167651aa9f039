"""A TCP line that a test can cut, silently or with a reset, and make slow, or let everything through in crumbs."""

import asyncio
import contextlib
import socket
import struct

CRUMBS = 48  # bytes at the beginning of each piece that pass one by one: what frames begin with, and a little more


class Proxy:
    """Carries bytes between a port of its own and a target, on the loopback. As `async with`."""

    def __init__(self, target: int = 0) -> None:
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._delay, self._crumbling = 0.0, False
        self.port = 0

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.reset()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def leads_to(self, target: int) -> None:
        """New connections end there."""
        self._target = target

    def cut(self) -> None:
        """From now on nothing passes in either direction; nobody is told. New connections are taken and hear nothing."""
        self._flowing.clear()

    def mend(self) -> None:
        """What was held back passes, and everything after it."""
        self._flowing.set()

    def delay(self, seconds: float) -> None:
        """Every piece comes this much later, in either direction, and after the piece before it."""
        self._delay = seconds

    def crumble(self, on: bool = True) -> None:
        """Pieces are torn: bytes leave one at a time."""
        self._crumbling = on

    async def flap(self, times: int, every: float) -> None:
        """A line that does not hold: every so many seconds all connections are reset."""
        for _ in range(times):
            await asyncio.sleep(every)
            self.reset()

    def reset(self) -> None:
        """Every connection of now ends with RST."""
        for end in list(self._ends):
            raw = end.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, back), (there, writer)):
            sink.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends.add(sink)
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    def _pieces(self, data: bytes) -> list[bytes]:
        if not self._crumbling:
            return [data]
        return [data[n : n + 1] for n in range(min(CRUMBS, len(data)))] + ([data[CRUMBS:]] if data[CRUMBS:] else [])

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await asyncio.sleep(self._delay)
                await self._flowing.wait()
                for piece in self._pieces(data):
                    sink.write(piece)
                    await sink.drain()
        except OSError:
            pass
        finally:
            self._ends.discard(sink)
            sink.transport.abort()
