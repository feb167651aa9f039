"""A file on its way through a door: its pieces in, its name, and its bytes out as a download that no browser opens."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import content_disposition_filename, hdrs, parse_content_disposition, web

from gateway.attachments.errors import Damaged
from gateway.attachments.mentions import Kept

log = logging.getLogger("tongban.transfer")
PIECE_WITHIN = 30.0  # seconds in which the next piece of an upload has to arrive


def is_packed(request: web.Request) -> bool:
    """Does the body come in another encoding? A file's bytes are taken as they are, or not at all."""
    return request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity"


def declared_type(request: web.Request) -> str:
    """The type that the sender names, '' when it names none."""
    return request.content_type if hdrs.CONTENT_TYPE in request.headers else ""


def name(request: web.Request) -> str:
    """The file's name in Content-Disposition; '' when there is none that can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, parameters = parse_content_disposition(request.headers.get(hdrs.CONTENT_DISPOSITION))
        return content_disposition_filename(parameters) or ""


async def pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it streams in. Raises HTTPRequestTimeout when the next piece does not come."""
    while True:
        try:
            async with asyncio.timeout(PIECE_WITHIN):
                piece = await request.content.readany()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if not piece:
            return
        yield piece


async def give(
    request: web.Request, kept: Kept, stored: AsyncIterator[bytes], *, inline: bool = False
) -> web.StreamResponse:
    """Answer with a file's bytes; `inline` only for what a page draws itself. Found damaged on the way, the connection is cut: the head is out already."""
    response = web.StreamResponse(
        headers={
            "Content-Type": kept.media_type,
            "Content-Length": str(kept.size),
            "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
    )
    await response.prepare(request)
    try:
        async for piece in stored:
            await response.write(piece)
        await response.write_eof()
    except Damaged as damage:
        log.error("attachment %s is damaged", kept.sha256, exc_info=damage)
        if request.transport is not None:
            request.transport.abort()
    return response
