"""The exits of what is stuck, each by a named person: replay, setting aside, sending again, replacing, looking at it.

Every function works in the caller's open transaction and writes one audit line through `note`. After the commit the
caller has the conversation drained (replay, set_aside_incoming) or wakes the relay (send_again, replace_outgoing).
Nothing is deleted.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from messaging import applier, conversation, outbox
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming, Mail, Outgoing, SetApart
from messaging.unit_of_work import Connection

Note = Callable[[Connection, str, str, str | None, Mapping[str, Any]], Awaitable[object]]
"""(connection, who, what, why, detail) -> one audit line; `detail` holds ids, digests and codes only."""

LOOKED_AT = ("parked", "set_aside", "quarantined", "conflict")  # a partner's outcomes that ask for a person of ours


class NotThere(Exception):
    """There is no such message."""


class NotStuck(Exception):
    """The message is not in a state that this exit leads out of; carries the state that it is in."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


async def replay(
    connection: Connection, keys: KeyRing, row_id: int, person: str, reason: str, now: datetime, note: Note
) -> Incoming:
    """A parked message is tried again, in its place, or out of order when its conversation has moved past it.

    Raises NotThere, NotStuck.
    """
    row, _ = await _incoming(connection, keys, row_id, now, "parked")
    was, row.state, row.reason, row.attempts = row.reason, "stored", None, 0
    row.settled_by, row.receipt_due_at = person, None
    await row.save(using_db=connection, update_fields=["state", "reason", "attempts", "settled_by", "receipt_due_at"])
    await note(connection, person, "post.replayed", reason, _detail(row, was=was))
    return row


async def set_aside_incoming(
    connection: Connection, keys: KeyRing, row_id: int, person: str, reason: str, now: datetime, note: Note
) -> Incoming:
    """A parked or held message will never be applied; its conversation goes on behind it, and its sender is told why.

    Raises NotThere, NotStuck.
    """
    row, talk = await _incoming(connection, keys, row_id, now, "parked", "held")
    was = row.reason
    applier.settle(row, "set_aside", reason, now)
    row.settled_by = person
    row.receipt_due_at = row.receipt_due_at if row.sequence is not None else None  # what is outside gets no receipt
    await row.save(using_db=connection, update_fields=["state", "reason", "settled_by", "receipt_due_at"])
    await _go_on(connection, talk, row)
    await note(connection, person, "post.set_aside", reason, _detail(row, was=was))
    return row


async def _incoming(
    connection: Connection, keys: KeyRing, row_id: int, now: datetime, *states: str
) -> tuple[Incoming, Conversation]:
    """The row in one of these states, and its conversation, locked."""
    found = await Incoming.filter(id=row_id).using_db(connection).first()
    if found is None:
        raise NotThere(str(row_id))
    talk = await conversation.locked(connection, keys, found.partner, found.subject, now)
    row = await Incoming.filter(id=row_id).using_db(connection).select_for_update().get()
    if row.state not in states:
        raise NotStuck(row.state)
    return row, talk


async def _go_on(connection: Connection, talk: Conversation, row: Incoming) -> None:
    """Move behind a row that was set aside; whoever waits there is looked at anew, by whichever process applies."""
    aside = Incoming.filter(partner=talk.partner, subject=talk.subject, state="set_aside", sequence__gte=talk.next_in)
    before = talk.next_in
    applier.pass_over(talk, [row, *await aside.using_db(connection)])
    if talk.next_in == before:
        return
    await talk.save(using_db=connection, update_fields=["next_in"])
    following = Incoming.filter(partner=talk.partner, subject=talk.subject, sequence=talk.next_in, state="held")
    await following.using_db(connection).update(state="stored", reason=None, receipt_due_at=None)


async def send_again(connection: Connection, row_id: int, person: str, now: datetime, note: Note) -> Outgoing:
    """The same bytes go again at once, also to a partner that could not verify them or reported a conflict.

    Raises NotThere, NotStuck (`applied`: the partner has it).
    """
    row = await _outgoing(connection, row_id)
    if row.outcome == "applied":
        raise NotStuck("applied")
    if row.closed_by is not None or row.sequence is None:
        raise NotStuck(row.state)
    was = row.outcome
    row.state, row.outcome, row.reason = "confirmed" if row.confirmed_at else "written", None, None
    row.due_at = now
    await row.save(using_db=connection, update_fields=["state", "outcome", "reason", "due_at"])
    await note(connection, person, "post.sent_again", None, _detail(row, was=was))
    return row


async def set_aside_outgoing(
    connection: Connection, row_id: int, person: str, reason: str, now: datetime, note: Note
) -> Outgoing:
    """A message of ours needs no receipt any more; it is not offered to the partner again unless it asks.

    Raises NotThere, NotStuck.
    """
    row = await _outgoing(connection, row_id)
    if row.closed_by is not None or row.outcome == "applied":
        raise NotStuck(row.outcome or row.state)
    was = row.outcome
    outbox.closed_by_name(row, person, reason, now)
    fields = ["state", "outcome", "reason", "closed_by", "receipted_at", "due_at"]
    await row.save(using_db=connection, update_fields=fields)
    laid_out = Mail.filter(partner=row.partner, message_id=row.message_id, state="waiting")
    await laid_out.using_db(connection).update(state="receipted")
    await note(connection, person, "post.closed", reason, _detail(row, was=was))
    return row


async def replace_outgoing(
    connection: Connection,
    sender: outbox.Sender,
    row_id: int,
    data: dict[str, Any],
    person: str,
    reason: str,
    now: datetime,
    note: Note,
) -> Outgoing:
    """A message that the partner parked is replaced by a new one with other data under the same number.

    Returns the new row. Raises NotThere, NotStuck; Unspeakable when the data breaks the contract.
    """
    found = await _outgoing(connection, row_id)
    talk = await conversation.locked(connection, sender.keys, found.partner, found.subject, now)
    await sender.keys.fetch([talk.key_id], connection)
    old = await _outgoing(connection, row_id)
    if old.outcome != "parked" or old.closed_by is not None or old.sequence is None:
        raise NotStuck(old.outcome or old.state)
    letter = outbox.say(sender, talk, old.type, data, now, trace=old.trace, replaces=old)
    await letter.save(using_db=connection, force_create=True)
    old.closed_by, old.due_at, old.state = person, None, "closed"
    await old.save(using_db=connection, update_fields=["closed_by", "due_at", "state"])
    detail = _detail(old, was=old.outcome) | {"by": letter.message_id, "by_sha256": letter.sha256}
    await note(connection, person, "post.replaced", reason, detail)
    return letter


async def _outgoing(connection: Connection, row_id: int) -> Outgoing:
    row = await Outgoing.filter(id=row_id).using_db(connection).select_for_update().first()
    if row is None:
        raise NotThere(str(row_id))
    return row


async def settle_apart(
    connection: Connection, row_id: int, person: str, text: str, now: datetime, note: Note
) -> SetApart:
    """What was quarantined, or contradicts what is stored, was looked at; it is kept, without effect.

    Raises NotThere, NotStuck when somebody settled it before.
    """
    row = await SetApart.filter(id=row_id).using_db(connection).select_for_update().first()
    if row is None:
        raise NotThere(str(row_id))
    if row.settled_at is not None:
        raise NotStuck("settled")
    row.settled_at, row.settled_by, row.settled_note, row.retry_at = now, person, text, None
    await row.save(using_db=connection, update_fields=["settled_at", "settled_by", "settled_note", "retry_at"])
    detail = {"partner": row.partner, "sha256": row.sha256, "outcome": row.outcome, "was": row.reason}
    await note(connection, person, "post.looked_at", text, detail)
    return row


def _detail(row: Incoming | Outgoing, was: str | None) -> dict[str, Any]:
    return {
        "partner": row.partner,
        "subject": row.subject,
        "sequence": row.sequence,
        "message": row.message_id,
        "sha256": row.sha256,
        "type": row.type,
        "was": was,
    }
