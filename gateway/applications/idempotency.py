"""Repeating a request safely: one answer per (client, route, Idempotency-Key), written with the deed."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from gateway.applications.case import Json, context, seal, unseal
from gateway.applications.errors import CaseError, IdempotencyReused, InFlight
from gateway.applications.tables import StoredAnswer
from messaging import bulk, ids
from messaging.key_ring import KeyRing
from messaging.unit_of_work import Connection, spawn

KEPT = timedelta(days=7)


class Answered(CaseError):
    """This very request was answered before; its answer is stored."""


@dataclass(frozen=True)
class Answer:
    """What a door sends: status, body, and whether it was answered before."""

    status: int
    body: Json
    location: str | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Key:
    """Whose request it is, on which route, under which key, with which body."""

    client: str
    route: str
    key: str
    body_sha256: str


def key_of(client: str, route: str, key: str | None, body: Any) -> Key | None:
    """The key of a request; None when the client gave none."""
    if key is None:
        return None
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Key(client, route, key, digest)


class Repeats:
    """Stored answers, and the requests that are under way in this process; `claim` looks after those of other ones."""

    def __init__(self, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now
        self._running: set[tuple[str, str, str]] = set()

    async def once(self, key: Key | None, deed: Callable[[], Awaitable[Answer]]) -> Answer:
        """The stored answer, or else that of the deed, which keeps its own. Raises IdempotencyReused, InFlight.

        A caller who leaves does not end the deed: until it is done, the same request is in flight.
        """
        if key is None:
            return await deed()
        mark = (key.client, key.route, key.key)
        if mark in self._running:
            raise InFlight
        self._running.add(mark)
        return await asyncio.shield(spawn(self._once(key, mark, deed)))

    async def _once(self, key: Key, mark: tuple[str, str, str], deed: Callable[[], Awaitable[Answer]]) -> Answer:
        """Most requests are new: what was answered before is only looked for when the deed is refused."""
        try:
            return await deed()
        except CaseError as refusal:
            answer = await self._stored(key)
            if answer is not None:
                return answer
            if not isinstance(refusal, Answered):
                raise
            return await deed()  # what had been answered is over: its time has passed
        finally:
            self._running.discard(mark)

    async def _stored(self, key: Key) -> Answer | None:
        row = await StoredAnswer.get_or_none(client=key.client, route=key.route, key=key.key)
        if row is not None and row.at < self._now() - KEPT:
            await StoredAnswer.filter(id=row.id).delete()
            return None
        if row is None:
            return None
        if row.body_sha256 != key.body_sha256:
            raise IdempotencyReused
        await self._keys.fetch([row.key_id])
        body = unseal(self._keys, row.key_id, row.body, context("case_stored_answer", "body", row.id))
        return Answer(row.status, body, row.location, replayed=True)

    def row(self, key: Key | None, answer: Answer, key_id: int) -> StoredAnswer | None:
        """The row to write with the deed, sealed under the case's key."""
        if key is None:
            return None
        row_id = ids.row_id()
        return StoredAnswer(
            id=row_id,
            client=key.client,
            route=key.route,
            key=key.key,
            body_sha256=key.body_sha256,
            status=answer.status,
            location=answer.location,
            key_id=key_id,
            body=seal(self._keys, key_id, answer.body, context("case_stored_answer", "body", row_id)),
            at=self._now(),
        )


async def claim(connection: Connection, keys: Sequence[Key]) -> dict[Key, CaseError]:
    """Keep other processes from these requests until the transaction ends; InFlight where one is at it, Answered where an
    answer is stored.

    On SQLite there is one process, which knows what it has under way.
    """
    if not keys:
        return {}
    refused: dict[Key, CaseError] = {}
    if connection.capabilities.dialect == "postgres":
        numbers = {_lock_number(key): key for key in keys}
        asked = "SELECT n, pg_try_advisory_xact_lock(n) AS ours FROM unnest($1::bigint[]) AS n"
        rows = await connection.execute_query_dict(asked, [list(numbers)])
        refused = {numbers[row["n"]]: InFlight() for row in rows if not row["ours"]}
    clients, names = {key.client for key in keys}, {key.key for key in keys}
    found = await bulk.select(connection, StoredAnswer, client=list(clients), key=list(names))
    stored = {(row.client, row.route, row.key) for row in found}
    answered: dict[Key, CaseError] = {key: Answered() for key in keys if (key.client, key.route, key.key) in stored}
    return answered | refused


def _lock_number(key: Key) -> int:
    """64 bits of its digest, signed, as the database numbers its advisory locks."""
    text = "\0".join((key.client, key.route, key.key))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


async def purge(now: datetime) -> int:
    """Forget answers after seven days; how many."""
    return await StoredAnswer.filter(at__lt=now - KEPT).delete()
