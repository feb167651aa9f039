"""Files of the pages: a scan goes up at once while the form is filled in; a paper comes down as a download."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import content_disposition_filename, hdrs, parse_content_disposition, web

from gateway import keys
from gateway.attachments.errors import Damaged, StoreFull, TooLarge, WrongType
from gateway.attachments.store import LIMIT
from gateway.auth.decisions import signed_in
from gateway.web import forgery, posted, scans

log = logging.getLogger(__name__)

HANDS = ("clerk", "officer", "partner_operator")
SANDBOX = "default-src 'none'; sandbox"


@signed_in(*HANDS, streams_body=True)
async def put(request: web.Request) -> web.Response:
    """Take one raw file: 201 `{"sha256","size","name","media_type","sm3"}`, or `{"detail"}` in the clerk's words."""
    forgery.check_form_token(request, request.headers.get(forgery.HEADER))
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        return _refused(415, "请直接上传文件，不要压缩传输")
    if (request.content_length or 0) > LIMIT:
        return _too_large(LIMIT)
    store, actor = request.app[keys.ATTACHMENTS], request[keys.ACTOR]
    declared = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    try:
        return web.json_response(await scans.put(store, actor, _pieces(request), _name(request), declared), status=201)
    except TooLarge as error:
        return _too_large(error.limit)
    except WrongType as error:
        return _refused(415, error.text)
    except StoreFull:
        return _refused(503, "存储空间不足，文件没有保存。请联系系统管理员")


def _too_large(limit: int) -> web.Response:
    return _refused(413, posted.TOO_LARGE.format(limit // 1024 // 1024))


def _refused(status: int, detail: str) -> web.Response:
    return web.json_response({"detail": detail}, status=status)


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(posted.PIECE_WITHIN):
                piece = await request.content.readany()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if not piece:
            return
        yield piece


def _name(request: web.Request) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, parameters = parse_content_disposition(request.headers.get(hdrs.CONTENT_DISPOSITION))
        return content_disposition_filename(parameters) or ""


@signed_in(*HANDS)
async def get(request: web.Request) -> web.StreamResponse:
    """A file that our county put or that a message names to it; never opened by the browser in our name."""
    sha256 = request.match_info["sha256"]
    kept, pieces = await request.app[keys.ATTACHMENTS].open(sha256, request[keys.ACTOR].jurisdiction)
    response = web.StreamResponse(
        headers={
            "Content-Type": kept.media_type,
            "Content-Length": str(kept.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
        }
    )
    await response.prepare(request)
    try:
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except Damaged as damage:  # the head is out: only a cut connection can still say that the bytes are wrong
        log.error("file %s is damaged", sha256, exc_info=damage)
        if request.transport is not None:
            request.transport.abort()
    return response


def routes() -> list[web.RouteDef]:
    """In and out."""
    return [web.post("/uploads", put), web.get("/files/{sha256}", get)]
