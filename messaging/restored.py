"""A partner that was restored from a backup: it gets again what it lost, ours and its own."""

from datetime import datetime

from messaging import at_rest, ids, receipts
from messaging.envelope import Envelope
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, Outgoing
from messaging.unit_of_work import Connection

GIVEN_BACK = ("applied", "recorded", "parked", "held", "stored", "set_aside")


async def help_on(connection: Connection, keys: KeyRing, talk: Conversation, said: Envelope, now: datetime) -> None:
    """It used a number again that we know under another message: its books are older than ours.

    What we said above its `seen` goes again, and its own messages from that number on go back to it, unchanged, so that
    it takes them into its books again and its numbers go on. The conversation's row is locked.
    """
    if said.seen is not None:
        await receipts.resend(connection, talk.partner, talk.subject, said.seen + 1, 2**53, now)
    await _give_back_from(connection, keys, talk.partner, talk.subject, said.sequence or 1, now)


async def send_again(
    connection: Connection, keys: KeyRing, partner: str, subject: str, numbers: tuple[int, int], now: datetime
) -> None:
    """Answer a request for numbers of ours. Who asks for what it had applied lost its books: its own go back to it too."""
    first, last = numbers
    asked = Outgoing.filter(partner=partner, subject=subject, sequence__gte=first, sequence__lte=last)
    lost = await asked.filter(outcome="applied").using_db(connection).exists()
    await receipts.resend(connection, partner, subject, first, last, now)
    if lost:
        await _give_back_from(connection, keys, partner, subject, 1, now)


async def _give_back_from(
    connection: Connection, keys: KeyRing, partner: str, subject: str, first: int, now: datetime
) -> None:
    rows = Incoming.filter(partner=partner, subject=subject, sequence__gte=first, state__in=list(GIVEN_BACK))
    for row in await rows.using_db(connection).order_by("sequence"):
        await _give_back(connection, keys, row, now)


async def _give_back(connection: Connection, keys: KeyRing, row: Incoming, now: datetime) -> None:
    """Its own bytes under its own signature, outside our numbers; asked for again, they go again."""
    known = Outgoing.filter(message_id=row.message_id, partner=row.partner).using_db(connection)
    if await known.update(state="written", due_at=now):
        return
    await keys.fetch([row.key_id], connection)
    body = keys.open(row.key_id, row.body, at_rest.incoming(row.partner, row.message_id))
    letter = Outgoing(
        id=ids.row_id(),
        message_id=row.message_id,
        partner=row.partner,
        subject=row.subject,
        sequence=None,
        type=row.type,
        key_id=row.key_id,
        body=keys.seal(row.key_id, body, at_rest.outgoing(row.message_id)),
        sha256=row.sha256,
        signature=row.signature,
        kid=row.kid,
        due_at=now,
        created_at=now,
        trace=row.trace,
    )
    await letter.save(using_db=connection, force_create=True)
