"""Attachments: a file's bytes in, and out again to those to whom a case of theirs names it."""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import content_disposition_filename, hdrs, parse_content_disposition, web

from gateway import keys
from gateway.api import answers
from gateway.api.operations import Body, Operation, Query
from gateway.api.requests import MediaType
from gateway.api.security import actor_of
from gateway.attachments.errors import Damaged, TooLarge
from gateway.attachments.store import LIMIT
from gateway.auth.decisions import token

log = logging.getLogger(__name__)

PIECE_WITHIN = 30.0  # seconds in which the next piece of an upload has to arrive
ANY = "*/*"


@token("applications", "messages", streams_body=True)
async def put(request: web.Request) -> web.Response:
    """Keep the bytes of the body: 201, or 200 when the county had put them before."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower() != "identity":
        raise MediaType
    if (request.content_length or 0) > LIMIT:
        raise TooLarge(LIMIT)
    actor, store = actor_of(request), request.app[keys.ATTACHMENTS]
    declared = request.content_type if hdrs.CONTENT_TYPE in request.headers else ""
    kept, created = await store.put(actor.jurisdiction, actor.id, _pieces(request), _name(request), declared)
    return answers.json(kept, status=201 if created else 200)


@token("applications", "messages")
async def get(request: web.Request) -> web.StreamResponse:
    """The bytes, as a download that no browser opens in our name."""
    actor, sha256 = actor_of(request), request.match_info["sha256"]
    kept, pieces = await request.app[keys.ATTACHMENTS].open(sha256, actor.jurisdiction)
    response = web.StreamResponse(
        headers={
            "Content-Type": kept.media_type,
            "Content-Length": str(kept.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
    )
    await response.prepare(request)
    try:
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except Damaged as damage:  # the head is out: only a cut connection can still say that the bytes are wrong
        log.error("attachment %s is damaged", sha256, exc_info=damage)
        if request.transport is not None:
            request.transport.abort()
    return response


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(PIECE_WITHIN):
                piece = await request.content.readany()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if not piece:
            return
        yield piece


def _name(request: web.Request) -> str:
    """The file's name in Content-Disposition; '' when there is none that can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, parameters = parse_content_disposition(request.headers.get(hdrs.CONTENT_DISPOSITION))
        return content_disposition_filename(parameters) or ""


OPERATIONS = (
    Operation(
        "PUT",
        "/api/v1/attachments",
        put,
        id="putAttachment",
        tag="附件",
        says="存放文件，最大 50 MiB",
        takes=(Body(None, ANY),),
        headers=(Query("Content-Disposition", "attachment; filename*=UTF-8''<文件名>"),),
        answers={200: Body("Attachment"), 201: Body("Attachment")},
        problems=(401, 403, 408, 413, 415, 429, 503),
        more="不接受 Content-Encoding。类型按内容判断；本县以前存过同样的内容时返回 200。",
    ),
    Operation(
        "GET",
        "/api/v1/attachments/{sha256}",
        get,
        id="getAttachment",
        tag="附件",
        says="取文件：本县存放的，或发给本县的报文提到的",
        answers={200: Body(None, ANY)},
        problems=(401, 403, 404, 429, 503),
    ),
)
