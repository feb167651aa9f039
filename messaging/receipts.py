"""Receipts: what we tell a partner about its messages, and what its receipts do to ours. They stand outside the order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging import bulk, conversation, outbox
from messaging.envelope import Envelope, rfc3339
from messaging.tables import Conversation, Incoming, Mail, Outgoing, SetApart
from messaging.unit_of_work import Connection

RECEIPTED = ("state", "outcome", "reason", "receipt_id", "receipted_at", "due_at")
TOLD = ("receipt_due_at", "receipted_as", "receipt_id")  # what a receipt notes on the rows that it tells of
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
    letter = _letter(sender, link, rows, apart, heights, root, now)
    await bulk.insert(connection, [letter])
    await bulk.update(connection, rows, *TOLD)
    await bulk.update(connection, apart, "told")
    return letter


async def of_settled(
    connection: Connection,
    sender: outbox.Sender,
    rows: Sequence[Incoming],
    talks: Mapping[conversation.Pair, Conversation],
    root: Mapping[str, Any] | None,
    now: datetime,
) -> list[Outgoing]:
    """Unsaved receipts for rows that the caller settled in this transaction: it holds the locks of their `talks`.

    A receipt has no number, so the link's own row need not be locked. The caller saves `TOLD` of the rows.
    """
    partners = sorted({row.partner for row in rows})
    found = await bulk.select(connection, Conversation, partner=partners, subject=[""])
    links = {link.partner: link for link in found}
    for partner in partners:
        if partner not in links:
            links[partner] = await conversation.locked(connection, sender.keys, partner, "", now)
    await sender.keys.fetch([link.key_id for link in links.values()], connection)
    letters = []
    for partner in partners:
        theirs = [row for row in rows if row.partner == partner]
        heights = {row.subject: talks[partner, row.subject].next_in - 1 for row in theirs}
        for first in range(0, len(theirs), MOST):
            told = theirs[first : first + MOST]
            letters.append(_letter(sender, links[partner], told, (), heights, root, now))
    return letters


def _letter(
    sender: outbox.Sender,
    link: Conversation,
    rows: Sequence[Incoming],
    apart: Sequence[SetApart],
    heights: Mapping[str, int],
    root: Mapping[str, Any] | None,
    now: datetime,
) -> Outgoing:
    """One receipt for all of these, and on each of them that it was told."""
    entries = [_entry(row, heights.get(row.subject, 0)) for row in rows] + [_apart(row) for row in apart]
    data: dict[str, Any] = {"receipts": entries}
    if root is not None:
        data["sealed_root"] = dict(root)
    letter = outbox.say(sender, link, "receipt", data, now)
    for row in rows:
        row.receipt_due_at, row.receipt_id = None, letter.message_id
        row.receipted_as = OUTCOME.get(row.state, row.state)
    for one in apart:
        one.told = True
    return letter


async def _heights(connection: Connection, partner: str, subjects: set[str]) -> dict[str, int]:
    talks = await bulk.select(connection, Conversation, partner=[partner], subject=list(subjects))
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


async def hear(connection: Connection, letters: Sequence[Envelope], now: datetime) -> list[list[Told]]:
    """Take receipts of one partner, in order: close the rows that they name; what each changed. The conversations' rows
    are locked by the caller.

    An entry whose digest is not that of what we sent closes nothing.
    """
    entries = [entry for said in letters for entry in said.data["receipts"]]
    digests, partners = {entry["sha256"] for entry in entries}, {said.sender for said in letters}
    named = await bulk.select(
        connection, Outgoing, partner=list(partners), sha256=list(digests), lock=True, without=outbox.BYTES
    )
    rows = {row.sha256: row for row in named}
    matching = [_matching(said, rows) for said in letters]
    told = [
        [Told(row, entry["outcome"]) for entry, row in pairs if _closes(row, entry, said, now)]
        for said, pairs in zip(letters, matching, strict=True)
    ]
    spoken_of = [pair for pairs in matching for pair in pairs]
    await bulk.update(
        connection, list({one.row.id: one.row for changed in told for one in changed}.values()), *RECEIPTED
    )
    await _heard_up_to(connection, spoken_of)
    await _clear_mail(connection, partners, [row for _, row in spoken_of])
    return told


def _matching(said: Envelope, rows: Mapping[str, Outgoing]) -> list[tuple[Mapping[str, Any], Outgoing]]:
    """The entries that speak of what we sent, each with its row."""
    found = [(entry, rows.get(entry["sha256"])) for entry in said.data["receipts"]]
    return [(entry, row) for entry, row in found if row is not None and entry.get("id") in {row.message_id, None}]


def _closes(row: Outgoing, entry: Mapping[str, Any], said: Envelope, now: datetime) -> bool:
    return outbox.receipted(row, entry["outcome"], entry.get("reason"), said.id, now)


async def _heard_up_to(connection: Connection, spoken_of: Sequence[tuple[Mapping[str, Any], Outgoing]]) -> None:
    heights: dict[conversation.Pair, int] = {}
    for entry, row in spoken_of:
        pair = row.partner, row.subject
        heights[pair] = max(heights.get(pair, 0), int(entry.get("highest_applied") or 0))
    partners, subjects = {partner for partner, _ in heights}, {subject for _, subject in heights}
    talks = await bulk.select(connection, Conversation, partner=list(partners), subject=list(subjects), lock=True)
    grown = []
    for talk in talks:
        highest = heights.get((talk.partner, talk.subject), 0)
        if talk.partner_seen < highest < talk.next_out:
            talk.partner_seen = highest
            grown.append(talk)
    await bulk.update(connection, grown, "partner_seen")


async def _clear_mail(connection: Connection, partners: Collection[str], rows: Sequence[Outgoing]) -> None:
    """What was receipted need not lie in a mailbox any more."""
    mail = Mail.filter(partner__in=partners, message_id__in=[row.message_id for row in rows], state="waiting")
    if rows:
        await mail.using_db(connection).update(state="receipted")


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
