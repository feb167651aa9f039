"""暂存: what a clerk has typed, kept on the server under a key of its own until it is submitted or purged."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from gateway.applications.case import context, seal, unseal
from gateway.applications.errors import NotFound
from gateway.applications.tables import Draft
from gateway.applications.views import local, masked_name
from gateway.auth.actor import Actor
from messaging import ids
from messaging.key_ring import KeyRing
from messaging.unit_of_work import Connection, run_tx

KEPT = timedelta(days=30)


class Drafts:
    """Each clerk sees only the clerk's own."""

    def __init__(self, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    async def save(
        self, actor: Actor, draft_id: str | None, matter: str, handler: str | None, answers: dict[str, Any]
    ) -> str:
        """Keep the present text; the draft's id. Raises NotFound for a draft that is not theirs."""
        return await run_tx(lambda connection: self._save(connection, actor, draft_id, matter, handler, answers))

    async def _save(
        self,
        connection: Connection,
        actor: Actor,
        draft_id: str | None,
        matter: str,
        handler: str | None,
        answers: dict[str, Any],
    ) -> str:
        now = self._now()
        if draft_id is None:
            key = self._keys.make(now)
            await key.save(using_db=connection, force_create=True)
            row = Draft(id=ids.message_id(), username=actor.id, matter_id=matter, handler=handler, key_id=key.id)
        else:
            row = await self._mine(actor, draft_id, connection)
        await self._keys.fetch([row.key_id], connection)
        row.matter_id, row.handler, row.updated_at, row.refusal = matter, handler, now, None
        row.answers = seal(self._keys, row.key_id, answers, context("case_draft", "answers", row.id))
        await row.save(using_db=connection, force_create=draft_id is None)
        return row.id

    async def _mine(self, actor: Actor, draft_id: str, connection: Connection | None = None) -> Draft:
        rows = Draft.filter(id=draft_id, username=actor.id, submit_at__isnull=True, number__isnull=True)
        row = await (rows.using_db(connection) if connection else rows).first()
        if row is None:
            raise NotFound(draft_id)
        return row

    async def one(self, actor: Actor, draft_id: str) -> dict[str, Any]:
        """`{"id","matter","handler","answers","updated_at","pending","refusal"}`"""
        row = await self._mine(actor, draft_id)
        await self._keys.fetch([row.key_id])
        return self._shown(row)

    async def all(self, actor: Actor) -> list[dict[str, Any]]:
        """The clerk's drafts, newest first, at most fifty; with the applicant's name masked. `pending`: it is being submitted."""
        mine = Draft.filter(username=actor.id, number__isnull=True, updated_at__gte=self._now() - KEPT)
        rows = await mine.order_by("-updated_at").limit(50)
        await self._keys.fetch(row.key_id for row in rows)
        shown = [self._shown(row) for row in rows]
        for draft in shown:
            person = draft.pop("answers").get("applicant")
            draft["applicant"] = masked_name(str(person.get("name", ""))) if isinstance(person, dict) else ""
        return shown

    def _shown(self, row: Draft) -> dict[str, Any]:
        answers = unseal(self._keys, row.key_id, row.answers, context("case_draft", "answers", row.id))
        return {
            "id": row.id,
            "matter": row.matter_id,
            "handler": row.handler,
            "answers": answers,
            "updated_at": local(row.updated_at),
            "pending": row.submit_at is not None,
            "refusal": row.refusal,
        }

    async def delete(self, actor: Actor, draft_id: str) -> None:
        """Throw a draft away, with its key."""

        async def unit(connection: Connection) -> None:
            row = await self._mine(actor, draft_id, connection)
            await row.delete(using_db=connection)
            await self._keys.destroy(row.key_id, self._now(), connection)

        await run_tx(unit)

    async def purge(self) -> int:
        """Throw away what nobody touched for thirty days, with its keys; how many."""
        old = await Draft.filter(updated_at__lt=self._now() - KEPT, submit_at__isnull=True).limit(500)

        async def unit(connection: Connection) -> None:
            for row in old:
                await row.delete(using_db=connection)
                await self._keys.destroy(row.key_id, self._now(), connection)

        if old:
            await run_tx(unit)
        return len(old)
