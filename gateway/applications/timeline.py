"""The time line as a feed: steps in an order in which nothing that is read later stands before what was read already.

On SQLite there is one writer, and ids rise in the order of commits. On PostgreSQL ids are given out by several
processes, and transactions commit in any order: there the order is (transaction, id), and only what is older than every
open transaction is read. The cursor is a step's id on both.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from gateway.applications.deeds.log_contact import TYPE as CONTACT
from gateway.applications.deeds.own import TYPE as OWNER
from gateway.applications.deeds.vertical import TYPE as VERTICAL
from gateway.applications.joint import STOPPED_STEP
from gateway.applications.tables import Step
from messaging.rows import columns, read
from messaging.unit_of_work import Connection

_HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"
_PLACE = "COALESCE((SELECT written_in FROM case_step WHERE id <= $1 ORDER BY id DESC LIMIT 1), '0'::xid8)"
_COLUMNS = ", ".join(columns(Step))
_AFTER = f"SELECT {_COLUMNS} FROM case_step WHERE (written_in, id) > ({_PLACE}, $1) AND written_in < {_HORIZON}"  # noqa: S608
PRIVATE = (CONTACT, OWNER, VERTICAL, STOPPED_STEP)  # steps that only our own house sees
_THEIRS = f" AND number IN (SELECT number FROM case_leg WHERE partner = $3) AND type NOT IN {PRIVATE}"  # noqa: S608
_ORDER = " ORDER BY written_in, id LIMIT $2"
_LATEST = f"SELECT id FROM case_step WHERE written_in < {_HORIZON} ORDER BY written_in DESC, id DESC LIMIT 1"  # noqa: S608
_HIDES = f"SELECT 1 FROM case_step WHERE written_in >= {_HORIZON} LIMIT 1"  # noqa: S608


class Line(Protocol):
    """The feed over the steps of all cases."""

    async def after(self, cursor: int, limit: int, partner: str | None) -> Sequence[Step]:
        """Steps behind the cursor, oldest first; of one partner's legs, or of all."""

    async def latest(self) -> int:
        """The last step that may be read, 0 before the first."""

    async def hides(self) -> bool:
        """Are steps there that may not be read yet?"""


def of(connection: Connection) -> Line:
    """The feed as this database orders it."""
    return _Shared(connection) if connection.capabilities.dialect == "postgres" else _Single(connection)


class _Single:
    """One writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def after(self, cursor: int, limit: int, partner: str | None) -> Sequence[Step]:
        theirs, values = ("", [cursor, limit]) if partner is None else (_THEIRS, [cursor, partner, limit])
        asked = f"SELECT {_COLUMNS} FROM case_step WHERE id > ?{theirs.replace('$3', '?')} ORDER BY id LIMIT ?"  # noqa: S608
        return [read(Step, row, shared=False) for row in await self._connection.execute_query_dict(asked, values)]

    async def latest(self) -> int:
        last = await Step.all().order_by("-id").first()
        return last.id if last else 0

    async def hides(self) -> bool:
        return False


class _Shared:
    """Several writers; `written_in` is the transaction that wrote a step."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def after(self, cursor: int, limit: int, partner: str | None) -> Sequence[Step]:
        asked, values = _AFTER + _ORDER, list[Any]((cursor, limit))
        if partner is not None:
            asked, values = _AFTER + _THEIRS + _ORDER, [cursor, limit, partner]
        return [read(Step, row, shared=True) for row in await self._connection.execute_query_dict(asked, values)]

    async def latest(self) -> int:
        rows = await self._connection.execute_query_dict(_LATEST)
        return int(rows[0]["id"]) if rows else 0

    async def hides(self) -> bool:
        return bool(await self._connection.execute_query_dict(_HIDES))
