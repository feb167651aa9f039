"""Who may read which file: those who put it, and those to whom a case's messages name it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from gateway.attachments.errors import NotFound
from gateway.attachments.tables import Attachment, Mention
from messaging import bulk, ids
from messaging.key_ring import KeyRing
from messaging.tables import DataKey
from messaging.unit_of_work import Connection

Wanted = tuple[str, str, str, int]  # (sha256, number of the leg, jurisdiction that may read it, the case's key)


@dataclass(frozen=True)
class Kept:
    """What is known of a file."""

    sha256: str
    size: int
    name: str
    media_type: str
    stored_at: datetime

    def to_json(self) -> dict[str, Any]:
        """As messages and the API name it."""
        return {"sha256": self.sha256, "size": self.size, "name": self.name, "media_type": self.media_type}


@dataclass(frozen=True)
class Way:
    """A way to a file's bytes: where it lies and the key that opens it."""

    kept: Kept
    path: str
    key: bytes


def kept(row: Attachment) -> Kept:
    """The row as others see it."""
    return Kept(row.sha256, row.size, row.name, row.media_type, row.stored_at)


async def readable(
    connection: Connection, sha256s: Collection[str], jurisdiction: str, now: datetime
) -> dict[str, Kept]:
    """Of these files the ones that the jurisdiction may read, and can: their keys live."""
    own, named = await _grants(connection, sha256s, jurisdiction, now)
    keys = await _living(connection, [*(row.key_id for row in own), *(row.key_id for row in named)])
    found = {row.sha256: kept(row) for row in own if row.key_id in keys}
    theirs = {row.sha256 for row in named if row.key_id in keys} - found.keys()
    if theirs:
        rows = await Attachment.filter(sha256__in=theirs).using_db(connection).order_by("-id")
        found |= {row.sha256: kept(row) for row in rows}
    return found


async def way_to(connection: Connection, keys: KeyRing, sha256: str, jurisdiction: str, now: datetime) -> Way:
    """How the jurisdiction comes to the bytes. Raises NotFound."""
    own, named = await _grants(connection, [sha256], jurisdiction, now)
    living = await _living(connection, [*(row.key_id for row in own), *(row.key_id for row in named)])
    for row in own:
        if row.key_id in living:
            return Way(kept(row), row.path, keys.sealer.unwrap(living[row.key_id]))
    rows = await Attachment.filter(sha256=sha256).using_db(connection).order_by("id") if named else []
    for mention in named:
        if mention.key_id in living and rows and mention.path is not None and mention.wrapped is not None:
            case_key = keys.sealer.unwrap(living[mention.key_id])
            return Way(
                kept(rows[0]), mention.path, keys.sealer.open(case_key, bytes(mention.wrapped), _context(mention))
            )
    raise NotFound(sha256)


async def mention_all(connection: Connection, keys: KeyRing, wanted: Iterable[Wanted]) -> None:
    """Let these jurisdictions read these files because of a case, and keep the files' keys under the case's key.

    What is mentioned already stays as it is. Raises NotFound for a file that is not here. The legs' rows are locked by
    the caller.
    """
    by_place = {(sha256, number, allowed): key_id for sha256, number, allowed, key_id in wanted}
    if not by_place:
        return
    there = await Mention.filter(
        sha256__in={key[0] for key in by_place}, number__in={key[1] for key in by_place}
    ).using_db(connection)
    known = {(row.sha256, row.number, row.allowed) for row in there}
    new = {key: key_id for key, key_id in by_place.items() if key not in known}
    if not new:
        return
    await keys.fetch(new.values(), connection)
    files = await _file_keys(connection, keys, {sha256 for sha256, _, _ in new})
    rows = [_row(keys, place, key_id, files) for place, key_id in new.items()]
    await bulk.insert(connection, rows)


async def release(connection: Connection, numbers: Collection[str], until: datetime, home: str) -> None:
    """After `until` nobody but home may read files because of these legs; what ends earlier stays as it is."""
    rows = await bulk.select(connection, Mention, number=list(numbers))
    theirs = [row for row in rows if row.until is None and row.allowed != home]
    for row in theirs:
        row.until = until
    await bulk.update(connection, theirs, "until")


async def forget(connection: Connection, keys: KeyRing, number: str, now: datetime) -> None:
    """Destroy the uploads' own keys of files that no other leg names. What the case kept goes with the case's key."""
    named = set(await _digests(connection, Q(number=number)))
    elsewhere = set(await _digests(connection, Q(sha256__in=named) & ~Q(number=number)))
    for row in await Attachment.filter(sha256__in=named - elsewhere).using_db(connection):
        await keys.destroy(row.key_id, now, connection)


async def _digests(connection: Connection, condition: Q) -> Sequence[str]:
    return [row.sha256 for row in await Mention.filter(condition).using_db(connection).only("id", "sha256")]


async def _grants(
    connection: Connection, sha256s: Collection[str], jurisdiction: str, now: datetime
) -> tuple[list[Attachment], list[Mention]]:
    own = await Attachment.filter(owner=jurisdiction, sha256__in=sha256s).using_db(connection)
    current = Q(until__isnull=True) | Q(until__gt=now)
    named = Mention.filter(current, allowed=jurisdiction, sha256__in=sha256s).using_db(connection)
    return own, await named


async def _living(connection: Connection, key_ids: Iterable[int | None]) -> dict[int | None, bytes]:
    """Wrapped keys by id, read anew each time: a key that was destroyed elsewhere is gone here too."""
    wanted = {key_id for key_id in key_ids if key_id is not None}
    rows = await DataKey.filter(id__in=wanted).using_db(connection) if wanted else []
    return {row.id: bytes(row.wrapped) for row in rows if row.wrapped is not None}


async def _file_keys(
    connection: Connection, keys: KeyRing, sha256s: Collection[str]
) -> Mapping[str, tuple[str, bytes]]:
    """Path and clear key of each file: from an upload whose key lives, else from another mention."""
    uploads = await Attachment.filter(sha256__in=sha256s).using_db(connection).order_by("-id")
    mentions = await Mention.filter(sha256__in=sha256s, wrapped__isnull=False).using_db(connection)
    living = await _living(connection, [*(row.key_id for row in uploads), *(row.key_id for row in mentions)])
    found = {}
    for mention in mentions:
        if mention.key_id in living and mention.wrapped is not None and mention.path is not None:
            case_key = keys.sealer.unwrap(living[mention.key_id])
            found[mention.sha256] = mention.path, keys.sealer.open(case_key, bytes(mention.wrapped), _context(mention))
    for upload in uploads:
        if upload.key_id in living:
            found[upload.sha256] = upload.path, keys.sealer.unwrap(living[upload.key_id])
    return found


def _row(keys: KeyRing, place: tuple[str, str, str], key_id: int, files: Mapping[str, tuple[str, bytes]]) -> Mention:
    sha256, number, allowed = place
    if sha256 not in files:
        raise NotFound(sha256)
    path, file_key = files[sha256]
    row = Mention(id=ids.row_id(), sha256=sha256, number=number, allowed=allowed, path=path, key_id=key_id)
    row.wrapped = keys.seal(key_id, file_key, _context(row))
    return row


def _context(row: Mention) -> str:
    return f"attachment_mention.wrapped:{row.id}:{row.sha256}:{row.number}:{row.allowed}"
