"""A clamd that knows one virus: a real server that speaks INSTREAM, at the outermost seam."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

VIRUS = b"TONGBAN-TEST-VIRUS"
NAME = "Tongban.Test"


class FakeClamd:
    """Answers at 127.0.0.1; `most` bytes of one file, then it hangs up as clamd does."""

    def __init__(self, most: int = 100 * 1024 * 1024) -> None:
        self.address, self.seen, self._most = "", list[int](), most

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content, answer = b"", b""
        try:
            assert await reader.readexactly(10) == b"zINSTREAM\0"
            while length := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(length)
                if len(content) > self._most:
                    answer = b"INSTREAM size limit exceeded. ERROR\0"
                    break
            self.seen.append(len(content))
            answer = answer or (f"stream: {NAME} FOUND\0".encode() if VIRUS in content else b"stream: OK\0")
            writer.write(answer)
            await writer.drain()
        except asyncio.IncompleteReadError:  # the house gave the file up
            pass
        finally:
            writer.close()


@asynccontextmanager
async def clamd(most: int = 100 * 1024 * 1024) -> AsyncIterator[FakeClamd]:
    """One that runs."""
    fake = FakeClamd(most)
    server = await asyncio.start_server(fake._serve, "127.0.0.1", 0)
    fake.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        await server.wait_closed()
