"""撤销提交: a submission from a page waits some seconds in the database before it is done; until then it can be undone.

Nothing has a number meanwhile. The loops submit what is due, so neither a closed browser nor a killed process loses it;
who is at it has claimed it first, and what is claimed cannot be undone. A submission is one case however often it is
tried, by its Idempotency-Key.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tortoise.expressions import Q

from gateway.applications import numbers
from gateway.applications.case import context, seal, unseal
from gateway.applications.errors import Busy, CaseError, InFlight, Invalid, NotFound
from gateway.applications.idempotency import Answer
from gateway.applications.tables import Draft
from gateway.auth.actor import Actor
from messaging.key_ring import KeyRing
from messaging.unit_of_work import Connection, run_tx

ROUTE = "POST /applications/new"
AGAIN = timedelta(seconds=15)  # after which a claim that led to nothing is another's
MOST = 50  # of one pass
KEPT = ("kind", "jurisdiction", "name", "username", "role", "window", "department", "phone")


class Files(Protocol):
    """The case room, as far as it files."""

    def submit(
        self, actor: Actor, body: Mapping[str, Any], *, source: int, key: str | None, route: str
    ) -> Awaitable[Answer]:
        """File a case, once under its key; see CaseRoom.submit."""


@dataclass(frozen=True)
class Waiting:
    """A submission as its page shows it. `number`: it was submitted; `refusal`: it could not be, the draft is back."""

    id: str
    matter: str
    handler: str | None
    seconds: int | None  # until it is submitted; None: it waits no more
    number: str | None
    refusal: str | None


class Pending:
    """Submissions that wait. Each clerk sees only the clerk's own."""

    def __init__(self, keys: KeyRing, room: Files, seconds: int, now: Callable[[], datetime]) -> None:
        self._keys, self._room, self.seconds, self._now = keys, room, seconds, now

    async def put(self, actor: Actor, draft_id: str, body: dict[str, Any], key: str) -> None:
        """From now on the draft waits to be submitted as this body. Raises NotFound for one that is not theirs."""

        async def unit(connection: Connection) -> None:
            row = await self._open(actor, draft_id).using_db(connection).first()
            if row is None:
                raise NotFound(draft_id)
            await self._keys.fetch([row.key_id], connection)
            filing = {"body": body, "actor": {name: getattr(actor, name) for name in KEPT}}
            row.filing = seal(self._keys, row.key_id, filing, context("case_draft", "filing", row.id))
            row.submit_at, row.submit_key = self._now() + timedelta(seconds=self.seconds), key
            row.claimed_at = row.refusal = None
            await row.save(
                using_db=connection, update_fields=["filing", "submit_at", "submit_key", "claimed_at", "refusal"]
            )

        await run_tx(unit)

    def _open(self, actor: Actor, draft_id: str) -> Any:
        return Draft.filter(id=draft_id, username=actor.id, submit_at__isnull=True, number__isnull=True)

    async def of_key(self, actor: Actor, key: str) -> str | None:
        """The draft that was submitted under this key, when the button was pressed twice."""
        row = await Draft.filter(username=actor.id, submit_key=key).first() if key else None
        return row.id if row else None

    async def one(self, actor: Actor, draft_id: str) -> Waiting:
        """How it stands. Raises NotFound, also for a draft that was never submitted or was undone."""
        row = await Draft.filter(id=draft_id, username=actor.id).first()
        if row is None or (row.submit_at is None and row.number is None and row.refusal is None):
            raise NotFound(draft_id)
        left = None if row.submit_at is None else max(0, round((row.submit_at - self._now()).total_seconds()))
        return Waiting(row.id, row.matter_id, row.handler, left, row.number, row.refusal)

    async def undo(self, actor: Actor, draft_id: str) -> bool:
        """A draft again; False when somebody is submitting it already."""
        waits = Draft.filter(id=draft_id, username=actor.id, submit_at__isnull=False, claimed_at__isnull=True)
        return bool(await waits.update(submit_at=None, submit_key=None, filing=None, updated_at=self._now()))

    async def hurry(self, actor: Actor, draft_id: str) -> None:
        """Submit it now."""
        waits = Draft.filter(id=draft_id, username=actor.id, submit_at__isnull=False, claimed_at__isnull=True)
        if await waits.update(submit_at=self._now()):
            await self._submit(draft_id)

    async def once(self) -> int:
        """Submit what is due, of all clerks; how many were tried."""
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=self._now() - AGAIN)
        due = await Draft.filter(free, submit_at__lte=self._now()).order_by("submit_at").limit(MOST)
        for row in due:
            await self._submit(row.id)
        return len(due)

    async def _submit(self, draft_id: str) -> None:
        """Claimed by whoever comes first (compare and set), submitted, and its text destroyed."""
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=self._now() - AGAIN)
        if not await Draft.filter(free, id=draft_id, submit_at__isnull=False).update(claimed_at=self._now()):
            return
        row = await Draft.get(id=draft_id)
        await self._keys.fetch([row.key_id])
        filing = unseal(self._keys, row.key_id, row.filing, context("case_draft", "filing", row.id))
        actor = Actor(**filing["actor"])
        try:
            answer = await self._room.submit(
                actor, filing["body"], source=numbers.WINDOW, key=row.submit_key, route=ROUTE
            )
        except (Busy, InFlight):
            await Draft.filter(id=draft_id).update(claimed_at=None)
        except CaseError as refusal:
            why = _words(refusal)[:2000]
            await Draft.filter(id=draft_id).update(
                submit_at=None, submit_key=None, filing=None, claimed_at=None, refusal=why, updated_at=self._now()
            )
        else:
            await self._done(row, str(answer.body["number"]))

    async def _done(self, row: Draft, number: str) -> None:
        async def unit(connection: Connection) -> None:
            changes = {"number": number, "submit_at": None, "filing": None, "answers": b"", "updated_at": self._now()}
            await Draft.filter(id=row.id).using_db(connection).update(**changes)
            await self._keys.destroy(row.key_id, self._now(), connection)

        await run_tx(unit)


def _words(refusal: CaseError) -> str:
    """What went wrong, without any value that was typed."""
    if isinstance(refusal, Invalid):
        return "；".join(dict.fromkeys(finding.detail for finding in refusal.findings))
    return str(refusal) or "本件不能提交"
