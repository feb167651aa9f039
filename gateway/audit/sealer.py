"""The sealer of the audit: binds committed lines into signed roots. One holder at a time; the database allows no second."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError

from gateway.audit import roots
from gateway.audit.tables import AuditLine, AuditRoot
from messaging.faults import fault
from messaging.unit_of_work import Connection, run_tx

BATCH = 5000  # lines in one root


class Overtaken(Exception):
    """Another sealer drew a root meanwhile; nothing was written."""


class RootSealer:
    """One pass takes what is not sealed yet; the caller loops."""

    def __init__(self, sign: roots.Sign, now: Callable[[], datetime]) -> None:
        self._sign, self._now = sign, now
        self.told: dict[str, Any] | None = None  # the last root that this process knows, as receipts tell it

    async def once(self) -> int:
        """Seal what is committed, at most BATCH lines; how many there were.

        The root is drawn and signed before the transaction that writes it.
        """
        lines, last = await run_tx(self._waiting)
        if not lines:
            return 0
        row = roots.draw([line.hash for line in lines], last, self._now(), self._sign)
        fault("audit.before_seal")
        try:
            await run_tx(lambda connection: self._write(connection, row, [line.id for line in lines]))
        except (IntegrityError, Overtaken):
            return 0
        self.told = roots.told(row)
        return len(lines)

    async def latest(self) -> dict[str, Any] | None:
        """The last root as receipts tell it (`sealed_root`); None before the first."""
        row = await run_tx(_last)
        self.told = None if row is None else roots.told(row)
        return self.told

    async def _waiting(self, connection: Connection) -> tuple[Sequence[AuditLine], AuditRoot | None]:
        rows = AuditLine.filter(root_id__isnull=True).using_db(connection).order_by("id").limit(BATCH)
        lines = await rows.only("id", "hash")
        return lines, await _last(connection) if lines else None

    async def _write(self, connection: Connection, row: AuditRoot, line_ids: Sequence[int]) -> None:
        """`previous` is unique, and a line is sealed once: of two sealers only one gets through."""
        await row.save(using_db=connection, force_create=True)
        open_lines = AuditLine.filter(id__in=line_ids, root_id__isnull=True)
        if await open_lines.using_db(connection).update(root_id=row.id) != len(line_ids):
            raise Overtaken


async def _last(connection: Connection) -> AuditRoot | None:
    return await AuditRoot.all().using_db(connection).order_by("-id").first()
