"""The embedded bus: the mailbox table is the queue to partners, the inbox table the queue from them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from messaging.bus import laying_out
from messaging.bus.port import PLENTY, Arrival, Parcel, Refused
from messaging.key_ring import KeyRing
from messaging.tables import Mail
from messaging.unit_of_work import run_tx


class EmbeddedBus:
    """One process, no broker: publishing is an insert, waking is a call."""

    def __init__(self, keys: KeyRing, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys, self._now = keys, now
        self._wakers: list[Callable[[str], None]] = []
        self._arrival: Arrival | None = None

    async def publish(self, parcels: Sequence[Parcel]) -> list[Refused | None]:
        """All of them in one transaction, or none."""
        try:
            await self._keys.fetch(parcel.key_id for parcel in parcels)
            await run_tx(lambda connection: laying_out.put(connection, parcels, self._mail))
        except Exception as error:  # whatever the database says, the parcel is not certain
            return [Refused(type(error).__name__) for _ in parcels]
        for partner in {parcel.partner for parcel in parcels}:
            for wake in self._wakers:
                wake(partner)
        return [None for _ in parcels]

    def _mail(self, parcel: Parcel) -> Mail:
        return laying_out.sealed(self._keys, parcel, self._now())

    def room(self, partner: str) -> int:
        """The table takes whatever the disk takes."""
        return PLENTY

    def subscribe(self, wake: Callable[[str], None]) -> None:
        """Call `wake(partner)` after something was queued for the partner."""
        self._wakers.append(wake)

    async def listen(self, arrival: Arrival) -> None:
        """Doors of this process hand their messages to `arrive`, which passes them on."""
        self._arrival = arrival

    async def arrive(self, partner: str, body: bytes, signature: str | None) -> object:
        """A partner publishes: returns once the message is durable."""
        if self._arrival is None:
            raise Refused("nobody listens")
        return await self._arrival(partner, body, signature)

    async def close(self) -> None:
        """Nothing is held in memory, so nothing can be lost."""
        self._arrival = None
