"""What lies on a broker, asked of the broker itself as the gateway's own user may ask."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractQueue

from messaging import envelope
from messaging.bus import amqp_line
from messaging.bus.names import PARKED, TO_GATEWAY, TO_PARTNER
from messaging.envelope import Envelope

QUEUES = (TO_PARTNER, TO_GATEWAY, PARKED)
WITHIN = 30.0  # seconds for one question

Row = dict[str, Any]


async def counts(url: str, codes: Collection[str]) -> dict[str, int]:
    """`"420683 to-partner" -> how many wait there`, without those that a reader has and has not acknowledged."""
    found: dict[str, int] = {}
    for code in codes:
        async with asyncio.timeout(WITHIN), _channel(url, code) as channel:
            for name in QUEUES:
                found[f"{code} {name}"] = _waiting(await channel.declare_queue(name, passive=True))
    return {what: n for what, n in found.items() if n}


async def left(url: str, codes: Collection[str]) -> list[Row]:
    """Every message `{"partner","queue","message_id","body","said"}`, once nobody else reads; they stay where they are."""
    rows: list[Row] = []
    for code in codes:
        async with asyncio.timeout(WITHIN), _channel(url, code) as channel:
            for name in QUEUES:
                queue = await channel.declare_queue(name, passive=True)
                while queue.declaration_result.consumer_count:
                    await asyncio.sleep(0.1)
                    queue = await channel.declare_queue(name, passive=True)
                rows += await _read(queue, code)
    return rows


async def _read(queue: AbstractQueue, code: str) -> list[Row]:
    """They are not acknowledged, so they go back when the channel closes."""
    waiting, rows = _waiting(queue), list[Row]()
    if not waiting:
        return rows
    async with queue.iterator() as messages:
        async for message in messages:
            said = _envelope(message.body)
            id_ = said.id if said is not None else message.message_id
            rows.append({"partner": code, "queue": queue.name, "message_id": id_, "body": message.body, "said": said})
            if len(rows) == waiting:
                break
    return rows


def _waiting(queue: AbstractQueue) -> int:
    return int(queue.declaration_result.message_count or 0)


def _envelope(body: bytes) -> Envelope | None:
    try:
        return envelope.parse(body)
    except ValueError:
        return None


@asynccontextmanager
async def _channel(url: str, code: str) -> AsyncIterator[AbstractChannel]:
    connection = await amqp_line.opened(url, code, "looks at")
    try:
        yield await connection.channel(publisher_confirms=False)
    finally:
        await amqp_line.closed(connection)
