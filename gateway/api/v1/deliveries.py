"""Deliveries: what waits for a partner that asks for it, and its receipts."""

import asyncio

from aiohttp import web

from gateway import keys
from gateway.api import answers, requests
from gateway.api.operations import EVENT, LIMIT, SIGNATURE, Body, Operation, Query
from gateway.api.security import actor_of
from gateway.applications.errors import WrongState
from gateway.auth.decisions import token
from partners.couriers import polling
from partners.mailbox import Item
from partners.registry import Way

NOTHING: list[Item] = []


@token("messages")
async def listing(request: web.Request) -> web.Response:
    """What is not receipted, oldest first; `wait` keeps the request open until there is something."""
    given = requests.query(request, "wait", "limit")
    seconds = min(requests.whole(given, "wait", 0), int(polling.LONGEST))
    partner, streams = actor_of(request).jurisdiction, request.app[keys.STREAMS]
    if request.app[keys.REGISTRY].get(partner).connection is not Way.POLLING:
        raise WrongState("本地区现在不以轮询方式接收，见接入单")
    with streams.place(f"deliveries:{partner}"):
        hand_out = polling.hand_out(
            request.app[keys.MAILBOX],
            partner,
            wait=seconds,
            limit=requests.limit(given),
            gone=lambda: _hung_up(request),
        )
        handed = asyncio.create_task(hand_out)
        items = await handed if await streams.unless_closing(handed) else NOTHING
    return answers.json({"items": [vars(item) for item in items], "next": None})


def _hung_up(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


@token("messages")
async def receipt(request: web.Request) -> web.Response:
    """The partner's signed receipt; one that cannot sign says only the outcome."""
    partner, message_id = actor_of(request).jurisdiction, request.match_info["id"]
    mailbox, store = request.app[keys.MAILBOX], request.app[keys.INBOX].store
    if request.content_type == "application/json" and request.app[keys.REGISTRY].get(partner).custodial:
        said = await requests.body(request, "CustodialReceipt")
        signer = request.app[keys.ON_BEHALF]
        await polling.settle_custodial(mailbox, store, signer, partner, message_id, said["outcome"])
    else:
        body = await requests.raw(request, EVENT)
        await polling.settle(mailbox, store, partner, message_id, body, request.headers.get(SIGNATURE.name))
    return web.Response(status=204)


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/deliveries",
        listing,
        id="listDeliveries",
        tag="报文",
        says="取发给本县的报文，旧的在前，回执之前每次都会再给",
        query=(Query("wait", "没有新报文时最多等几秒，不超过 30", {"type": "integer", "minimum": 0}), LIMIT),
        answers={200: Body("DeliveryList")},
        problems=(401, 403, 409, 422, 429, 503),
        more="同一会话一次只给一份未回执的报文。",
    ),
    Operation(
        "POST",
        "/api/v1/deliveries/{id}/receipt",
        receipt,
        id="receiptDelivery",
        tag="报文",
        says="交回执",
        takes=(Body("Message", EVENT), Body("CustodialReceipt")),
        headers=(SIGNATURE,),
        answers={204: None},
        problems=(400, 401, 403, 404, 413, 415, 422, 429, 503),
        repeatable="optional",
        more="只有代管密钥的地区用 application/json。",
    ),
)
