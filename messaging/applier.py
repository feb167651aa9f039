"""The one applier: drains a conversation in order and gives every message an outcome. The room's deeds are passed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from messaging import at_rest, contract, envelope, retry
from messaging.envelope import Envelope
from messaging.key_ring import KeyRing
from messaging.tables import Conversation, Incoming

WAITING = ("stored", "held")


class Unmappable(Exception):
    """Verified, but it cannot be applied: it is parked with this reason, and keeps its place."""


@dataclass(frozen=True)
class Heard:
    """What a deed made of a message: `applied`, or `recorded` when it came too late or is not known."""

    outcome: str
    reason: str | None = None


class Room(Protocol):
    """What the applier needs of the room in which messages have their effect."""

    def not_ready(self, said: Envelope) -> str | None:
        """Why the message must be held for now (attachments, an agreement's version), or None."""

    def hear(self, said: Envelope, row: Incoming, talk: Conversation, now: datetime) -> Heard:
        """Have the effect. Raises Unmappable when that is not possible as things stand.

        A row whose number lies before `talk.next_in` is heard late, after a replay: what it says of its sender's view
        (`seen`) is old.
        """


def read(keys: KeyRing, row: Incoming) -> Envelope:
    """A stored message, opened once as long as its row is in hand. Its key must be in memory."""
    if row.said is None:
        row.said = envelope.parse(keys.open(row.key_id, row.body, at_rest.incoming(row.partner, row.message_id)))
    return row.said


def next_row(talk: Conversation, rows: Sequence[Incoming]) -> Incoming | None:
    """Of the waiting rows, the one whose turn it is, behind numbers that were set aside."""
    pass_over(talk, rows)
    return next((row for row in rows if row.state in WAITING and row.sequence == talk.next_in), None)


def pass_over(talk: Conversation, rows: Sequence[Incoming]) -> None:
    """Go on behind numbers that a named person set aside."""
    aside = {row.sequence for row in rows if row.state == "set_aside"}
    while talk.next_in in aside:
        talk.next_in += 1


def drain(keys: KeyRing, talk: Conversation, rows: Sequence[Incoming], room: Room, now: datetime) -> list[Incoming]:
    """Apply, in order, whatever can be applied now; `rows` are those that wait or were set aside, `talk` is locked.

    What its conversation has moved past and waits again, because it was replayed or replaced, is heard first and moves
    nothing.

    Changes rows and conversation in memory and returns the rows that changed; the caller saves all of it, with the
    room's effects, in the one transaction that holds the lock.
    """
    changed = _drain_late(keys, talk, rows, room, now)
    while (row := next_row(talk, rows)) is not None:
        before = (row.state, row.reason)
        moved = _one(keys, talk, row, room, now)
        if (row.state, row.reason) != before:
            changed.append(row)
        if not moved:
            break
    for row in rows:
        if row.state == "stored" and row.sequence is not None and row.sequence > talk.next_in:
            settle(row, "held", "gap", now)
            changed.append(row)
    _remember_gap(talk, rows, now)
    return changed


def _drain_late(
    keys: KeyRing, talk: Conversation, rows: Sequence[Incoming], room: Room, now: datetime
) -> list[Incoming]:
    changed = []
    for row in rows:
        if row.state in WAITING and row.sequence is not None and row.sequence < talk.next_in:
            before = (row.state, row.reason)
            _one(keys, talk, row, room, now)
            if (row.state, row.reason) != before:
                changed.append(row)
    return changed


def _one(keys: KeyRing, talk: Conversation, row: Incoming, room: Room, now: datetime) -> bool:
    """Give a message an outcome; True when it was its turn and the conversation went on to the next number."""
    said = read(keys, row)
    fault = unfit(said)
    if fault is None:
        reason = room.not_ready(said)
        if reason is not None:
            settle(row, "held", reason, now)
            return not contract.blocks(said) and _step(talk, row)
        try:
            heard = room.hear(said, row, talk, now)
        except Unmappable as error:
            fault = str(error)
        else:
            settle(row, heard.outcome, heard.reason, now)
            return _step(talk, row)
    settle(row, "parked", fault, now)
    return not contract.blocks(said) and _step(talk, row)


def park_fault(talk: Conversation, row: Incoming, reason: str, now: datetime) -> None:
    """Park what our own fault keeps from being applied; what changes no state does not hold up its conversation."""
    settle(row, "parked", reason, now)
    if not contract.blocks(row):
        _step(talk, row)


def _step(talk: Conversation, row: Incoming) -> bool:
    """Go on behind this row if it was its turn."""
    if row.sequence != talk.next_in:
        return False
    talk.next_in += 1
    return True


def unfit(said: Envelope) -> str | None:
    """Why a verified message cannot be understood: an unknown version of a known type, or data against its schema."""
    if not said.known:
        return None  # an unknown type name is recorded by the room
    if said.version != 1:
        return f"unknown_version {said.version}"
    errors = contract.check(said.type, said.data)
    return "schema " + " ".join(f"{pointer or '/'}:{code}" for pointer, code in errors[:8]) if errors else None


def settle(row: Incoming, state: str, reason: str | None, now: datetime) -> None:
    """Give a row its state and say when its receipt may go: at once, or after five seconds for what still waits."""
    if (row.state, row.reason) == (state, reason):
        return
    row.state, row.reason = state, reason[:2000] if reason else None
    row.applied_at = now if state in {"applied", "recorded"} else row.applied_at
    told_at = now + retry.TELL_AFTER if state in {"held", "parked"} else now
    row.receipt_due_at = told_at if row.sequence is not None else None  # what is outside gets no receipt


def _remember_gap(talk: Conversation, rows: Sequence[Incoming], now: datetime) -> None:
    """A number is missing while a later one is here: note since when, so that it is asked for."""
    gap = any(row.state == "held" and row.reason == "gap" for row in rows) and not any(
        row.sequence == talk.next_in and row.state in {"held", "parked"} for row in rows
    )
    if gap and talk.gap_asked_at is None:
        talk.gap_asked_at, talk.gap_asks = now, 0
    elif not gap and talk.gap_asked_at is not None:
        talk.gap_asked_at, talk.gap_asks = None, 0


def gap_due(talk: Conversation, now: datetime) -> bool:
    """Is it time to ask (again) for the missing number?"""
    return talk.gap_asked_at is not None and now >= talk.gap_asked_at + retry.gap_delay(talk.gap_asks)
