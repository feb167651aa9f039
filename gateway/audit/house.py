"""The house chain: what belongs to no case, such as sign-ins, what was quarantined or set aside, and changes of users."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.audit import chain
from gateway.audit.tables import AuditLine, HouseChain
from messaging.unit_of_work import Connection

HOUSE = "house"


async def note(
    connection: Connection,
    who: str,
    what: str,
    why: str | None = None,
    detail: Mapping[str, Any] | None = None,
    *,
    now: datetime,
) -> AuditLine:
    """Append a line in the caller's transaction. The chain's row is locked until that ends, so call it last."""
    head = await _locked(connection)
    row = chain.line(HOUSE, head.sequence + 1, head.hash, now, who, what, why, detail)
    await row.save(using_db=connection, force_create=True)
    await HouseChain.filter(name=HOUSE).using_db(connection).update(sequence=row.sequence, hash=row.hash)
    return row


async def _locked(connection: Connection) -> HouseChain:
    head = await HouseChain.filter(name=HOUSE).using_db(connection).select_for_update().first()
    if head is not None:
        return head
    await HouseChain.bulk_create([HouseChain(name=HOUSE)], ignore_conflicts=True, using_db=connection)
    return await HouseChain.filter(name=HOUSE).using_db(connection).select_for_update().get()
