"""Asks clamd whether a file is clean, in its own INSTREAM words, while the file streams in.

INSTREAM (clamd(8)): `zINSTREAM\\0`, then pieces, each behind its length as four bytes in network order, then a length of
nought; the answer is `stream: OK`, `stream: <name> FOUND` or something that ends in `ERROR`, closed by a zero byte.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("tongban.attachments")
CONNECT_WITHIN = 3.0  # seconds
TAKE_WITHIN = 10.0  # seconds for one piece
ANSWER_WITHIN = 60.0  # seconds
ANSWER_MOST = 4096  # bytes
CLEAN, UNSCANNED, INFECTED = "clean", "unscanned", "infected"


@dataclass(frozen=True)
class Verdict:
    """What clamd said of a file. `state` is None where no scanner is set; `signature` names what was found."""

    state: str | None
    signature: str = ""


class Away(Exception):
    """clamd cannot be reached, did not answer in time, or would not look at the file."""


class Clamd:
    """One clamd, by its socket's path or by host:port."""

    def __init__(self, address: str) -> None:
        self._address = address

    def look(self) -> "Looking":
        """Begin to show it a file."""
        return Looking(self)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of one's own for each file. Raises OSError, TimeoutError."""
        async with asyncio.timeout(CONNECT_WITHIN):
            if "/" in self._address:
                return await asyncio.open_unix_connection(self._address)
            host, _, port = self._address.rpartition(":")
            return await asyncio.open_connection(host.strip("[]"), int(port))


class Looking:
    """A file on its way past clamd. While it streams nothing is raised: what went wrong is told at the end."""

    def __init__(self, clamd: Clamd) -> None:
        self._clamd = clamd
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._away: str | None = None

    async def show(self, piece: bytes) -> None:
        """The next clear bytes."""
        if self._away is not None or not piece:
            return
        try:
            if self._line is None:
                self._line = await self._clamd.connect()
                self._line[1].write(b"zINSTREAM\0")
            await self._write(len(piece).to_bytes(4, "big") + piece)
        except (OSError, TimeoutError) as error:
            self._away = type(error).__name__

    async def verdict(self) -> str | None:
        """The signature that was found, or None when it is clean. Raises Away."""
        try:
            if self._away is not None:
                raise Away(self._away)
            if self._line is None:
                return None  # an empty file
            await self._write((0).to_bytes(4, "big"))
            async with asyncio.timeout(ANSWER_WITHIN):
                answer = await self._line[0].readuntil(b"\0")
            return _read(answer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Away(type(error).__name__) from None
        finally:
            self.close()

    async def _write(self, content: bytes) -> None:
        assert self._line is not None  # noqa: S101
        self._line[1].write(content)
        async with asyncio.timeout(TAKE_WITHIN):
            await self._line[1].drain()

    def close(self) -> None:
        """Leave; also when the file was given up half way."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line[1].close()
            self._line = None


def _read(answer: bytes) -> str | None:
    said = answer[:ANSWER_MOST].rstrip(b"\0\n").decode("utf-8", "replace")
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND").partition(": ")[2][:120] or "?"
    if said.endswith(": OK"):
        return None
    raise Away(said[:120])


class Guard:
    """Stands at the store's door. Without an address nothing is looked at; `required`: without clamd nothing is taken."""

    def __init__(self, address: str | None = None, *, required: bool = False) -> None:
        self._clamd = Clamd(address) if address else None
        self.required = required

    def begin(self) -> "Watch":
        """For one file."""
        return Watch(self._clamd.look() if self._clamd else None)


class Watch:
    """One file at the door."""

    def __init__(self, looking: Looking | None) -> None:
        self._looking = looking

    async def show(self, piece: bytes) -> None:
        """The next clear bytes."""
        if self._looking is not None:
            await self._looking.show(piece)

    async def end(self) -> Verdict:
        """What became of it; clamd being away is an answer too."""
        if self._looking is None:
            return Verdict(None)
        try:
            found = await self._looking.verdict()
        except Away as error:
            log.warning("clamd did not look at a file: %s", error)
            return Verdict(UNSCANNED)
        return Verdict(INFECTED, found) if found is not None else Verdict(CLEAN)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._looking is not None:
            self._looking.close()
