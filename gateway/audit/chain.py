"""Chains of audit lines: each holds the hash of the one before it, so that a later change shows. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import rfc8785

from gateway.audit.tables import AuditLine
from messaging import ids

LARGEST = 2**53 - 1  # RFC 8785 holds whole numbers exactly up to here
_UNREADABLE = {0: 0xFFFD} | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)  # no database gives these back


@dataclass(frozen=True)
class Broken:
    """The first place at which a chain does not hold.

    `reason`: `number` (a line is missing or stands twice), `previous` (it does not follow the line before it),
    `changed` (its own members are not what was hashed), `cut` (the chain ends before its head), `root` (the sealed root
    does not cover these lines), `signature` (nobody's key signed the root).
    """

    chain: str
    sequence: int
    reason: str


def line(
    chain: str,
    sequence: int,
    previous: str,
    at: datetime,
    who: str,
    what: str,
    why: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditLine:
    """The next line of a chain, unsaved: `previous` is the hash of the line before it, '' for the first.

    `detail` holds digests, ids and codes only, as texts, whole numbers, booleans, lists and objects of them.
    Raises ValueError or TypeError for what could not be read back from every database as it was written.
    """
    if at.tzinfo is None:
        raise ValueError("the time of an audit line needs an offset")
    if not 1 <= len(what) <= 64 or not 1 <= len(chain) <= 64:
        raise ValueError(f"audit line {chain!r} {what!r}: 1 to 64 characters are needed")
    row = AuditLine(
        id=ids.row_id(),
        chain=chain,
        sequence=sequence,
        at=at.astimezone(UTC),
        who=_text(who)[:128],
        what=_text(what),
        why=None if why is None else _text(why),
        detail=None if detail is None else _plain(detail),
        previous=previous,
    )
    row.hash = hash_of(row)
    return row


def verify(lines: Iterable[AuditLine], after: AuditLine | None = None) -> Broken | None:
    """The first broken line of one chain, whose lines come in order and from the first, or from behind `after`."""
    number, previous = (after.sequence, after.hash) if after is not None else (0, "")
    for row in lines:
        number += 1
        if row.sequence != number:
            return Broken(row.chain, number, "number")
        if row.previous != previous:
            return Broken(row.chain, number, "previous")
        if row.hash != hash_of(row):
            return Broken(row.chain, number, "changed")
        previous = row.hash
    return None


def hash_of(row: AuditLine) -> str:
    """SHA-256, in hex, of the RFC 8785 text of the line's members without its own hash."""
    return hashlib.sha256(canonical(_members(row))).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """The RFC 8785 text of texts, whole numbers, booleans, lists and objects.

    Where every name is ASCII, sorting by bytes is sorting by UTF-16, and a quicker encoder writes the same text.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if _plainly_named(value) else rfc8785.dumps(value)


def _plainly_named(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(name.isascii() and _plainly_named(member) for name, member in value.items())
    return not isinstance(value, list) or all(map(_plainly_named, value))


def to_json(row: AuditLine) -> dict[str, Any]:
    """The line as it is hashed, with its hash."""
    return _members(row) | {"hash": row.hash}


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: what SQLite and PostgreSQL both give back."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _members(row: AuditLine) -> dict[str, Any]:
    return {
        "chain": row.chain,
        "sequence": row.sequence,
        "previous": row.previous,
        "at": instant(row.at),
        "who": row.who,
        "what": row.what,
        "why": row.why,
        "detail": row.detail,
    }


def _text(value: str) -> str:
    return value.translate(_UNREADABLE)


def _plain(value: Any) -> Any:
    """The value as JSON gives it back. Fractions are refused: databases write them differently."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int) and abs(value) <= LARGEST:
        return value
    if isinstance(value, Mapping):
        return {_text(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    raise TypeError(f"{type(value).__name__} cannot stand in an audit line")
