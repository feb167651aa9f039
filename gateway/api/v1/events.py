"""The event stream: what changed on the asking county's cases, as server-sent events."""

import orjson
from aiohttp import web

from gateway import keys
from gateway.api import requests
from gateway.api.operations import Body, Operation, Query
from gateway.api.requests import BadQuery
from gateway.api.security import actor_of
from gateway.applications.errors import Finding
from gateway.auth.actor import Actor
from gateway.auth.decisions import token
from gateway.keys import Change
from gateway.streams import BATCH, Event, Source

STREAM = "text/event-stream"


@token("events")
async def stream(request: web.Request) -> web.StreamResponse:
    """Events after `Last-Event-ID` or `after`, from now on without either; ends when the client is shut out."""
    given, actor = requests.query(request, "after"), actor_of(request)
    feed, clients = request.app[keys.NOTIFIER], request.app[keys.CLIENTS]

    async def after(cursor: str) -> list[Event]:
        return [_event(change) for change in await feed.after(actor, cursor, BATCH)]

    async def alive() -> bool:
        program = await clients.get(actor.client_id or "")
        return program is not None and not program.disabled and "events" in program.scopes

    cursor = request.headers.get("Last-Event-ID") or given.get("after") or await feed.latest()
    with request.app[keys.METRICS].streams.labels("api").track_inprogress():
        return await _serve(request, Source(after, feed.wait, alive), cursor, actor)


async def _serve(request: web.Request, source: Source, cursor: str, actor: Actor) -> web.StreamResponse:
    try:
        return await request.app[keys.STREAMS].serve(request, source, cursor, owner=actor.id)
    except ValueError:
        raise BadQuery([Finding("/after", "format", "没有这个位置，请从 0 或收到过的 id 开始")]) from None


def _event(change: Change) -> Event:
    return Event(change.cursor, "application", orjson.dumps(change.data).decode())


OPERATIONS = (
    Operation(
        "GET",
        "/api/v1/events",
        stream,
        id="streamEvents",
        tag="事件流",
        says="办件变化的事件流（SSE），每 15 秒一条注释",
        query=(Query("after", "从哪个 id 之后开始"),),
        headers=(Query("Last-Event-ID", "断线后续接：最后收到的 id"),),
        answers={200: Body(None, STREAM)},
        problems=(401, 403, 422, 429, 503),
        more="每条事件：id 为位置，event 为 application，data 的形状见 Change。",
    ),
)
