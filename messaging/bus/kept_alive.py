"""A connection to a broker whose line is noticed to be cut within seconds, also when nobody says so and nothing is sent."""

import asyncio
import contextlib
import socket
from typing import Any

import aio_pika
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from yarl import URL

IDLE, BETWEEN, TIMES = 5, 2, 3  # seconds of silence before the other machine is asked, between two questions, how often
UNANSWERED_MOST = 10_000  # milliseconds that what was sent may stay without an answer of the other machine

OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, BETWEEN),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, TIMES),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MOST),
)


class _KeepAlive(TransportFactory):
    def __init__(self, inner: TransportFactory) -> None:
        self._inner = inner

    async def create(self, url: URL, **more: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self._inner.create(url, **more)
        line = writer.get_extra_info("socket")
        if line is not None:
            with contextlib.suppress(OSError):  # a platform without one of them keeps the heartbeat
                for option in OPTIONS:
                    line.setsockopt(*option)
        return reader, writer


class Connection(aio_pika.Connection):
    """The library's connection over such a line. Certificates are named in the address: `cafile`, `certfile`, `keyfile`."""

    def __init__(self, url: URL, *given: Any, **more: Any) -> None:
        super().__init__(url, *given, **more)
        secure = URL(url).scheme == "amqps"
        self.kwargs["transport_factory"] = _KeepAlive(TLSTransportFactory() if secure else TCPTransportFactory())


async def connect(address: str) -> aio_pika.abc.AbstractConnection:
    """A connection that does not mend itself. Raises whatever the network says."""
    return await aio_pika.connect(address, connection_class=Connection)
