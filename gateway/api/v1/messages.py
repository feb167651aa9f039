"""Messages: the door by which a partner's signed messages come in over HTTP. It only stores."""

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import EVENT, SIGNATURE, Body, Operation
from gateway.api.security import actor_of
from gateway.auth.decisions import token
from messaging import envelope
from messaging.envelope import BadEnvelope
from messaging.inbox import Unverified
from messaging.strict_json import Malformed


@token("messages")
async def post(request: web.Request) -> web.Response:
    """Durable once this answers 202; what it did is told by a receipt, which comes as a delivery."""
    partner, body = actor_of(request).jurisdiction, await requests.raw(request, EVENT)
    counted = request.app[keys.METRICS].messages_in
    try:
        stored = await request.app[keys.INBOX].store(partner, body, _signature(request, partner, body), door="rest")
    except (Unverified, Malformed) as doubt:
        counted.labels(partner, type(doubt).__name__.lower()).inc()
        raise
    counted.labels(partner, "duplicate" if stored.duplicate else "stored").inc()
    told = {"id": stored.id, "sha256": stored.sha256, "stored_at": envelope.rfc3339(stored.stored_at)}
    return answers.json({**told, "duplicate": stored.duplicate}, status=202)


def _signature(request: web.Request, partner: str, body: bytes) -> str | None:
    """The partner's own signature, or ours in its name when it cannot sign and we hold its key."""
    given = request.headers.get(SIGNATURE.name)
    known = {one.code: one for one in request.app[keys.REGISTRY].all()}
    if given is not None or partner not in known or not known[partner].custodial:
        return given
    try:
        return request.app[keys.ON_BEHALF].sign(partner, body)
    except BadEnvelope:
        return None


OPERATIONS = (
    Operation(
        "POST",
        "/api/v1/messages",
        post,
        id="postMessage",
        tag="报文",
        says="送来一份签名报文",
        takes=(Body("Message", EVENT),),
        headers=(SIGNATURE,),
        answers={202: Body("Stored")},
        problems=(400, 401, 403, 413, 415, 422, 429, 503),
        repeatable="optional",
        more="返回 202 时报文已落盘；处理结果随后以 receipt 报文投递。报文格式见 /api/asyncapi.json。",
    ),
)
