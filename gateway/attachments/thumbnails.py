"""Small pictures of pictures: made when they are asked for, kept for a while in memory, never on disk.

A program of its own draws them (`drawing`), one at a time: what harm a picture was made to do ends with that program.
"""

import asyncio
import contextlib
import logging
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from gateway.attachments.errors import Damaged, NotFound
from gateway.attachments.kinds import BMP, JPEG, PNG, TIFF
from gateway.attachments.store import AttachmentStore

log = logging.getLogger("tongban.attachments")
# Media type of what can be drawn -> its name in the drawing program
FORMATS: Mapping[str, str] = {
    PNG.media_type: "PNG",
    JPEG.media_type: "JPEG",
    BMP.media_type: "BMP",
    TIFF.media_type: "TIFF",
}
MEDIA_TYPE = JPEG.media_type  # of a thumbnail
MOST_KEPT = 256  # about 20 KB each
WITHIN = 20.0  # seconds for one, from its first byte
PROGRAM = Path(__file__).with_name("drawing.py")


class Thumbnails:
    """The small pictures of one process. Who may see a file is asked each time, also of what is kept here."""

    def __init__(self, store: AttachmentStore, program: Path = PROGRAM) -> None:
        self._store, self._program = store, program
        self._kept: OrderedDict[str, bytes | None] = OrderedDict()  # the last used at the end
        self._turn = asyncio.Semaphore(1)

    async def of(self, sha256: str, jurisdiction: str) -> bytes | None:
        """A JPEG of a file that the jurisdiction may read; None where nothing can be drawn.

        Raises NotFound, also for what is no picture.
        """
        kept = await self._store.look_up(sha256, jurisdiction)
        if kept.media_type not in FORMATS:
            raise NotFound(sha256)
        try:
            if sha256 not in self._kept:
                async with self._turn:
                    if sha256 not in self._kept:
                        self._keep(sha256, await self._drawn(sha256, jurisdiction))
        except (TimeoutError, Damaged) as error:  # the next time it may be otherwise
            log.error("no thumbnail of %s: %s %s", sha256, type(error).__name__, error)
            return None
        self._kept.move_to_end(sha256)
        return self._kept[sha256]

    def _keep(self, sha256: str, drawn: bytes | None) -> None:
        self._kept[sha256] = drawn
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    async def _drawn(self, sha256: str, jurisdiction: str) -> bytes | None:
        kept, pieces = await self._store.open(sha256, jurisdiction)
        async with asyncio.timeout(WITHIN):
            code, drawn = await self._run(FORMATS[kept.media_type], pieces)
        if code == 0:
            return drawn
        log.info("no thumbnail of %s: the drawing program ended with %s", sha256, code)
        return None

    async def _run(self, format_: str, pieces: AsyncIterator[bytes]) -> tuple[int, bytes]:
        """Exit code and output of the program, which gets the picture and nothing else, not even an environment."""
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        command = (sys.executable, "-I", str(self._program), format_)
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nowhere, env={})
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read all
                async for piece in pieces:
                    process.stdin.write(piece)
                    await process.stdin.drain()
            process.stdin.close()
            drawn = await process.stdout.read()
            return await process.wait(), drawn
        finally:
            if process.returncode is None:
                process.kill()
                await asyncio.shield(process.wait())
