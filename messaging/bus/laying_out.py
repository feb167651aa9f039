"""Laying parcels out in the mailbox table: what is new is inserted, what was settled and is sent again lies there again."""

from collections.abc import Callable, Sequence
from datetime import datetime

from messaging import at_rest, bulk
from messaging.bus.port import Parcel
from messaging.key_ring import KeyRing
from messaging.tables import Mail
from messaging.unit_of_work import Connection


async def put(connection: Connection, parcels: Sequence[Parcel], mail: Callable[[Parcel], Mail]) -> None:
    """In the caller's transaction. `mail` makes the sealed row of a parcel that was never here."""
    known = {
        (row.partner, row.message_id): row
        for row in await bulk.select(connection, Mail, message_id=[p.message_id for p in parcels])
    }
    fresh: dict[tuple[str, str], Mail] = {}
    for parcel in parcels:
        row = known.get((parcel.partner, parcel.message_id))
        if row is None:
            fresh[parcel.partner, parcel.message_id] = mail(parcel)
        elif row.state == "receipted":
            await Mail.filter(id=row.id).using_db(connection).update(state="waiting", handed_at=None)
    await bulk.insert(connection, list(fresh.values()))


def sealed(keys: KeyRing, parcel: Parcel, now: datetime) -> Mail:
    """The row of a parcel, under a data key that is in memory. Raises KeyDestroyed."""
    return Mail(
        partner=parcel.partner,
        message_id=parcel.message_id,
        subject=parcel.subject,
        sequence=parcel.sequence,
        key_id=parcel.key_id,
        body=keys.seal(parcel.key_id, parcel.body, at_rest.mail(parcel.message_id)),
        sha256=parcel.sha256,
        signature=parcel.signature,
        stored_at=now,
    )
