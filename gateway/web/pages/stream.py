"""The pages' event stream: tells an open page that something of its concern changed; the page then fetches itself."""

import asyncio
import time
from collections.abc import Sequence

import orjson
from aiohttp import web

from gateway import keys
from gateway.auth.actor import Actor
from gateway.auth.decisions import signed_in
from gateway.keys import Change, Feed
from gateway.streams import BATCH, Event, Source

PACE = 1.0  # seconds between two events of one page: a burst of changes is one fetch


@signed_in("clerk", "officer", "coordinator", "auditor", "partner_operator")
async def stream(request: web.Request) -> web.StreamResponse:
    """Events `application` after `Last-Event-ID` or `?after=`, of one case with `?number=`, or of several.

    `data` is that of the last change: `{"number","type","state","delivery","version","at"}`.
    """
    feed, actor = request.app[keys.NOTIFIER], request[keys.ACTOR]
    sessions = request.app[keys.SESSIONS]
    look = _Look(feed, actor, request.query.getall("number", []))
    cursor = request.headers.get("Last-Event-ID") or request.query.get("after") or await feed.latest()
    with request.app[keys.METRICS].streams.labels("pages").track_inprogress():
        try:
            source = Source(look.after, feed.wait, lambda: sessions.alive(actor))
            return await request.app[keys.STREAMS].serve(request, source, cursor, owner=actor.id)
        except ValueError:
            raise web.HTTPBadRequest from None


class _Look:
    """What one page hears: all changes since the last event become one, and not more often than PACE."""

    def __init__(self, feed: Feed, actor: Actor, numbers: Sequence[str]) -> None:
        self._feed, self._actor, self._numbers = feed, actor, frozenset(numbers)
        self._cursor: tuple[str, str] | None = None  # (asked for, read up to without finding anything of concern)
        self._spoke = 0.0

    async def after(self, cursor: str) -> Sequence[Event]:
        """The latest change of concern, as one event whose id is the newest cursor that was read."""
        start = self._cursor[1] if self._cursor and self._cursor[0] == cursor else cursor
        last, found = start, None
        while changes := await self._feed.after(self._actor, last, BATCH):
            last = changes[-1].cursor
            found = self._latest(changes) or found
            if len(changes) < BATCH:
                break
        self._cursor = (cursor, last)
        if found is None:
            return []
        await asyncio.sleep(max(0.0, self._spoke + PACE - time.monotonic()))
        self._spoke = time.monotonic()
        return [Event(last, "application", orjson.dumps(found.data).decode())]

    def _latest(self, changes: Sequence[Change]) -> Change | None:
        mine = [change for change in changes if not self._numbers or change.data["number"] in self._numbers]
        return mine[-1] if mine else None


def routes() -> list[web.RouteDef]:
    """One stream for all pages."""
    return [web.get("/stream", stream)]
