"""What a bus must do, whichever it is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Parcel:
    """One signed message on its way to a partner; `body` is the signed bytes."""

    partner: str
    message_id: str
    subject: str
    sequence: int | None
    key_id: int  # what the mailbox seals it with
    body: bytes
    sha256: str
    signature: str


@dataclass(frozen=True)
class Place:
    """Where a message of ours stands in our books, and under which data key it lies at rest."""

    subject: str
    sequence: int | None
    key_id: int


class Refused(Exception):
    """The bus did not take a parcel for certain: it may or may not arrive, and is sent again."""


Arrival = Callable[[str, bytes, str | None], Awaitable[object]]
"""(partner whose link it came in by, body, signature) -> returns once durable; raises to have it delivered again."""


PlacesOf = Callable[[str, Sequence[tuple[str, bytes]]], Awaitable[Sequence[Place]]]
"""(partner, its messages as (id, body)) -> the place of each, for a bus that carries nothing but what was signed."""

PLENTY = 10**6  # room where nothing is known against it


class Bus(Protocol):
    """Carries parcels out and messages in. Promises: at least once, durable when confirmed; no promise of order."""

    async def publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        """Offer parcels in order; None for each that is durably queued for its partner, else why not."""

    def room(self, partner: str) -> int:
        """How many parcels may be offered for this partner now; 0 while it is known that none would be taken."""

    def subscribe(self, wake: Callable[[str], None]) -> None:
        """Call `wake(partner)` after something was queued for the partner in this process."""

    async def listen(self, arrival: Arrival) -> None:
        """Begin to hand every message that partners publish to `arrival`."""

    async def close(self) -> None:
        """Stop taking and giving; what is not acknowledged comes again."""
