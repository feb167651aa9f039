"""The guest's seat: who it is, its books, its office and its door to the host. What the deeds of its post share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from partners.guest.departures import Author
from partners.guest.ledger import Books, Ledger
from partners.guest.office import Office
from partners.keys import SigningKey


class Door(Protocol):
    """The way to the host. Both deeds raise Unreachable or Refused."""

    async def post(self, body: bytes, signature: str) -> None:
        """Durable at the host once it returns."""

    async def receipt(self, delivery_id: str, body: bytes, signature: str) -> None:
        """Our receipt for a delivery."""


class HostUnknown(Exception):
    """Nothing can be said before the host's code is known: configure it, or wait for its first message."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Seat:
    """One guest of one host. `host` None: taken from the first message that the host's pinned keys verify."""

    own: str
    key: SigningKey
    ledger: Ledger
    door: Door
    office: Office
    host: str | None = None
    now: Callable[[], datetime] = field(default=_utc_now)

    def at(self) -> float:
        """Now, as the books write it: seconds since 1970."""
        return self.now().timestamp()

    async def author(self) -> Author:
        """Who writes to whom. Raises HostUnknown."""
        if self.host is None:
            self.host = await self.ledger.do(_pinned)
        if self.host is None:
            raise HostUnknown
        return Author(self.own, self.host, self.key)

    async def pin(self, host: str) -> None:
        """Keep the host's code for good, when it was not configured."""
        if self.host is None:
            await self.ledger.do(
                lambda books: books.execute("INSERT OR IGNORE INTO meta VALUES ('host', ?)", (host,)).rowcount
            )
            self.host = await self.ledger.do(_pinned)


def _pinned(books: Books) -> str | None:
    row = books.execute("SELECT value FROM meta WHERE name = 'host'").fetchone()
    return str(row["value"]) if row else None
