"""Uploads: a large file in parts, resumed after a broken line, kept as an attachment when all of it is here."""

from aiohttp import web

from gateway import keys, transfer
from gateway.api import answers, requests
from gateway.api.operations import Body, Operation
from gateway.api.requests import MediaType
from gateway.api.security import actor_of
from gateway.attachments.errors import NoSuchUpload
from gateway.auth.decisions import token

ANY = "*/*"
ADDRESS = "/api/v1/uploads"


@token("applications", "messages")
async def begin(request: web.Request) -> web.Response:
    """201 with where to go on."""
    actor, wanted = actor_of(request), await requests.body(request, "UploadWanted")
    begun = await request.app[keys.UPLOADS].begin(
        actor.jurisdiction, actor.id, wanted.get("name") or "", wanted.get("media_type") or "", wanted["size"]
    )
    return answers.json(begun, status=201, headers={"Location": f"{ADDRESS}/{begun['id']}"})


@token("applications", "messages")
async def where(request: web.Request) -> web.Response:
    """How far it is."""
    actor = actor_of(request)
    return answers.json(await request.app[keys.UPLOADS].where(actor.jurisdiction, actor.id, _id(request)))


@token("applications", "messages", streams_body=True)
async def add(request: web.Request) -> web.Response:
    """The next part."""
    if transfer.is_packed(request):
        raise MediaType
    actor, offset = actor_of(request), request.match_info["offset"]
    if not (offset.isascii() and offset.isdigit() and len(offset) < 12):
        raise NoSuchUpload(offset)
    pieces = transfer.pieces(request)
    told = await request.app[keys.UPLOADS].add(actor.jurisdiction, actor.id, _id(request), int(offset), pieces)
    return answers.json(told)


@token("applications", "messages")
async def finish(request: web.Request) -> web.Response:
    """The attachment: 201, or 200 when the county had put the same bytes before."""
    actor, whole = actor_of(request), await requests.body(request, "UploadWhole")
    kept, created = await request.app[keys.UPLOADS].finish(actor.jurisdiction, actor.id, _id(request), whole["sha256"])
    return answers.json(kept, status=201 if created else 200)


@token("applications", "messages")
async def drop(request: web.Request) -> web.Response:
    """Give it up."""
    actor = actor_of(request)
    await request.app[keys.UPLOADS].drop(actor.jurisdiction, actor.id, _id(request))
    return web.Response(status=204)


def _id(request: web.Request) -> str:
    return request.match_info["id"]


PROBLEMS = (401, 403, 404, 429, 503)
OPERATIONS = (
    Operation(
        "POST",
        ADDRESS,
        begin,
        id="beginUpload",
        tag="附件",
        says="开始分段上传一个文件",
        takes=(Body("UploadWanted"),),
        answers={201: Body("Upload")},
        problems=(400, 401, 403, 413, 415, 422, 429, 503),
        more="24 小时内传完；每个客户端最多 20 个未传完的。小文件可以直接用 PUT attachments。",
    ),
    Operation(
        "GET",
        f"{ADDRESS}/{{id}}",
        where,
        id="getUpload",
        tag="附件",
        says="已经存妥多少，断线后从这里续传",
        answers={200: Body("Upload")},
        problems=PROBLEMS,
    ),
    Operation(
        "PUT",
        f"{ADDRESS}/{{id}}/parts/{{offset}}",
        add,
        id="putUploadPart",
        tag="附件",
        says="传下一段，offset 是它的第一个字节的位置",
        takes=(Body(None, ANY),),
        answers={200: Body("Upload")},
        problems=(401, 403, 404, 408, 409, 413, 415, 429, 503),
        more="答复之后这一段已经存妥；传到一半断线的一段不算。位置不对时 409，先 GET 再续传。",
    ),
    Operation(
        "POST",
        f"{ADDRESS}/{{id}}/completion",
        finish,
        id="finishUpload",
        tag="附件",
        says="传完，核对 SHA-256 后存为附件",
        takes=(Body("UploadWhole"),),
        answers={200: Body("Attachment"), 201: Body("Attachment")},
        problems=(400, 401, 403, 404, 409, 413, 415, 422, 429, 503),
    ),
    Operation(
        "DELETE",
        f"{ADDRESS}/{{id}}",
        drop,
        id="dropUpload",
        tag="附件",
        says="不传了",
        answers={204: None},
        problems=PROBLEMS,
    ),
)
