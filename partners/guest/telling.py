"""The guest's receipts: signed, many messages in one, repeated until the host takes them."""

import logging
from datetime import UTC, datetime
from typing import Any

from messaging import envelope
from partners.guest import departures
from partners.guest.ledger import Books
from partners.guest.rest import Refused
from partners.guest.seat import Seat

MOST = 100  # messages named by one receipt
LATER = 60.0  # seconds until a receipt that the host refused is tried again

log = logging.getLogger(__name__)


async def tell(seat: Seat) -> None:
    """Send every receipt that is due. Raises Unreachable, HostUnknown; what could not be sent stays due."""
    at = seat.at()
    while rows := await seat.ledger.do(lambda books: _due(books, at)):
        for first in range(0, len(rows), MOST):
            await _tell_together(seat, rows[first : first + MOST])


async def _tell_together(seat: Seat, rows: list[dict[str, Any]]) -> None:
    """One receipt for all of these; where the host refuses it, one for each."""
    if await tell_entries(seat, rows[0]["delivery"], [_entry_of(row) for row in rows]):
        await _note(seat, rows, None)
    elif len(rows) == 1:
        await _note(seat, rows, seat.at() + LATER)
    else:
        for row in rows:
            await _tell_together(seat, [row])


async def _note(seat: Seat, rows: list[dict[str, Any]], again: float | None) -> None:
    """Only the very telling that was sent is done: a newer outcome has a time of its own."""

    def work(books: Books) -> None:
        for row in rows:
            query = f"UPDATE {row['place']} SET tell_at = ? WHERE sha256 = ? AND tell_at = ?"  # noqa: S608  # two fixed names
            books.execute(query, (again, row["sha256"], row["tell_at"]))

    await seat.ledger.do(work)


def _due(books: Books, at: float) -> list[dict[str, Any]]:
    heard = books.execute(
        "SELECT 'heard' AS place, delivery, id, sha256, stored_at, reason, tell_at,"
        " CASE state WHEN 'recorded' THEN 'applied' ELSE state END AS outcome, talk.next_in - 1 AS highest"
        " FROM heard JOIN talk USING (subject) WHERE tell_at <= ? ORDER BY tell_at, sequence LIMIT 200",
        (at,),
    ).fetchall()
    apart = books.execute(
        "SELECT 'apart' AS place, delivery, id, sha256, stored_at, reason, tell_at, outcome, 0 AS highest"
        " FROM apart WHERE tell_at <= ? LIMIT 200",
        (at,),
    ).fetchall()
    return [dict(row) for row in (*heard, *apart)]


def _entry_of(row: dict[str, Any]) -> dict[str, Any]:
    stored_at = datetime.fromtimestamp(row["stored_at"], UTC)
    return entry(
        row["id"], row["sha256"], row["outcome"], stored_at=stored_at, highest=row["highest"], reason=row["reason"]
    )


def entry(
    message_id: str | None,
    sha256: str,
    outcome: str,
    *,
    stored_at: datetime,
    highest: int,
    reason: str | None = None,
) -> dict[str, Any]:
    """What a receipt says of one message; `id` None where not even that is believed."""
    said: dict[str, Any] = {
        "id": message_id,
        "sha256": sha256,
        "stored_at": envelope.rfc3339(stored_at),
        "highest_applied": highest,
        "outcome": outcome,
    }
    return said if reason is None else said | {"reason": reason[:500]}


async def tell_entries(seat: Seat, delivery: str, entries: list[dict[str, Any]]) -> bool:
    """One receipt with these entries for a delivery; True when nothing more is to be told.

    Raises Unreachable, HostUnknown.
    """
    letter = departures.write(await seat.author(), "receipt", "receipt", {"receipts": entries}, seat.now())
    try:
        await seat.door.receipt(delivery, letter.body, letter.signature)
    except Refused as refusal:
        log.warning("receipt for %s and %d more refused: %s", delivery, len(entries) - 1, refusal)
        return refusal.status == 404 and len(entries) == 1
    return True
