"""The store: takes a file in as it streams, gives it out to those who may read it, and keeps the disk tidy."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from tortoise.exceptions import IntegrityError, OperationalError

from gateway.attachments import clamd, kinds, mentions, names, vault
from gateway.attachments.clamd import Guard, Verdict, Watch
from gateway.attachments.errors import NotScanned, OtherContent, StoreFull, TooLarge, WrongType
from gateway.attachments.mentions import Kept, Wanted, Way
from gateway.attachments.tables import Attachment, Mention
from messaging import ids
from messaging.faults import fault
from messaging.key_ring import KeyRing
from messaging.tables import DataKey
from messaging.unit_of_work import Connection, run_tx, spawn

LIMIT = 50 * 1024 * 1024  # bytes
SWEPT_AFTER = 3600.0  # seconds that a file without a row is left alone: its row may be on the way
FOLDER = "attachments"

Json = dict[str, Any]
Refused = Callable[[str, str, str], Awaitable[None]]
"""(who put it, SHA-256, what clamd found) -> written down"""


async def _unheard(who: str, sha256: str, found: str) -> None:
    """Nobody keeps a book."""


class AttachmentStore:
    """Files of the house. Bytes are written and read in threads, never while a transaction is open."""

    def __init__(
        self,
        data_dir: Path,
        keys: KeyRing,
        now: Callable[[], datetime],
        *,
        home: str,
        guard: Guard | None = None,
        refused: Refused = _unheard,
    ) -> None:
        """`home` is never shut out of its own cases' files by `release`; `refused` is told of what clamd found."""
        self._guard, self._refused = guard or Guard(), refused
        self._folder = data_dir / FOLDER
        self._keys, self._now, self._home = keys, now, home

    async def start(self) -> None:
        """Make the folder and remove what uploads left that were cut by a crash."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.to_thread(vault.clear_drafts, self._folder)

    async def put(
        self,
        jurisdiction: str,
        put_by: str,
        chunks: AsyncIterator[bytes],
        name: str,
        media_type: str,
        limit: int = LIMIT,
        expected: str | None = None,
    ) -> tuple[Json, bool]:
        """Take a file in: (`{"sha256","size","name","media_type"}`, False when they had put these bytes before).

        `media_type` is what the sender declares; the answer has what the content is; `expected` is the SHA-256 that was
        announced. Durable when this returns. Raises TooLarge, WrongType, OtherContent, NotScanned, StoreFull; nothing is
        kept then.
        """
        file_id = ids.row_id()
        key, wrapped = self._keys.sealer.new_key()
        draft = vault.Draft(self._folder, file_id, lambda clear, where: self._keys.sealer.seal(key, clear, where))
        try:
            with self._guard.begin() as watch:
                await _pour(draft, chunks, limit, watch)
                if expected not in (None, draft.sha256):
                    raise OtherContent(draft.sha256)
                kind = kinds.judge(draft.look, name, media_type)
                verdict = await watch.end()
            await self._pass(verdict, f"{jurisdiction}:{put_by}", draft.sha256)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(draft.abandon))
            raise
        now = self._now()
        data_key = DataKey(id=ids.row_id(), wrapped=wrapped, created_at=now)
        row = Attachment(
            id=file_id,
            sha256=draft.sha256,
            owner=jurisdiction,
            put_by=put_by[:64],
            size=draft.look.size,
            name=names.clean(name, kind.extensions[0]),
            media_type=kind.media_type,
            key_id=data_key.id,
            stored_at=now,
            scanned=verdict.state,
        )
        return await asyncio.shield(spawn(self._keep(draft, row, data_key)))

    async def _pass(self, verdict: Verdict, who: str, sha256: str) -> None:
        """Let in what is clean, or was not looked at where that is allowed."""
        if verdict.state == clamd.INFECTED:
            await self._refused(who, sha256, verdict.signature)
            raise WrongType("infected", verdict.signature)
        if verdict.state == clamd.UNSCANNED and self._guard.required:
            raise NotScanned

    async def _keep(self, draft: vault.Draft, row: Attachment, key: DataKey) -> tuple[Json, bool]:
        """First the bytes, then the row: what a row names is on disk. A file without a row is swept later."""
        row.path = await asyncio.to_thread(draft.keep)
        fault("attachment.before_row")
        before = await Attachment.get_or_none(owner=row.owner, sha256=row.sha256)
        lost = before is not None and not await asyncio.to_thread((self._folder / before.path).is_file)
        try:
            kept, created = await run_tx(lambda connection: self._record(connection, row, key, replace=lost))
        except IntegrityError:  # the same bytes came twice at once
            kept, created = await run_tx(lambda connection: self._record(connection, row, key, replace=False))
        except OperationalError as error:
            if "disk is full" in str(error):
                raise StoreFull(str(error)) from None
            raise
        if not created:
            await asyncio.to_thread((self._folder / row.path).unlink, missing_ok=True)
        return kept.to_json(), created

    async def _record(
        self, connection: Connection, row: Attachment, key: DataKey, *, replace: bool
    ) -> tuple[Kept, bool]:
        same = Attachment.filter(owner=row.owner, sha256=row.sha256).using_db(connection)
        old = await same.select_for_update().first()
        if old is not None and not replace and await _lives(connection, old.key_id):
            if row.scanned == clamd.CLEAN:
                await same.update(scanned=row.scanned)
            return mentions.kept(old), False
        await key.save(using_db=connection, force_create=True)
        if old is None:
            await row.save(using_db=connection, force_create=True)
        else:  # its key was destroyed or its file lost: the bytes come back under a new key
            changed = ("put_by", "name", "media_type", "key_id", "path", "stored_at", "scanned")
            await same.update(**{column: getattr(row, column) for column in changed})
        return mentions.kept(row), True

    async def open(self, sha256: str, jurisdiction: str) -> tuple[Kept, AsyncIterator[bytes]]:
        """A file and its bytes, piece by piece, for a jurisdiction that put it or that a message names it to.

        Raises NotFound, and Damaged when the file on disk is not what was written; the latter may also come from the
        iterator, after some pieces.
        """
        way = await self._way(sha256, jurisdiction)
        first = await self._read(way, 0, 0)
        return way.kept, self._pieces(way, first)

    async def look_up(self, sha256: str, jurisdiction: str) -> Kept:
        """What is known of a file that the jurisdiction may open; its bytes are not touched. Raises NotFound."""
        return (await self._way(sha256, jurisdiction)).kept

    async def _way(self, sha256: str, jurisdiction: str) -> Way:
        now = self._now()
        return await run_tx(lambda connection: mentions.way_to(connection, self._keys, sha256, jurisdiction, now))

    async def _pieces(self, way: Way, first: tuple[bytes, int | None]) -> AsyncIterator[bytes]:
        piece, offset = first
        index = 0
        while True:
            yield piece
            if offset is None:
                return
            index += 1
            piece, offset = await self._read(way, offset, index)

    async def _read(self, way: Way, offset: int, index: int) -> tuple[bytes, int | None]:
        def unseal(sealed: bytes, context: str) -> bytes:
            return self._keys.sealer.open(way.key, sealed, context)

        return await asyncio.to_thread(vault.read, self._folder / way.path, offset, index, unseal)

    async def known(self, connection: Connection, sha256s: Collection[str], jurisdiction: str) -> dict[str, Json]:
        """Of these files the ones that the jurisdiction put or may read, by digest, as messages name them."""
        found = await mentions.readable(connection, sha256s, jurisdiction, self._now())
        return {sha256: kept.to_json() for sha256, kept in found.items()}

    async def readable(self, sha256s: Collection[str], jurisdiction: str) -> set[str]:
        """Of these files the ones that the jurisdiction may open now."""
        return set(await run_tx(lambda connection: self.known(connection, sha256s, jurisdiction))) if sha256s else set()

    async def scanned(self, sha256s: Collection[str]) -> set[str]:
        """Of these files the ones that were looked at for viruses and found clean, whoever put them."""
        if not sha256s:
            return set()
        rows = await Attachment.filter(sha256__in=list(sha256s), scanned=clamd.CLEAN).only("id", "sha256")
        return {row.sha256 for row in rows}

    async def unscanned(self, sha256s: Collection[str]) -> set[str]:
        """Of these files the ones that nobody has looked at for viruses although somebody should have."""
        if not sha256s:
            return set()
        rows = await Attachment.filter(sha256__in=list(sha256s)).only("id", "sha256", "scanned")
        seen = {row.sha256 for row in rows if row.scanned == clamd.CLEAN}
        return {row.sha256 for row in rows if row.scanned == clamd.UNSCANNED} - seen

    async def missing(self, connection: Connection, sha256s: Collection[str], owner: str) -> set[str]:
        """Of these files the ones that `owner` has not put yet and may not read either."""
        return set(sha256s) - (await mentions.readable(connection, sha256s, owner, self._now())).keys()

    async def mention(self, connection: Connection, sha256: str, number: str, allowed: str, key_id: int) -> None:
        """A message of this leg names a file to a jurisdiction; the case, whose key is `key_id`, keeps it from now on.

        Once destroyed, the case's key takes the file with it; a destroyed upload's key does not. Raises NotFound.
        """
        await mentions.mention_all(connection, self._keys, [(sha256, number, allowed, key_id)])

    async def mention_all(self, connection: Connection, wanted: Iterable[Wanted]) -> None:
        """Many mentions at once: (sha256, number, allowed, key_id) each. Raises NotFound."""
        await mentions.mention_all(connection, self._keys, wanted)

    async def release(self, number: str, until: datetime, connection: Connection | None = None) -> None:
        """Partners may read this leg's files until then and no longer; home may go on.

        Inside a transaction give its connection.
        """
        ends = until.astimezone(UTC)
        if connection is not None:
            await mentions.release(connection, [number], ends, self._home)
        else:
            await run_tx(lambda opened: mentions.release(opened, [number], ends, self._home))

    async def release_all(self, connection: Connection, numbers: Collection[str], until: datetime) -> None:
        """The same of many legs, inside a transaction."""
        await mentions.release(connection, numbers, until.astimezone(UTC), self._home)

    async def forget(self, connection: Connection, number: str) -> None:
        """Before a case's key is destroyed: destroy the keys of uploads that no other leg names."""
        await mentions.forget(connection, self._keys, number, self._now())

    async def sweep(self, older_than: float = SWEPT_AFTER) -> int:
        """Remove files that no row names (a crash came between file and row); how many there were."""
        paths = await asyncio.to_thread(lambda: list(vault.settled_before(self._folder, older_than)))
        swept = 0
        for some in _portions(paths, 500):
            named = await run_tx(partial(_named, paths=some))
            for path in set(some) - named:
                await asyncio.to_thread((self._folder / path).unlink, missing_ok=True)
                swept += 1
        return swept


async def _pour(draft: vault.Draft, chunks: AsyncIterator[bytes], limit: int, watch: Watch) -> None:
    """Stream into the draft, about a chunk at a time, so that a thread is woken for no less."""
    size, waiting = 0, bytearray()
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit)
        waiting += chunk
        if len(waiting) >= vault.CHUNK:
            await asyncio.to_thread(draft.write, bytes(waiting))
            await watch.show(bytes(waiting))
            waiting.clear()
    if waiting:
        await asyncio.to_thread(draft.write, bytes(waiting))
        await watch.show(bytes(waiting))


async def _lives(connection: Connection, key_id: int) -> bool:
    return await DataKey.filter(id=key_id, wrapped__isnull=False).using_db(connection).exists()


async def _named(connection: Connection, paths: Sequence[str]) -> set[str]:
    rows = await Attachment.filter(path__in=paths).using_db(connection).only("id", "path")
    kept = await Mention.filter(path__in=paths).using_db(connection).only("id", "path")
    return {row.path for row in rows} | {row.path for row in kept if row.path is not None}


def _portions(paths: Sequence[str], most: int) -> Iterator[list[str]]:
    iterator = iter(paths)
    while some := list(islice(iterator, most)):
        yield some
