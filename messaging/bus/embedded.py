"""The embedded bus: the mailbox table is the queue to partners, the inbox table the queue from them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from messaging import at_rest
from messaging.bus.port import Arrival, Parcel, Refused
from messaging.key_ring import KeyRing
from messaging.tables import Mail
from messaging.unit_of_work import Connection, run_tx


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
            await run_tx(lambda connection: self._put(connection, parcels))
        except Exception as error:  # whatever the database says, the parcel is not certain
            return [Refused(type(error).__name__) for _ in parcels]
        for partner in {parcel.partner for parcel in parcels}:
            for wake in self._wakers:
                wake(partner)
        return [None for _ in parcels]

    async def _put(self, connection: Connection, parcels: Sequence[Parcel]) -> None:
        """Insert what is new; what was settled by the courier but is sent again is laid out again."""
        known = {
            (mail.partner, mail.message_id): mail
            for mail in await Mail.filter(message_id__in=[p.message_id for p in parcels]).using_db(connection)
        }
        fresh: dict[tuple[str, str], Mail] = {}
        for parcel in parcels:
            mail = known.get((parcel.partner, parcel.message_id))
            if mail is None:
                fresh[parcel.partner, parcel.message_id] = self._mail(parcel)
            elif mail.state == "receipted":
                await Mail.filter(id=mail.id).using_db(connection).update(state="waiting", handed_at=None)
        await Mail.bulk_create(list(fresh.values()), using_db=connection)

    def _mail(self, parcel: Parcel) -> Mail:
        return Mail(
            partner=parcel.partner,
            message_id=parcel.message_id,
            subject=parcel.subject,
            sequence=parcel.sequence,
            key_id=parcel.key_id,
            body=self._keys.seal(parcel.key_id, parcel.body, at_rest.mail(parcel.message_id)),
            sha256=parcel.sha256,
            signature=parcel.signature,
            stored_at=self._now(),
        )

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
