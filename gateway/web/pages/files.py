"""Files of the pages: a scan goes up at once while the form is filled in; a paper comes down as a download."""

from aiohttp import web

from gateway import keys, transfer
from gateway.attachments.errors import (
    AttachmentError,
    NoSuchUpload,
    NotScanned,
    OtherContent,
    StoreFull,
    TooLarge,
    TooManyUploads,
    WrongOffset,
    WrongType,
)
from gateway.attachments.store import LIMIT
from gateway.auth.decisions import signed_in
from gateway.web import forgery, posted, scans

HANDS = ("clerk", "officer", "partner_operator")


@signed_in(*HANDS, streams_body=True)
async def put(request: web.Request) -> web.Response:
    """Take one raw file: 201 `{"sha256","size","name","media_type","sm3"}`, or `{"detail"}` in the clerk's words."""
    forgery.check_form_token(request, request.headers.get(forgery.HEADER))
    if transfer.is_packed(request):
        return refused(415, "请直接上传文件，不要压缩传输")
    if (request.content_length or 0) > LIMIT:
        return _too_large(LIMIT)
    store, actor = request.app[keys.ATTACHMENTS], request[keys.ACTOR]
    pieces, name, declared = transfer.pieces(request), transfer.name(request), transfer.declared_type(request)
    try:
        return web.json_response(await scans.put(store, actor, pieces, name, declared), status=201)
    except AttachmentError as error:
        return refusal(error)


def _too_large(limit: int) -> web.Response:
    return refused(413, posted.TOO_LARGE.format(limit // 1024 // 1024))


def refused(status: int, detail: str) -> web.Response:
    """In the clerk's words."""
    return web.json_response({"detail": detail}, status=status)


def refusal(error: AttachmentError) -> web.Response:
    """Why a file, or a part of one, was not taken. Raises what is the house's own trouble."""
    match error:
        case TooLarge():
            return _too_large(error.limit)
        case WrongType():
            return refused(415, error.text)
        case NotScanned():
            return refused(503, error.text)
        case StoreFull():
            return refused(503, "存储空间不足，文件没有保存。请联系系统管理员")
        case TooManyUploads():
            return refused(429, error.text)
        case NoSuchUpload():
            return refused(404, "上次没有传完的已过期")
        case OtherContent():
            return refused(422, "收到的内容与本机文件不同，没有保存，请重新上传")
        case WrongOffset():
            return web.json_response({"detail": error.text, "offset": error.offset}, status=409)
    raise error


@signed_in(*HANDS)
async def get(request: web.Request) -> web.StreamResponse:
    """A file that our county put or that a message names to it; never opened by the browser in our name."""
    sha256 = request.match_info["sha256"]
    kept, pieces = await request.app[keys.ATTACHMENTS].open(sha256, request[keys.ACTOR].jurisdiction)
    return await transfer.give(request, kept, pieces)


def routes() -> list[web.RouteDef]:
    """In and out."""
    return [web.post("/uploads", put), web.get("/files/{sha256}", get)]
