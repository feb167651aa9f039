"""What the guest says: numbers, bytes that stay the same, and how a row is closed. Each deed runs inside one transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messaging import contract, envelope, ids
from messaging.envelope import Envelope
from partners import signing
from partners.guest.ledger import Books
from partners.guest.office import Plan, Say
from partners.keys import SigningKey

CLOSING = frozenset({"applied", "held", "parked", "set_aside"})
RESEND_FIRST, RESEND_MOST = 5.0, 300.0  # seconds until the same bytes go again, doubling


class Unspeakable(Exception):
    """Our own message breaks the contract; it gets no number."""


@dataclass(frozen=True)
class Author:
    """Who we are, to whom we speak, and with which key."""

    own: str
    peer: str
    key: SigningKey


@dataclass(frozen=True)
class Letter:
    """Final bytes and their detached signature."""

    id: str
    body: bytes
    signature: str


def write(
    author: Author,
    type_: str,
    subject: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    sequence: int | None = None,
    seen: int | None = None,
    replaces: str | None = None,
) -> Letter:
    """Fix a message's bytes and sign them. Raises Unspeakable."""
    errors = contract.check_outgoing(type_, dict(data))
    if errors:
        raise Unspeakable(f"{type_}: {errors}")
    id_ = ids.message_id()
    body = envelope.build(
        id=id_,
        source=author.own,
        type=type_,
        subject=subject,
        time=now,
        recipient=author.peer,
        sequence=sequence,
        seen=seen,
        replaces=replaces,
        traceparent=None,
        data=dict(data),
    )
    signature = signing.sign(
        body, author.key, iss=envelope.urn(author.own), aud=envelope.urn(author.peer), jti=id_, iat=int(now.timestamp())
    )
    return Letter(id_, body, signature)


def talk(books: Books, subject: str) -> dict[str, Any]:
    """A conversation's numbers; made at its first word."""
    books.execute("INSERT OR IGNORE INTO talk (subject) VALUES (?)", (subject,))
    return dict(books.execute("SELECT * FROM talk WHERE subject = ?", (subject,)).fetchone())


def say(books: Books, author: Author, subject: str, words: Say, now: datetime) -> str:
    """Take the next number and put the message into the books; returns its id."""
    numbers = talk(books, subject)
    sequence = int(numbers["next_out"])
    letter = write(author, words.type, subject, words.data, now, sequence=sequence, seen=int(numbers["next_in"]) - 1)
    books.execute("UPDATE talk SET next_out = ? WHERE subject = ?", (sequence + 1, subject))
    _insert(books, letter, subject, sequence, words.type, words.data, now.timestamp(), copies=words.copies)
    return letter.id


def replace(books: Books, author: Author, message_id: str, data: Mapping[str, Any], now: datetime) -> str:
    """Say a message anew that the other side parked: another id, the same number."""
    old = books.execute("SELECT * FROM said WHERE id = ?", (message_id,)).fetchone()
    if old is None or old["outcome"] != "parked":
        raise LookupError(f"{message_id} is no message of ours that was parked")
    subject, sequence = str(old["subject"]), int(old["sequence"])
    seen = int(talk(books, subject)["next_in"]) - 1
    letter = write(author, old["type"], subject, data, now, sequence=sequence, seen=seen, replaces=message_id)
    books.execute("UPDATE said SET state = 'superseded', due = NULL WHERE id = ?", (message_id,))
    _insert(books, letter, subject, sequence, old["type"], data, now.timestamp())
    return letter.id


def _insert(
    books: Books,
    letter: Letter,
    subject: str,
    sequence: int,
    type_: str,
    data: Mapping[str, Any],
    due: float | None,
    *,
    copies: int = 1,
    state: str = "open",
) -> None:
    books.execute(
        "INSERT INTO said (id, subject, sequence, type, data, body, signature, sha256, state, copies, due)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            letter.id, subject, sequence, type_, json.dumps(dict(data)), letter.body, letter.signature,
            envelope.sha256_hex(letter.body), state, copies, due,
        ),
    )  # fmt: skip


def due(books: Books, now: float) -> list[dict[str, Any]]:
    """What is to be sent now, in the order of numbers; a batch meant to be scrambled comes reversed and repeated."""
    rows = books.execute("SELECT * FROM said WHERE due <= ? ORDER BY n LIMIT 200", (now,)).fetchall()
    order = [dict(row) for row in rows]
    copies = max((row["copies"] for row in order), default=1)
    return [*reversed(order)] * copies if copies > 1 else order


def sent(books: Books, message_id: str, now: float) -> None:
    """The host has it: the same bytes again later, unless a receipt comes first."""
    attempts = books.execute("SELECT attempts FROM said WHERE id = ?", (message_id,)).fetchone()["attempts"]
    again = now + min(RESEND_FIRST * 2.0**attempts, RESEND_MOST)
    books.execute(
        "UPDATE said SET attempts = attempts + 1, copies = 1, due = CASE state WHEN 'open' THEN ? END WHERE id = ?",
        (again, message_id),
    )


def put_off(books: Books, message_id: str, until: float, reason: str) -> None:
    """The host would not take it: it stays open, and is tried again later."""
    books.execute(
        "UPDATE said SET attempts = attempts + 1, due = ?, reason = ? WHERE id = ?", (until, reason, message_id)
    )


def by_digest(books: Books, sha256: str) -> dict[str, Any] | None:
    """Our own message with this digest."""
    row = books.execute("SELECT * FROM said WHERE sha256 = ?", (sha256,)).fetchone()
    return dict(row) if row is not None else None


def once_more(books: Books, message_id: str, due: float) -> None:
    """The same bytes go again at this time."""
    books.execute("UPDATE said SET due = ? WHERE id = ?", (due, message_id))


def receipted(books: Books, entries: Sequence[Mapping[str, Any]], at: float) -> None:
    """Take the host's receipt. An entry counts only with the digest of what we sent."""
    for entry in entries:
        digest, outcome = str(entry["sha256"]), str(entry["outcome"])
        books.execute("UPDATE heard SET give_back = NULL WHERE sha256 = ?", (digest,))
        row = books.execute("SELECT * FROM said WHERE sha256 = ?", (digest,)).fetchone()
        if row is None or row["state"] == "superseded" or entry.get("id") not in {row["id"], None}:
            continue
        if row["outcome"] == "applied" and outcome != "applied":
            continue  # an older receipt that was overtaken
        state = "closed" if outcome in CLOSING else "conflict" if outcome == "conflict" else row["state"]
        due_at = row["due"] if state == "open" else None
        values = (state, outcome, entry.get("reason"), due_at, at, row["id"])
        books.execute("UPDATE said SET state = ?, outcome = ?, reason = ?, due = ?, told_at = ? WHERE id = ?", values)
        used_up_to(books, row["subject"], int(entry.get("highest_applied") or 0))


def used_up_to(books: Books, subject: str, highest: int) -> None:
    """The other side has applied our numbers up to here: if our books are older than that, numbers go on after it."""
    books.execute("UPDATE talk SET next_out = ? WHERE subject = ? AND next_out <= ?", (highest + 1, subject, highest))


def resend(books: Books, subject: str, first: int, last: int, now: float) -> bool:
    """Send these numbers again, the same bytes. True when one of them had been applied there: they lost it."""
    wanted = "subject = ? AND sequence BETWEEN ? AND ? AND state IN ('open', 'closed')"
    place = (subject, first, last)
    lost = books.execute(f"SELECT 1 FROM said WHERE {wanted} AND outcome = 'applied'", place).fetchone()  # noqa: S608
    books.execute(f"UPDATE said SET due = ? WHERE {wanted}", (now, *place))  # noqa: S608
    return lost is not None


def adopt(books: Books, author: Author, said: Envelope, body: bytes, signature: str, now: datetime) -> bool:
    """Our own message comes back: our books were older than it. It is ours again, and numbers go on after it.

    What we said meanwhile under the same number gives way: the same kind of word was simply said twice and is dropped,
    anything else is said again under the next number. False when the message was in the books all the time.
    """
    known = books.execute("SELECT 1 FROM said WHERE id = ?", (said.id,)).fetchone()
    if known is not None or said.sequence is None:
        return False
    talk(books, said.subject)
    used_up_to(books, said.subject, said.sequence)
    query = "SELECT * FROM said WHERE subject = ? AND sequence = ? AND state IN ('open', 'conflict')"
    rival = books.execute(query, (said.subject, said.sequence)).fetchone()
    _insert(
        books, Letter(said.id, body, signature), said.subject, said.sequence, said.type, said.data, None, state="closed"
    )
    books.execute("UPDATE said SET outcome = 'applied' WHERE id = ?", (said.id,))
    if rival is not None:
        books.execute("UPDATE said SET state = 'superseded', due = NULL WHERE id = ?", (rival["id"],))
        if rival["type"] != said.type:
            say(books, author, said.subject, Say(rival["type"], json.loads(rival["data"])), now)
    return True


def carry_out(books: Books, author: Author, subject: str, plan: Plan, now: datetime) -> None:
    """Write down all that a plan says."""
    if plan.forget:
        books.execute("DELETE FROM timer WHERE subject = ?", (subject,))
    for later in plan.later:
        books.execute(
            "INSERT INTO timer (due, subject, deed) VALUES (?, ?, ?)",
            (now.timestamp() + later.seconds, subject, later.deed),
        )
    for words in plan.say:
        say(books, author, subject, words, now)
    if plan.memo is not None:
        books.execute("INSERT OR REPLACE INTO memo VALUES (?, ?)", (subject, json.dumps(dict(plan.memo))))


def memo(books: Books, subject: str) -> dict[str, Any]:
    """What the office remembers of a subject."""
    row = books.execute("SELECT value FROM memo WHERE subject = ?", (subject,)).fetchone()
    return dict(json.loads(row["value"])) if row else {}
