"""Collecting: for a partner that does not read its queue itself, `to-partner` goes into the mailbox table."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from aio_pika.abc import AbstractIncomingMessage

from messaging import envelope
from messaging.bus import laying_out, names
from messaging.bus.amqp_reader import AmqpReader
from messaging.bus.port import Parcel, Place, PlacesOf
from messaging.faults import fault
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.unit_of_work import run_tx


class AmqpCollecting:
    """Commit, then acknowledge, a batch at a time and in its order."""

    def __init__(
        self,
        url: str,
        partner: str,
        keys: KeyRing,
        places_of: PlacesOf,
        now: Callable[[], datetime],
        laid_out: Callable[[str], None],
    ) -> None:
        """`laid_out(partner)` is called after the commit, to wake the courier."""
        self._partner, self._keys, self._places_of = partner, keys, places_of
        self._now, self._laid_out = now, laid_out
        self.reader = AmqpReader(url, partner, names.TO_PARTNER, self._take)

    async def stop(self) -> None:
        """Finish the batch and leave."""
        await self.reader.stop()

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        """A database that fails ends the connection: everything comes again, in its order, after a pause."""
        places = await self._places_of(self._partner, [(message.message_id or "", message.body) for message in batch])
        parcels = [self._parcel(message, place) for message, place in zip(batch, places, strict=True)]
        await self._keys.fetch(parcel.key_id for parcel in parcels)
        rows = {parcel.message_id: parcel for parcel in parcels if self._readable(parcel)}
        mail = lambda parcel: laying_out.sealed(self._keys, parcel, self._now())  # noqa: E731
        await run_tx(lambda connection: laying_out.put(connection, list(rows.values()), mail))
        fault("collecting.before_ack")
        with suppress(Exception):  # on a line that is gone nothing can be said: they come again and are known
            for message in batch:
                await message.ack()
        self._laid_out(self._partner)

    def _parcel(self, message: AbstractIncomingMessage, place: Place) -> Parcel:
        id_, body = message.message_id or "", message.body
        signature = str(message.headers.get(names.SIGNATURE) or "")
        return Parcel(
            self._partner,
            id_,
            place.subject,
            place.sequence,
            place.key_id,
            body,
            envelope.sha256_hex(body),
            signature,
        )

    def _readable(self, parcel: Parcel) -> bool:
        """A case that was deleted with its key is nobody's to read any more."""
        try:
            self._keys.seal(parcel.key_id, b"", "readable")
        except KeyDestroyed:
            return False
        return True
