"""到期销毁: what a case that closed long ago holds of people becomes unreadable for ever; digests, signatures, receipts and
audit lines stay, and so do matter, states and times."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.applications.lifecycle import CLOSED
from gateway.applications.plan import Who
from gateway.applications.tables import Application, Leg, SearchTerm
from gateway.attachments.store import AttachmentStore
from gateway.audit import chain
from messaging.key_ring import KeyRing
from messaging.tables import Conversation
from messaging.unit_of_work import Connection, run_tx

MOST = 100  # cases of one pass
REST = timedelta(hours=6)  # between two walks through all cases that closed long ago
DESTROYED = "retention.destroyed"

# Cases whose last change lies behind the limit and whose key is still there, behind the one with the id $after.
_DUE = (
    "SELECT leg.id AS id FROM case_leg leg JOIN case_application app ON app.id = leg.application_id"
    " JOIN post_data_key k ON k.id = app.key_id AND k.wrapped IS NOT NULL"
    " WHERE leg.id > {after} AND leg.part = 0 AND leg.state IN ({closed}) AND leg.updated_at < {limit} ORDER BY leg.id LIMIT {most}"
)


class Retention:
    """Walks through old cases, some at a time; the caller loops."""

    def __init__(
        self, keys: KeyRing, attachments: AttachmentStore, days: int, home: str, now: Callable[[], datetime]
    ) -> None:
        self._keys, self._attachments, self._now = keys, attachments, now
        self._kept_for = timedelta(days=days)
        self._who = str(Who(home, "system", "保存期限"))
        self._after, self._rests_until = 0, now()

    async def once(self, connection: Connection) -> int:
        """Destroy what is due, at most MOST cases; how many there were."""
        if self._now() < self._rests_until:
            return 0
        found = await self._due(connection)
        for leg_id in found:
            await run_tx(lambda tx, one=leg_id: self._destroy(tx, one))  # type: ignore[misc]
        self._after = found[-1] if len(found) == MOST else 0
        if not self._after:
            self._rests_until = self._now() + REST
        return len(found)

    async def _due(self, connection: Connection) -> list[int]:
        limit = (self._now() - self._kept_for).isoformat(sep=" ")
        query = _DUE.format(
            after=self._after,
            closed=", ".join(f"'{state.value}'" for state in sorted(CLOSED)),
            limit=f"'{limit}'",
            most=MOST,
        )
        return [int(row["id"]) for row in await connection.execute_query_dict(query)]

    async def _destroy(self, connection: Connection, leg_id: int) -> None:
        """Its key and those of files that no other case names; what could find the person; one line on its chain."""
        leg = await Leg.filter(id=leg_id).using_db(connection).select_for_update().get()
        if leg.state not in {state.value for state in CLOSED} or leg.updated_at >= self._now() - self._kept_for:
            return  # something came meanwhile
        application = await Application.get(id=leg.application_id, using_db=connection)
        keys = {application.key_id}
        for one in await Leg.filter(application_id=application.id).using_db(connection):  # a joint case's parts too
            await self._attachments.forget(connection, one.number)
            talks = Conversation.filter(partner=one.partner, subject=one.number).using_db(connection)
            keys |= {talk.key_id for talk in await talks}
        for key_id in keys:
            await self._keys.destroy(key_id, self._now(), connection)
        await SearchTerm.filter(application_id=application.id).using_db(connection).delete()
        await Application.filter(id=application.id).using_db(connection).update(id_index=None)
        detail = {"key": str(application.key_id), "state": leg.state, "after_days": self._kept_for.days}
        line = chain.line(
            leg.number, leg.audit_sequence + 1, leg.audit_hash, self._now(), self._who, DESTROYED, None, detail
        )
        await line.save(using_db=connection, force_create=True)
        head = {
            "audit_sequence": line.sequence,
            "audit_hash": line.hash,
            "vertical_system": None,
            "vertical_number": None,
        }
        await Leg.filter(id=leg.id).using_db(connection).update(**head)
