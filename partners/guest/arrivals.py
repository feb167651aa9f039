"""What the guest hears: each message once, in order, or held until its turn. Each deed runs inside one transaction."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging import contract, envelope
from messaging.envelope import Envelope
from partners.guest import departures
from partners.guest.departures import Author
from partners.guest.ledger import Books
from partners.guest.office import CannotApply, Office

TELL_AFTER = 5.0  # seconds before held or parked is told
GAP_FIRST, GAP_MOST = 5.0, 300.0  # seconds before a missing number is asked for, doubling

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrived:
    """A verified message as it came in; `ready`: what it names is here."""

    said: Envelope
    body: bytes
    signature: str
    delivery: str
    ready: bool

    @property
    def sha256(self) -> str:
        """The digest that receipts tell."""
        return envelope.sha256_hex(self.body)


def place(books: Books, author: Author, office: Office, arrived: Arrived, now: datetime) -> None:
    """Put a numbered message where it belongs and apply whatever has become due by it."""
    said, at = arrived.said, now.timestamp()
    assert said.sequence is not None  # noqa: S101  # the caller keeps what has no number elsewhere
    departures.talk(books, said.subject)
    departures.used_up_to(books, said.subject, said.seen or 0)
    twin = books.execute("SELECT * FROM heard WHERE id = ?", (said.id,)).fetchone()
    if twin is not None and twin["sha256"] == arrived.sha256:  # the same answer, no second effect
        books.execute(
            "UPDATE heard SET delivery = ?, ready = max(ready, ?) WHERE id = ?",
            (arrived.delivery, arrived.ready, said.id),
        )
        if twin["tell_at"] is None:
            books.execute("UPDATE heard SET tell_at = ? WHERE id = ?", (at, said.id))
    elif twin is not None:
        set_apart(books, arrived, "conflict", "same_id_other_bytes", at)
    elif _taken(books, said):
        _contradiction(books, arrived, at)
    else:
        _insert(books, arrived, at)
    drain(books, author, office, said.subject, now)


def _taken(books: Books, said: Envelope) -> bool:
    """Is the number another message's? A replacement for the one that is parked there takes its place."""
    query = "SELECT * FROM heard WHERE subject = ? AND sequence = ? AND state != 'replaced'"
    other = books.execute(query, (said.subject, said.sequence)).fetchone()
    if other is None:
        return int(said.sequence or 0) < int(departures.talk(books, said.subject)["next_in"])
    if said.replaces == other["id"] and other["state"] == "parked":
        books.execute("UPDATE heard SET state = 'replaced', tell_at = NULL WHERE id = ?", (other["id"],))
        return False
    return True


def _contradiction(books: Books, arrived: Arrived, at: float) -> None:
    """Another message has this number. If the sender's books are older than it, its own messages help: send them back."""
    said = arrived.said
    if set_apart(books, arrived, "conflict", "same_number_other_message", at):
        books.execute(
            "UPDATE heard SET give_back = ? WHERE subject = ? AND sequence >= ? AND state != 'replaced'",
            (at, said.subject, said.sequence),
        )
        _lost_ours(books, said, at)


def _lost_ours(books: Books, said: Envelope, at: float) -> None:
    """A `seen` lower than before: the sender was restored from a backup, and needs what we said after it."""
    if said.seen is None:
        return
    numbers = departures.talk(books, said.subject)
    if said.seen < numbers["peer_seen"]:
        departures.resend(books, said.subject, said.seen + 1, numbers["next_out"] - 1, at)
    books.execute("UPDATE talk SET peer_seen = ? WHERE subject = ?", (said.seen, said.subject))


def set_apart(books: Books, arrived: Arrived, outcome: str, reason: str, at: float) -> bool:
    """Keep a message without effect, and tell its sender; True when it was not here before."""
    new = books.execute("SELECT 1 FROM apart WHERE sha256 = ?", (arrived.sha256,)).fetchone() is None
    log.warning("%s %s: %s", outcome, arrived.delivery, reason)
    books.execute(
        "INSERT INTO apart VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (sha256) DO UPDATE SET delivery = excluded.delivery, tell_at = excluded.tell_at",
        (arrived.sha256, arrived.delivery, arrived.said.id, outcome, reason, arrived.body, arrived.signature, at, at),
    )
    return new


def quarantine(books: Books, delivery: str, body: bytes, signature: str, reason: str, at: float) -> None:
    """Keep what cannot be believed: told by digest only."""
    log.warning("quarantined %s: %s", delivery, reason)
    books.execute(
        "INSERT INTO apart VALUES (?, ?, NULL, 'quarantined', ?, ?, ?, ?, ?)"
        " ON CONFLICT (sha256) DO UPDATE SET delivery = excluded.delivery, tell_at = excluded.tell_at",
        (envelope.sha256_hex(body), delivery, reason, body, signature, at, at),
    )


def _insert(books: Books, arrived: Arrived, at: float) -> None:
    said = arrived.said
    books.execute(
        "INSERT INTO heard (id, delivery, subject, sequence, type, body, signature, sha256, stored_at, ready, tell_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            said.id, arrived.delivery, said.subject, said.sequence, said.type, arrived.body, arrived.signature,
            arrived.sha256, at, arrived.ready, at + TELL_AFTER,
        ),
    )  # fmt: skip


def drain(books: Books, author: Author, office: Office, subject: str, now: datetime) -> None:
    """Apply, in order, whatever can be applied now, and remember whether a number is missing."""
    query = "SELECT * FROM heard WHERE subject = ? AND sequence = ? AND state = 'held'"
    while True:
        row = books.execute(query, (subject, departures.talk(books, subject)["next_in"])).fetchone()
        if row is None or not _apply(books, author, office, dict(row), now):
            break
        books.execute("UPDATE talk SET next_in = next_in + 1 WHERE subject = ?", (subject,))
    _remember_gap(books, subject, now.timestamp())


def _apply(books: Books, author: Author, office: Office, row: dict[str, Any], now: datetime) -> bool:
    """Give the message whose turn it is an outcome; True when the conversation may go on to the next number."""
    said, at = envelope.parse(bytes(row["body"])), now.timestamp()
    fault = unfit(said)
    if fault is None and not row["ready"]:
        return False
    if fault is None and said.known:
        try:
            plan = office.hear(said, departures.memo(books, said.subject), now)
        except CannotApply as error:
            fault = str(error)
        else:
            departures.carry_out(books, author, said.subject, plan, now)
    if fault is not None:
        _settle(books, row, "parked", fault, at + TELL_AFTER)
        return not contract.blocks(said)
    _lost_ours(books, said, at)
    _settle(books, row, "applied" if said.known else "recorded", None, at)
    books.execute(
        "INSERT INTO effect (at, message_id, subject, sequence, what) VALUES (?, ?, ?, ?, ?)",
        (at, said.id, said.subject, said.sequence, said.type),
    )
    return True


def unfit(said: Envelope) -> str | None:
    """Why a verified message cannot be understood: an unknown version of a known type, or data against its schema."""
    if not said.known:
        return None  # an unknown type name is recorded
    if said.version != 1:
        return f"unknown_version {said.version}"
    errors = contract.check(said.type, said.data)
    return "schema " + " ".join(f"{pointer or '/'}:{code}" for pointer, code in errors[:8]) if errors else None


def _settle(books: Books, row: dict[str, Any], state: str, reason: str | None, tell_at: float) -> None:
    values = (state, reason, tell_at, row["id"])
    books.execute("UPDATE heard SET state = ?, reason = ?, tell_at = ? WHERE id = ?", values)


def _remember_gap(books: Books, subject: str, at: float) -> None:
    numbers = departures.talk(books, subject)
    lowest = (
        "SELECT min(sequence) AS low FROM heard WHERE subject = ? AND sequence >= ? AND state IN ('held', 'parked')"
    )
    low = books.execute(lowest, (subject, numbers["next_in"])).fetchone()["low"]
    missing = low is not None and low > numbers["next_in"]
    if missing and numbers["gap_at"] is None:
        books.execute("UPDATE talk SET gap_at = ?, gap_asks = 0 WHERE subject = ?", (at + GAP_FIRST, subject))
    elif not missing and numbers["gap_at"] is not None:
        books.execute("UPDATE talk SET gap_at = NULL, gap_asks = 0 WHERE subject = ?", (subject,))


def gaps(books: Books, at: float) -> list[tuple[str, int, int]]:
    """Missing numbers that are to be asked for now: (subject, first, last); the next request comes later each time."""
    asked = []
    for row in books.execute("SELECT * FROM talk WHERE gap_at <= ?", (at,)).fetchall():
        lowest = (
            "SELECT min(sequence) AS low FROM heard WHERE subject = ? AND sequence > ? AND state IN ('held', 'parked')"
        )
        low = books.execute(lowest, (row["subject"], row["next_in"])).fetchone()["low"]
        again = at + min(GAP_FIRST * 2.0 ** (row["gap_asks"] + 1), GAP_MOST)
        books.execute("UPDATE talk SET gap_at = ?, gap_asks = gap_asks + 1 WHERE subject = ?", (again, row["subject"]))
        if low is not None:
            asked.append((str(row["subject"]), int(row["next_in"]), int(low) - 1))
    return asked


def give_everything_back(books: Books, subject: str, at: float) -> None:
    """The other side lost its books: all that it ever said under this subject goes back to it."""
    books.execute("UPDATE heard SET give_back = ? WHERE subject = ? AND state != 'replaced'", (at, subject))


def touched(books: Books, since: datetime) -> list[str]:
    """Conversations in which something was said, heard or receipted since then."""
    found = {
        str(row["subject"])
        for row in books.execute("SELECT subject FROM heard WHERE stored_at >= ?", (since.timestamp(),))
    }
    for row in books.execute("SELECT subject, body, told_at FROM said"):
        if str(row["subject"]) not in found and (
            (row["told_at"] or 0) >= since.timestamp() or envelope.parse(bytes(row["body"])).time >= since
        ):
            found.add(str(row["subject"]))
    return sorted(found)
