"""Large files that come in parts: begun with their size, put part by part in order, resumed after a broken line, finished.

What is safe is what the row names: a part is sealed and brought to disk under a name of its own, and only then is the
row moved on, by a compare-and-set on where it stood. A process that is killed leaves at most a file that no row names.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.attachments import names, vault
from gateway.attachments.errors import Damaged, NoSuchUpload, TooLarge, TooManyUploads, WrongOffset
from gateway.attachments.store import FOLDER, LIMIT, SWEPT_AFTER, AttachmentStore
from gateway.attachments.tables import Upload
from messaging import ids
from messaging.faults import fault
from messaging.key_ring import KeyRing
from messaging.unit_of_work import Connection, run_tx, spawn

PART = 4 * 1024 * 1024  # bytes of one part, at most
LIVES = timedelta(hours=24)  # from the beginning, finished or not
MOST = 20  # unfinished ones of one person or client
PLACE = "uploads"

Json = dict[str, Any]


class Uploads:
    """Unfinished uploads. Whoever began one goes on with it: another person or county does not find it."""

    def __init__(self, data_dir: Path, store: AttachmentStore, keys: KeyRing, now: Callable[[], datetime]) -> None:
        self._folder = data_dir / FOLDER / PLACE
        self._store, self._keys, self._now = store, keys, now

    async def begin(self, owner: str, put_by: str, name: str, media_type: str, size: int) -> Json:
        """`{"id","offset","size","part_size","expires_at"}`. Raises TooLarge, TooManyUploads."""
        if not 0 < size <= LIMIT:
            raise TooLarge(LIMIT)
        now = self._now()

        async def keep(connection: Connection) -> Upload:
            mine = Upload.filter(owner=owner, put_by=put_by[:64], sha256__isnull=True, begun_at__gt=now - LIVES)
            if await mine.using_db(connection).count() >= MOST:
                raise TooManyUploads
            key = self._keys.make(now)
            row = Upload(
                id=ids.message_id(), owner=owner, put_by=put_by[:64], name=names.clean(name, "bin"),
                media_type=media_type[:127], size=size, key_id=key.id, begun_at=now,
            )  # fmt: skip
            await key.save(using_db=connection, force_create=True)
            await row.save(using_db=connection, force_create=True)
            return row

        return _told(await run_tx(keep))

    async def where(self, owner: str, put_by: str, id_: str) -> Json:
        """How far it is, as `begin` tells it. Raises NoSuchUpload."""
        return _told(await self._mine(owner, put_by, id_))

    async def add(self, owner: str, put_by: str, id_: str, offset: int, chunks: AsyncIterator[bytes]) -> Json:
        """The next part; what is told then is safe. Raises NoSuchUpload, WrongOffset, TooLarge, StoreFull.

        A part that was cut short on its way counts for nothing.
        """
        row = await self._mine(owner, put_by, id_)
        if offset != row.received or row.sha256 is not None:
            raise WrongOffset(row.received)
        part = await _gathered(chunks, min(PART, row.size - offset))
        if not part:
            return _told(row)
        return await asyncio.shield(spawn(self._add(row, offset, part)))

    async def _add(self, row: Upload, offset: int, part: bytes) -> Json:
        await self._keys.fetch([row.key_id])
        if not self._keys.has(row.key_id):
            raise NoSuchUpload(row.id)
        sealed = self._keys.seal(row.key_id, part, _context(row.id, offset))
        name = secrets.token_hex(8)
        await asyncio.to_thread(_write, self._folder / row.id / name, sealed)
        fault("upload.before_row")
        parts, received = [*row.parts, [name, offset]], offset + len(part)
        moved = await Upload.filter(id=row.id, received=offset, sha256__isnull=True).update(
            received=received, parts=parts
        )
        if not moved:  # another request was faster, or it was given up
            await asyncio.to_thread((self._folder / row.id / name).unlink, missing_ok=True)
            raise WrongOffset((await self._mine(row.owner, row.put_by, row.id)).received)
        row.received, row.parts = received, parts
        return _told(row)

    async def finish(self, owner: str, put_by: str, id_: str, sha256: str | None) -> tuple[Json, bool]:
        """The whole file, as `AttachmentStore.put` answers; asked again, the same answer. `sha256` is what was sent.

        Raises NoSuchUpload, WrongOffset while parts are missing, OtherContent, and what `put` raises.
        """
        row = await self._mine(owner, put_by, id_)
        if row.sha256 is not None and sha256 in (None, row.sha256):
            became = row.sha256
            known = await run_tx(lambda connection: self._store.known(connection, [became], owner))
            if became in known:
                return known[became], False
        if row.received != row.size:
            raise WrongOffset(row.received)
        await self._keys.fetch([row.key_id])
        kept, created = await self._store.put(
            owner, put_by, self._whole(row), row.name, row.media_type, expected=sha256
        )
        await Upload.filter(id=row.id).update(sha256=kept["sha256"])
        await asyncio.to_thread(shutil.rmtree, self._folder / row.id, ignore_errors=True)
        return kept, created

    async def _whole(self, row: Upload) -> AsyncIterator[bytes]:
        for name, offset in row.parts:
            try:
                sealed = await asyncio.to_thread((self._folder / row.id / str(name)).read_bytes)
                yield self._keys.open(row.key_id, sealed, _context(row.id, int(offset)))
            except Exception as error:
                raise Damaged(f"part {offset} of upload {row.id} does not open") from error

    async def drop(self, owner: str, put_by: str, id_: str) -> None:
        """Give it up. Raises NoSuchUpload."""
        await self._forget(await self._mine(owner, put_by, id_))

    async def sweep(self) -> int:
        """Forget those whose time is over, and folders that no row names; how many rows there were."""
        gone = await Upload.filter(begun_at__lte=self._now() - LIVES).limit(500)
        for row in gone:
            await self._forget(row)
        for id_ in await asyncio.to_thread(self._old_folders):
            if not await Upload.exists(id=id_):
                await asyncio.to_thread(shutil.rmtree, self._folder / id_, ignore_errors=True)
        return len(gone)

    async def _forget(self, row: Upload) -> None:
        async def forget(connection: Connection) -> None:
            await Upload.filter(id=row.id).using_db(connection).delete()
            await self._keys.destroy(row.key_id, self._now(), connection)

        await run_tx(forget)
        await asyncio.to_thread(shutil.rmtree, self._folder / row.id, ignore_errors=True)

    def _old_folders(self) -> list[str]:
        border, found = time.time() - SWEPT_AFTER, []
        for path in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < border:
                    found.append(path.name)
        return found

    async def _mine(self, owner: str, put_by: str, id_: str) -> Upload:
        row = await Upload.get_or_none(id=id_[:26], owner=owner, put_by=put_by[:64])
        if row is None or row.begun_at <= self._now() - LIVES:
            raise NoSuchUpload(id_)
        return row


async def _gathered(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """One part in memory, which is why it is small. Raises TooLarge."""
    part = bytearray()
    async for chunk in chunks:
        part += chunk
        if len(part) > most:
            raise TooLarge(most)
    return bytes(part)


def _write(path: Path, sealed: bytes) -> None:
    with vault.room():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        vault.sync(path.parent)


def _context(id_: str, offset: int) -> str:
    return f"attachment.part:{id_}:{offset}"


def _told(row: Upload) -> Json:
    ends = (row.begun_at + LIVES).isoformat(timespec="seconds")
    return {"id": row.id, "offset": row.received, "size": row.size, "part_size": PART, "expires_at": ends}
