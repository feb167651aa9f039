"""The guest's receipts: one for each delivery, signed, repeated until the host takes it."""

import logging
from datetime import UTC, datetime
from typing import Any

from messaging import envelope
from partners.guest import departures
from partners.guest.ledger import Books
from partners.guest.rest import Refused
from partners.guest.seat import Seat

LATER = 60.0  # seconds until a receipt that the host refused is tried again

log = logging.getLogger(__name__)


async def tell(seat: Seat) -> None:
    """Send every receipt that is due. Raises Unreachable, HostUnknown; what could not be sent stays due."""
    at = seat.at()
    for row in await seat.ledger.do(lambda books: _due(books, at)):
        done = await tell_one(
            seat,
            row["delivery"],
            row["id"],
            row["sha256"],
            row["outcome"],
            stored_at=datetime.fromtimestamp(row["stored_at"], UTC),
            highest=row["highest"],
            reason=row["reason"],
        )
        await _note(seat, row, None if done else at + LATER)


async def _note(seat: Seat, row: dict[str, Any], again: float | None) -> None:
    """Only the very telling that was sent is done: a newer outcome has a time of its own."""
    query = f"UPDATE {row['place']} SET tell_at = ? WHERE sha256 = ? AND tell_at = ?"  # noqa: S608  # two fixed names
    await seat.ledger.do(lambda books: books.execute(query, (again, row["sha256"], row["tell_at"])).rowcount)


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


async def tell_one(
    seat: Seat,
    delivery: str,
    message_id: str | None,
    sha256: str,
    outcome: str,
    *,
    stored_at: datetime,
    highest: int,
    reason: str | None = None,
) -> bool:
    """One receipt for one delivery; True when nothing more is to be told. Raises Unreachable, HostUnknown."""
    entry: dict[str, Any] = {
        "id": message_id,
        "sha256": sha256,
        "stored_at": envelope.rfc3339(stored_at),
        "highest_applied": highest,
        "outcome": outcome,
    }
    if reason is not None:
        entry["reason"] = reason[:500]
    letter = departures.write(await seat.author(), "receipt", "receipt", {"receipts": [entry]}, seat.now())
    try:
        await seat.door.receipt(delivery, letter.body, letter.signature)
    except Refused as refusal:
        log.warning("receipt for %s refused: %s", delivery, refusal)
        return refusal.status == 404
    return True
