"""Who was restored from a backup gets again what it lost: a partner from us, ours and its own, and we from the partners.

A restored side asks for everything since the backup (`resend.requested` with `since`); one that does not know that it
was restored is recognised by the numbers that it uses again, and by a `seen` that knows more of the other side than that
side itself.
"""

from datetime import UTC, datetime, timedelta

from tortoise.expressions import Q

from messaging import at_rest, conversation, envelope, ids, outbox, receipts
from messaging.envelope import Envelope
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, Outgoing
from messaging.unit_of_work import Connection

LINK = "resend"  # the subject under which everything that was said over a link is asked for
LAST = 2**53 - 1  # the highest number that a request can name
ASKS = 3  # times that a restored side asks: a request stands outside the order and may be lost
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # as `since`: all that was ever said
PATIENCE = timedelta(seconds=60)  # that what came before a message is waited for; then it is taken as it stands
RETURNED = "returned"  # the door of our own messages that a partner gives back

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
    connection: Connection,
    keys: KeyRing,
    partner: str,
    subject: str,
    numbers: tuple[int, int],
    now: datetime,
    since: datetime | None = None,
) -> None:
    """Answer a request for numbers of ours. Who asks for what it had applied lost its books: its own go back to it too.

    With `since` it says itself that it did, for one conversation or, under LINK, for all in which something was said.
    """
    if since is not None:
        for one in sorted(await _touched(connection, partner, since)) if subject == LINK else [subject]:
            await receipts.resend(connection, partner, one, 1, LAST, now)
            await _give_back_from(connection, keys, partner, one, 1, now)
        return
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


async def _touched(connection: Connection, partner: str, since: datetime) -> set[str]:
    """Conversations in which either side said something, or was heard, since then."""
    ours = Outgoing.filter(Q(created_at__gte=since) | Q(receipted_at__gte=since), partner=partner)
    theirs = Incoming.filter(partner=partner, stored_at__gte=since)
    found: set[str] = set()
    for rows in (ours, theirs):
        numbered = rows.filter(sequence__not_isnull=True).using_db(connection).distinct()
        found |= {str(subject) for subject in await numbered.values_list("subject", flat=True)}
    return found


async def ask_for_everything(
    connection: Connection, sender: outbox.Sender, partner: str, since: datetime, now: datetime
) -> None:
    """We were restored: ask a partner for all that was said since the backup. Repeated by `ask_again`."""
    link = await conversation.locked(connection, sender.keys, partner, "", now)
    await sender.keys.fetch([link.key_id], connection)
    letter = ask(sender, link, since, now)
    await letter.save(using_db=connection, force_create=True)
    link.gap_asked_at, link.gap_asks = now, 1
    await link.save(using_db=connection, update_fields=["gap_asked_at", "gap_asks"])


def ask(sender: outbox.Sender, talk: Conversation, since: datetime, now: datetime) -> Outgoing:
    """The unsaved request for one conversation, or for the whole link."""
    data = {"from": 1, "to": LAST, "since": envelope.rfc3339(since)}
    return outbox.say(sender, talk, "resend.requested", data, now)


async def ask_again(connection: Connection, link: Conversation, now: datetime) -> None:
    """The same request goes once more, until it went often enough. The link's row is locked."""
    link.gap_asks += 1
    link.gap_asked_at = now if link.gap_asks < ASKS else None
    asked = Outgoing.filter(partner=link.partner, subject="", type="resend.requested").using_db(connection)
    last = await asked.order_by("-id").first()
    if last is not None:
        await Outgoing.filter(id=last.id).using_db(connection).update(state="written", due_at=now)
    await link.save(using_db=connection, update_fields=["gap_asked_at", "gap_asks"])
