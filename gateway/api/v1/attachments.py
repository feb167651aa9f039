"""Attachments: a file's bytes in, and out again to those to whom a case of theirs names it."""

from aiohttp import web

from gateway import keys, transfer
from gateway.api import answers
from gateway.api.operations import Body, Operation, Query
from gateway.api.requests import MediaType
from gateway.api.security import actor_of
from gateway.attachments.errors import TooLarge
from gateway.attachments.store import LIMIT
from gateway.auth.decisions import token

ANY = "*/*"


@token("applications", "messages", streams_body=True)
async def put(request: web.Request) -> web.Response:
    """Keep the bytes of the body: 201, or 200 when the county had put them before."""
    if transfer.is_packed(request):
        raise MediaType
    if (request.content_length or 0) > LIMIT:
        raise TooLarge(LIMIT)
    actor, store = actor_of(request), request.app[keys.ATTACHMENTS]
    pieces, name, declared = transfer.pieces(request), transfer.name(request), transfer.declared_type(request)
    kept, created = await store.put(actor.jurisdiction, actor.id, pieces, name, declared)
    return answers.json(kept, status=201 if created else 200)


@token("applications", "messages")
async def get(request: web.Request) -> web.StreamResponse:
    """The bytes, as a download that no browser opens in our name."""
    actor, sha256 = actor_of(request), request.match_info["sha256"]
    kept, pieces = await request.app[keys.ATTACHMENTS].open(sha256, actor.jurisdiction)
    return await transfer.give(request, kept, pieces)


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
