"""Places of our own messages as the broker gives them back: by the outbox, or, when it was restored from before, by what they say."""

from collections.abc import Callable, Sequence
from datetime import datetime

from messaging import envelope
from messaging.bus.port import Place
from messaging.conversation import locked
from messaging.envelope import BadEnvelope
from messaging.key_ring import KeyRing
from messaging.strict_json import Malformed
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection, run_tx


class Places:
    """Answers for a batch at once."""

    def __init__(self, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self._keys, self._now = keys, now

    async def of(self, partner: str, letters: Sequence[tuple[str, bytes]]) -> list[Place]:
        """The place of each (id, body) that was for this partner."""
        rows = Outgoing.filter(partner=partner, message_id__in=[id_ for id_, _ in letters])
        known = {row.message_id: row for row in await rows.only("id", "message_id", "subject", "sequence", "key_id")}
        places = []
        for id_, body in letters:
            row = known.get(id_)
            ours = Place(row.subject, row.sequence, row.key_id) if row is not None else None
            places.append(ours or await self._unknown(partner, body))
        return places

    async def _unknown(self, partner: str, body: bytes) -> Place:
        """Sent before our books were set back: the partner is to have it all the same, kept under the link's key."""

        async def unit(connection: Connection) -> int:
            return int((await locked(connection, self._keys, partner, "", self._now())).key_id)

        key_id = await run_tx(unit)
        try:
            said = envelope.parse(body)
        except (BadEnvelope, Malformed):
            return Place("", None, key_id)
        return Place(said.subject if said.numbered else "", said.sequence, key_id)
