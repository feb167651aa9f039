"""The outbox: gives an outgoing message its number and its bytes, and closes it by receipt or by a named person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging import at_rest, contract, envelope, ids, retry
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Outgoing

CLOSING = frozenset({"applied", "held", "parked", "set_aside"})  # outcomes after which the same bytes need not go again
FINAL = frozenset(
    {"applied", "set_aside"}
)  # outcomes that nothing follows, unless the partner asks for the bytes again

BYTES = ("body", "signature")  # of a row; what only moves it from state to state does not read them


class Unspeakable(Exception):
    """Our own message breaks the contract; it gets no number. Carries (pointer, code) pairs."""

    def __init__(self, type_: str, errors: list[tuple[str, str]]) -> None:
        super().__init__(f"{type_}: {errors}")
        self.errors = errors


@dataclass(frozen=True)
class Sender:
    """Who speaks, and with which keys the bytes are kept."""

    home: str
    keys: KeyRing


def check(type_: str, data: dict[str, Any]) -> None:
    """Hold our own words against contract and size before they get a number. Raises Unspeakable."""
    errors = contract.check_outgoing(type_, data)
    misfit = envelope.misfit(data)
    if misfit is not None:
        errors.append(("", misfit))
    if errors:
        raise Unspeakable(type_, errors)


def say(
    sender: Sender,
    conversation: Conversation,
    type_: str,
    data: dict[str, Any],
    now: datetime,
    *,
    trace: str | None = None,
    replaces: Outgoing | None = None,
) -> Outgoing:
    """The next message of a conversation whose row is locked, held against the contract first. Raises Unspeakable."""
    check(type_, data)
    return write(sender, conversation, type_, data, now, trace=trace, replaces=replaces)


def write(
    sender: Sender,
    conversation: Conversation,
    type_: str,
    data: dict[str, Any],
    now: datetime,
    *,
    trace: str | None = None,
    replaces: Outgoing | None = None,
) -> Outgoing:
    """Words that were checked take the conversation's next number, and their bytes are fixed.

    With `replaces`, the number of the message that the partner parked is used again under a new id.
    Returns the unsaved row; the caller saves it and the conversation in the same transaction.
    """
    numbered = contract.KNOWN[type_].numbered
    sequence: int | None = None
    if replaces is not None:
        sequence = replaces.sequence
    elif numbered:
        sequence = conversation.next_out
    message_id = ids.message_id()
    body = envelope.build(
        id=message_id,
        source=sender.home,
        type=type_,
        subject=conversation.subject or type_.partition(".")[0],
        time=now,
        recipient=conversation.partner,
        sequence=sequence,
        seen=conversation.next_in - 1 if numbered else None,
        replaces=replaces.message_id if replaces else None,
        traceparent=trace,
        data=data,
    )
    if numbered and replaces is None:
        conversation.next_out += 1
    row = Outgoing(
        id=ids.row_id(),
        message_id=message_id,
        partner=conversation.partner,
        subject=conversation.subject,
        sequence=sequence,
        type=type_,
        key_id=conversation.key_id,
        body=sender.keys.seal(conversation.key_id, body, at_rest.outgoing(message_id)),
        sha256=envelope.sha256_hex(body),
        due_at=now,
        created_at=now,
        trace=trace,
    )
    row.clear = body
    return row


def taken_back(
    sender: Sender, talk: Conversation, said: envelope.Envelope, body: bytes, signature: str, kid: str, now: datetime
) -> Outgoing:
    """Our own message that we had lost, as an unsaved row: the partner has it, and is asked once more what it made of it."""
    return Outgoing(
        id=ids.row_id(),
        message_id=said.id,
        partner=talk.partner,
        subject=talk.subject,
        sequence=said.sequence,
        type=said.type,
        key_id=talk.key_id,
        body=sender.keys.seal(talk.key_id, body, at_rest.outgoing(said.id)),
        sha256=envelope.sha256_hex(body),
        signature=signature,
        kid=kid,
        state="confirmed",
        due_at=now,
        created_at=said.time,
        confirmed_at=now,
        trace=said.traceparent,
    )


def gave_way(row: Outgoing, now: datetime) -> None:
    """Its number had been used before we were restored: it is not said under this number any more."""
    row.state, row.outcome, row.reason, row.closed_by = "closed", "superseded", "number_used_before", "system"
    row.receipted_at, row.due_at = row.receipted_at or now, None


def confirmed(row: Outgoing, now: datetime) -> None:
    """The bus has it. What stands outside the conversation is done; the rest waits for its receipt.

    From now on sends are counted that were confirmed: how often a broker that was away refused it delays no resend.
    """
    row.attempts = row.attempts + 1 if row.confirmed_at is not None else 1
    row.confirmed_at = row.confirmed_at or now
    row.reason = row.reason if row.outcome else None  # why the bus refused it before is of no use any more
    if row.state == "written":
        row.state = "confirmed" if row.sequence is not None else "closed"
    row.due_at = due_again(row.attempts, now) if row.state == "confirmed" else None


def due_again(attempts: int, now: datetime) -> datetime:
    """When the same bytes go again, after so many sends that were confirmed."""
    return now + retry.resend_delay(attempts)


def refused(row: Outgoing, now: datetime, reason: str) -> None:
    """The bus may or may not have it: the same bytes again, a little later."""
    if row.confirmed_at is None:
        row.attempts += 1
    row.reason = reason
    row.due_at = now + retry.refused_delay(row.attempts)


def receipted(row: Outgoing, outcome: str, reason: str | None, receipt_id: str, now: datetime) -> bool:
    """Take what the partner's receipt says of a row; True when that changes anything.

    `applied`, `held`, `parked`, `set_aside` close it. After `conflict` and `quarantined` it is not sent again by itself:
    people look.
    """
    if (row.state, row.outcome, row.reason) == ("closed" if outcome in CLOSING else outcome, outcome, reason):
        return False
    if row.state == "closed" and row.outcome in FINAL and outcome in {"held", "parked", "quarantined"}:
        return False  # an older receipt that was overtaken
    row.outcome, row.reason, row.receipt_id = outcome, reason[:2000] if reason else None, receipt_id
    row.receipted_at = now
    row.state = "closed" if outcome in CLOSING else outcome
    row.due_at = None
    return True


def closed_by_name(row: Outgoing, person: str, reason: str, now: datetime) -> None:
    """A named person says that this message needs no receipt any more."""
    row.state, row.outcome, row.reason, row.closed_by = "closed", row.outcome or "set_aside", reason, person
    row.receipted_at, row.due_at = now, None
