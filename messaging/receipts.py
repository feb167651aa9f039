"""Receipts: what we tell a partner about its messages, and what its receipts do to ours. They stand outside the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging import conversation, outbox
from messaging.envelope import Envelope, rfc3339
from messaging.tables import Conversation, Incoming, Mail, Outgoing, SetApart
from messaging.unit_of_work import Connection

MOST = 200  # entries in one receipt
OUTCOME = {"recorded": "applied", "stored": "held"}  # what an inbox state is called on the wire, where it differs


@dataclass(frozen=True)
class Told:
    """What one receipt entry changed: a row of ours and whether it is now closed."""

    row: Outgoing
    outcome: str


async def owing(connection: Connection, now: datetime) -> list[str]:
    """Partners to whom a receipt is due."""
    rows = (
        await Incoming.filter(receipt_due_at__lte=now).using_db(connection).distinct().values_list("partner", flat=True)
    )
    apart = await SetApart.filter(told=False).using_db(connection).distinct().values_list("partner", flat=True)
    return sorted({*map(str, rows), *map(str, apart)})


async def compose(
    connection: Connection, sender: outbox.Sender, partner: str, root: Mapping[str, Any] | None, now: datetime
) -> Outgoing | None:
    """Put one receipt for everything that is due to this partner into the outbox; None when nothing is."""
    link = await conversation.locked(connection, sender.keys, partner, "", now)
    await sender.keys.fetch([link.key_id], connection)
    due = Incoming.filter(partner=partner, receipt_due_at__lte=now).using_db(connection).order_by("id").limit(MOST)
    # Locked: an outcome that changes meanwhile waits, and is told by the next receipt.
    rows = [row for row in await due.select_for_update() if row.state != "replaced"]
    untold = SetApart.filter(partner=partner, told=False).using_db(connection).order_by("id").limit(MOST)
    apart = await untold.select_for_update()
    if not rows and not apart:
        return None
    heights = await _heights(connection, partner, {row.subject for row in rows})
    entries = [_entry(row, heights.get(row.subject, 0)) for row in rows] + [_apart(row) for row in apart]
    data: dict[str, Any] = {"receipts": entries}
    if root is not None:
        data["sealed_root"] = dict(root)
    letter = outbox.say(sender, link, "receipt", data, now)
    await letter.save(using_db=connection, force_create=True)
    for row in rows:
        await (
            Incoming.filter(id=row.id)
            .using_db(connection)
            .update(receipt_due_at=None, receipted_as=OUTCOME.get(row.state, row.state), receipt_id=letter.message_id)
        )
    await SetApart.filter(id__in=[row.id for row in apart]).using_db(connection).update(told=True)
    return letter


async def _heights(connection: Connection, partner: str, subjects: set[str]) -> dict[str, int]:
    talks = await Conversation.filter(partner=partner, subject__in=subjects).using_db(connection)
    return {talk.subject: talk.next_in - 1 for talk in talks}


def _entry(row: Incoming, highest: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": row.message_id,
        "sha256": row.sha256,
        "stored_at": rfc3339(row.stored_at),
        "highest_applied": highest,
        "outcome": OUTCOME.get(row.state, row.state),
    }
    if row.reason:
        entry["reason"] = row.reason[:500]
    return entry


def _apart(row: SetApart) -> dict[str, Any]:
    """By digest: of what is quarantined not even the id is believed."""
    return {
        "id": row.claimed_id if row.outcome == "conflict" else None,
        "sha256": row.sha256,
        "stored_at": rfc3339(row.stored_at),
        "highest_applied": 0,
        "outcome": row.outcome,
        "reason": row.reason,
    }


async def hear(connection: Connection, said: Envelope, now: datetime) -> list[Told]:
    """Take a partner's receipt: close the rows that it names. The conversations' rows are locked by the caller.

    An entry whose digest is not that of what we sent closes nothing.
    """
    entries: Sequence[Mapping[str, Any]] = said.data["receipts"]
    named = Outgoing.filter(partner=said.sender, sha256__in=[entry["sha256"] for entry in entries])
    rows = {row.sha256: row for row in await named.using_db(connection).order_by("id").select_for_update()}
    told: list[Told] = []
    for entry in entries:
        row = rows.get(entry["sha256"])
        if row is None or entry.get("id") not in {row.message_id, None}:
            continue
        await Mail.filter(partner=row.partner, message_id=row.message_id).using_db(connection).update(state="receipted")
        if outbox.receipted(row, entry["outcome"], entry.get("reason"), said.id, now):
            await row.save(using_db=connection)
            told.append(Told(row, entry["outcome"]))
        await _heard_up_to(connection, row, int(entry.get("highest_applied") or 0))
    return told


async def _heard_up_to(connection: Connection, row: Outgoing, highest: int) -> None:
    talks = Conversation.filter(
        partner=row.partner, subject=row.subject, partner_seen__lt=highest, next_out__gt=highest
    )
    await talks.using_db(connection).update(partner_seen=highest)


async def resend(connection: Connection, partner: str, subject: str, first: int, last: int, now: datetime) -> int:
    """Send these numbers of ours again, the same bytes; how many there were. What was replaced stays where it is."""
    rows = Outgoing.filter(partner=partner, subject=subject, sequence__gte=first, sequence__lte=last)
    newest = {row.sequence: row.id for row in await rows.using_db(connection).order_by("id").only("id", "sequence")}
    again = Outgoing.filter(id__in=list(newest.values())).using_db(connection)
    return await again.update(state="confirmed", due_at=now)


def ask_again(sender: outbox.Sender, talk: Conversation, waiting: Sequence[Incoming], now: datetime) -> Outgoing:
    """A request for the numbers that are missing before the first one that waits."""
    first = min(row.sequence for row in waiting if row.sequence is not None and row.sequence > talk.next_in)
    talk.gap_asks += 1
    talk.gap_asked_at = now
    return outbox.say(sender, talk, "resend.requested", {"from": talk.next_in, "to": first - 1}, now)
