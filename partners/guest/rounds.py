"""The guest's rounds: whatever is due by the clock is done, so that nothing depends on a process that stayed alive."""

import contextlib
import logging
from typing import Any

from messaging import envelope
from partners.guest import arrivals, departures, telling
from partners.guest.arrivals import Arrived
from partners.guest.ledger import Books
from partners.guest.office import NotYet
from partners.guest.rest import Refused
from partners.guest.seat import Seat

LATER = 60.0  # seconds until something that the host refused, or that was not ready, is tried again
GIVE_BACK_AGAIN = 5.0  # seconds until a message that the host lost is sent back to it again

log = logging.getLogger(__name__)


async def make(seat: Seat) -> None:
    """One round. Raises Unreachable as soon as the host is away, HostUnknown before its code is known."""
    await _held(seat)
    await _timers(seat)
    await _send(seat)
    await _give_back(seat)
    await _ask(seat)
    await telling.tell(seat)


def next_due(books: Books) -> float | None:
    """When the next round has something to do, in seconds since 1970."""
    row = books.execute(
        "SELECT min(due) AS due FROM (SELECT due FROM said UNION ALL SELECT due FROM timer UNION ALL"
        " SELECT tell_at FROM heard UNION ALL SELECT tell_at FROM apart UNION ALL SELECT give_back FROM heard"
        " UNION ALL SELECT gap_at FROM talk)"
    ).fetchone()
    return None if row["due"] is None else float(row["due"])


async def prepared(seat: Seat, said: envelope.Envelope) -> bool:
    """Is everything here that the message names?"""
    try:
        await seat.office.prepare(said)
    except NotYet as reason:
        log.warning("message %s is held: %s", said.id, reason)
        return False
    return True


async def _held(seat: Seat) -> None:
    """Messages whose turn it is and whose attachments were not here."""
    query = (
        "SELECT heard.* FROM heard JOIN talk USING (subject)"
        " WHERE heard.state = 'held' AND heard.ready = 0 AND heard.sequence = talk.next_in"
    )
    for row in await _rows(seat, query):
        said = envelope.parse(bytes(row["body"]))
        if await prepared(seat, said):
            await place(seat, Arrived(said, bytes(row["body"]), row["signature"], row["delivery"], True))


async def place(seat: Seat, arrived: Arrived) -> None:
    """Put a message where it belongs, in one transaction with all that it brings about."""
    author, now = await seat.author(), seat.now()
    await seat.ledger.do(lambda books: arrivals.place(books, author, seat.office, arrived, now))


async def _timers(seat: Seat) -> None:
    for row in await _rows(seat, "SELECT * FROM timer WHERE due <= ? ORDER BY due, n", seat.at()):
        await _ring(seat, row)


async def _ring(seat: Seat, row: dict[str, Any]) -> None:
    """One timer: what its words will name is put first, then its deed is done once."""
    author, now = await seat.author(), seat.now()
    subject, deed = str(row["subject"]), str(row["deed"])
    try:
        await seat.office.before(subject, deed, await seat.ledger.do(lambda books: departures.memo(books, subject)))
    except NotYet as reason:
        log.warning("%s of %s waits: %s", deed, subject, reason)
        await _set(seat, "UPDATE timer SET due = ? WHERE n = ?", now.timestamp() + LATER, row["n"])
        return

    def work(books: Books) -> None:
        if books.execute("DELETE FROM timer WHERE n = ?", (row["n"],)).rowcount:
            plan = seat.office.ring(subject, deed, departures.memo(books, subject), now)
            departures.carry_out(books, author, subject, plan, now)

    await seat.ledger.do(work)


async def _send(seat: Seat) -> None:
    """Our messages that are due, for the first time or again."""
    at = seat.at()
    for row in await seat.ledger.do(lambda books: departures.due(books, at)):
        await _send_one(seat, str(row["id"]), bytes(row["body"]), str(row["signature"]))


async def _send_one(seat: Seat, message_id: str, body: bytes, signature: str) -> None:
    try:
        await seat.door.post(body, signature)
    except Refused as refusal:
        log.warning("message %s refused: %s", message_id, refusal)
        until, reason = seat.at() + LATER, str(refusal)
        await seat.ledger.do(lambda books: departures.put_off(books, message_id, until, reason))
    else:
        at = seat.at()
        await seat.ledger.do(lambda books: departures.sent(books, message_id, at))


async def _give_back(seat: Seat) -> None:
    """The host's own messages go back to a host that lost them, until it receipts or refuses them."""
    for row in await _rows(seat, "SELECT * FROM heard WHERE give_back <= ? ORDER BY subject, sequence", seat.at()):
        again: float | None = seat.at() + GIVE_BACK_AGAIN
        try:
            await seat.door.post(bytes(row["body"]), row["signature"])
        except Refused:
            again = None
        await _set(seat, "UPDATE heard SET give_back = ? WHERE id = ? AND give_back IS NOT NULL", again, row["id"])


async def _ask(seat: Seat) -> None:
    """Ask for the numbers that are missing."""
    now = seat.now()
    for subject, first, last in await seat.ledger.do(lambda books: arrivals.gaps(books, now.timestamp())):
        words = {"from": first, "to": last}
        letter = departures.write(await seat.author(), "resend.requested", subject, words, now)
        with contextlib.suppress(Refused):  # asked again in a while
            await seat.door.post(letter.body, letter.signature)


async def _rows(seat: Seat, query: str, *values: object) -> list[dict[str, Any]]:
    return await seat.ledger.do(lambda books: [dict(row) for row in books.execute(query, values).fetchall()])


async def _set(seat: Seat, query: str, *values: object) -> None:
    await seat.ledger.do(lambda books: books.execute(query, values).rowcount)
