"""Large files of the pages, part by part: the script goes on where the line broke."""

from typing import Any

from aiohttp import web

from gateway import keys, transfer
from gateway.attachments.errors import AttachmentError, TooLarge
from gateway.auth.actor import Actor
from gateway.auth.decisions import signed_in
from gateway.web import forgery, scans
from gateway.web.pages.files import HANDS, refusal, refused

ADDRESS = "/uploads/parts"


@signed_in(*HANDS, streams_body=True)
async def begin(request: web.Request) -> web.Response:
    """`{"name","media_type","size"}` -> 201 `{"id","offset","size","part_size","expires_at"}`."""
    forgery.check_form_token(request, request.headers.get(forgery.HEADER))
    wanted, actor = await _object(request), request[keys.ACTOR]
    size, name, declared = wanted.get("size"), wanted.get("name"), wanted.get("media_type")
    if type(size) is not int or not isinstance(name, str) or not isinstance(declared, str):
        raise web.HTTPBadRequest
    try:
        begun = await request.app[keys.UPLOADS].begin(actor.jurisdiction, actor.id, name, declared, size)
    except AttachmentError as error:
        return refusal(error)
    return web.json_response(begun, status=201)


@signed_in(*HANDS)
async def where(request: web.Request) -> web.Response:
    """How far it is."""
    actor = request[keys.ACTOR]
    try:
        return web.json_response(await request.app[keys.UPLOADS].where(actor.jurisdiction, actor.id, _id(request)))
    except AttachmentError as error:
        return refusal(error)


@signed_in(*HANDS, streams_body=True)
async def add(request: web.Request) -> web.Response:
    """The next part, raw."""
    forgery.check_form_token(request, request.headers.get(forgery.HEADER))
    actor, offset = request[keys.ACTOR], request.match_info["offset"]
    if not (offset.isascii() and offset.isdigit() and len(offset) < 12):
        raise web.HTTPNotFound
    if transfer.is_packed(request):
        return refused(415, "请直接上传文件，不要压缩传输")
    try:
        told = await request.app[keys.UPLOADS].add(
            actor.jurisdiction, actor.id, _id(request), int(offset), transfer.pieces(request)
        )
    except TooLarge:
        return refused(413, "这一段太大")
    except AttachmentError as error:
        return refusal(error)
    return web.json_response(told)


@signed_in(*HANDS, streams_body=True)
async def finish(request: web.Request) -> web.Response:
    """`{"sha256"}`, null where the browser cannot reckon it -> 201 as a file that came in one piece."""
    forgery.check_form_token(request, request.headers.get(forgery.HEADER))
    sha256, actor = (await _object(request)).get("sha256"), request[keys.ACTOR]
    if sha256 is not None and not isinstance(sha256, str):
        raise web.HTTPBadRequest
    try:
        return web.json_response(await _finished(request, actor, sha256), status=201)
    except AttachmentError as error:
        return refusal(error)


async def _finished(request: web.Request, actor: Actor, sha256: str | None) -> dict[str, Any]:
    kept, _ = await request.app[keys.UPLOADS].finish(actor.jurisdiction, actor.id, _id(request), sha256)
    return await scans.with_digest(request.app[keys.ATTACHMENTS], actor, kept)


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest
    return value


def _id(request: web.Request) -> str:
    return request.match_info["id"]


def routes() -> list[web.RouteDef]:
    """Begin, ask, go on, finish."""
    return [
        web.post(ADDRESS, begin),
        web.get(f"{ADDRESS}/{{id}}", where),
        web.put(f"{ADDRESS}/{{id}}/{{offset}}", add),
        web.post(f"{ADDRESS}/{{id}}/completion", finish),
    ]
