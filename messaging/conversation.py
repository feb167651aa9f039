"""Conversations: one subject with one partner. Whoever holds the row's lock may number, compare, apply and drain."""

from collections.abc import Iterable
from datetime import datetime

from messaging import bulk, ids
from messaging.key_ring import KeyRing
from messaging.tables import Conversation
from messaging.unit_of_work import Connection

Pair = tuple[str, str]  # (partner, subject)


async def locked(connection: Connection, keys: KeyRing, partner: str, subject: str, now: datetime) -> Conversation:
    """One conversation's row, locked; made with a key of its own when nobody has spoken yet."""
    return (await lock_all(connection, keys, [(partner, subject)], now))[partner, subject]


async def lock_all(
    connection: Connection, keys: KeyRing, pairs: Iterable[Pair], now: datetime, key_ids: dict[Pair, int] | None = None
) -> dict[Pair, Conversation]:
    """Rows of many conversations, locked in the order of their ids.

    A missing one is made; its key is the one named in `key_ids`, or a new one.
    """
    wanted = set(pairs)
    found = await _find(connection, wanted)
    for partner, subject in sorted(wanted - found.keys()):
        key_id = (key_ids or {}).get((partner, subject))
        found[partner, subject] = await _made(connection, keys, (partner, subject), now, key_id)
    return found


async def _made(connection: Connection, keys: KeyRing, pair: Pair, now: datetime, key_id: int | None) -> Conversation:
    """The row of a pair that had none. When another process makes it at the same moment, it is theirs, locked."""
    key = keys.make(now) if key_id is None else None
    row = Conversation(id=ids.row_id(), partner=pair[0], subject=pair[1], key_id=key.id if key else key_id)
    await bulk.insert(connection, [row], ignore_doubles=True)
    made = (await _find(connection, {pair}))[pair]
    if key is not None and made.id == row.id:
        await key.save(using_db=connection, force_create=True)
    return made


async def renewed(connection: Connection, keys: KeyRing, talk: Conversation, now: datetime) -> None:
    """A new data key for a conversation whose own was destroyed; the row is locked."""
    key = keys.make(now)
    await key.save(using_db=connection, force_create=True)
    talk.key_id = key.id
    await talk.save(using_db=connection, update_fields=["key_id"])


async def _find(connection: Connection, wanted: set[Pair]) -> dict[Pair, Conversation]:
    partners, subjects = {partner for partner, _ in wanted}, {subject for _, subject in wanted}
    rows = await bulk.select(connection, Conversation, partner=list(partners), subject=list(subjects), lock=True)
    return {(row.partner, row.subject): row for row in rows if (row.partner, row.subject) in wanted}


def new(partner: str, subject: str, key_id: int) -> Conversation:
    """The unsaved row of a conversation that begins with our own first word."""
    return Conversation(
        id=ids.row_id(),
        partner=partner,
        subject=subject,
        key_id=key_id,
        next_out=1,
        next_in=1,
        partner_seen=0,
        gap_asks=0,
    )
