"""The key ring: one data key per subject, opened once and kept in a bounded memory."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from messaging import ids
from messaging.sealing import Sealer
from messaging.tables import DataKey
from messaging.unit_of_work import Connection

KEPT = 4096


class KeyDestroyed(Exception):
    """The key was destroyed when its subject's time was over; what it sealed can no longer be read."""


class KeyRing:
    """Finds, makes and destroys data keys; `seal` and `open` take the key's id."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self._known: OrderedDict[int, bytes] = OrderedDict()

    def make(self, now: datetime) -> DataKey:
        """A new key as an unsaved row; it can be used at once."""
        key, wrapped = self.sealer.new_key()
        row = DataKey(id=ids.row_id(), wrapped=wrapped, created_at=now)
        self._keep(row.id, key)
        return row

    async def fetch(self, key_ids: Iterable[int], connection: Connection | None = None) -> None:
        """Bring these keys into memory, so that `seal` and `open` can be called without waiting."""
        wanted = set(key_ids)
        for key_id in wanted & self._known.keys():
            self._known.move_to_end(key_id)  # what is asked for now is not what is dropped for the others
        missing = sorted(wanted - self._known.keys())
        if not missing:
            return
        rows = DataKey.filter(id__in=missing)
        for row in await (rows.using_db(connection) if connection else rows):
            if row.wrapped is not None:
                self._keep(row.id, self.sealer.unwrap(bytes(row.wrapped)))

    def has(self, key_id: int) -> bool:
        """Is this key in memory? After `fetch`: was it not destroyed?"""
        return key_id in self._known

    def seal(self, key_id: int, clear: bytes, context: str) -> bytes:
        """Seal bytes under a key in memory. `context` names table, column and row: sealed bytes cannot be moved."""
        return self.sealer.seal(self._key(key_id), clear, context)

    def open(self, key_id: int, sealed: bytes, context: str) -> bytes:
        """The bytes that were sealed, bit for bit. Raises KeyDestroyed, or Unreadable when they were changed."""
        return self.sealer.open(self._key(key_id), bytes(sealed), context)

    async def destroy(self, key_id: int, now: datetime, connection: Connection) -> None:
        """Make everything under this key unreadable for ever."""
        await DataKey.filter(id=key_id).using_db(connection).update(wrapped=None, destroyed_at=now)
        self._known.pop(key_id, None)

    def _key(self, key_id: int) -> bytes:
        key = self._known.get(key_id)
        if key is None:
            raise KeyDestroyed(f"data key {key_id}")
        self._known.move_to_end(key_id)
        return key

    def _keep(self, key_id: int, key: bytes) -> None:
        self._known[key_id] = key
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
