"""Evidence: everything that proves how a case went, as one archive."""

import hashlib

from aiohttp import web

from gateway import keys
from gateway.api import requests
from gateway.api.operations import Body, Operation
from gateway.api.security import actor_of
from gateway.auth.decisions import token

ZIP = "application/zip"


@token("applications")
async def get(request: web.Request) -> web.Response:
    """The case's messages with their signatures, receipts, papers, audit chain and keys."""
    requests.query(request)
    room, actor = request.app[keys.CASE_ROOM], actor_of(request)
    shown = await room.view(actor, request.match_info["number"])
    archive = await request.app[keys.EVIDENCE](shown["number"])
    await room.gave_evidence(actor, shown["number"], hashlib.sha256(archive).hexdigest())
    disposition = f'attachment; filename="evidence-{shown["number"]}.zip"'
    return web.Response(body=archive, content_type=ZIP, headers={"Content-Disposition": disposition})


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/applications/{number}/evidence",
        get,
        id="getEvidence",
        tag="办件",
        says="办件的证据包",
        more="每次取走记入该办件的审计链，写明取走的一份的 SHA-256；含申请人的完整信息。",
        answers={200: Body(None, ZIP)},
        problems=(401, 403, 404, 429, 503),
    ),
)
