"""Sealed roots: one signed line over many committed lines, chained to the root before it. Pure."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import rfc8785

from gateway.audit import chain, merkle
from gateway.audit.tables import AuditRoot
from messaging import ids

Sign = Callable[[bytes], tuple[str, str]]
"""bytes -> (detached JWS, kid)"""

Check = Callable[[bytes, str, str], bool]
"""(bytes, detached JWS, kid) -> is it the signature of a key that is ours?"""


def draw(hashes: Sequence[str], last: AuditRoot | None, at: datetime, sign: Sign) -> AuditRoot:
    """The root over these lines' hashes, in the order of the lines' ids; signed, unsaved, chained to the last one.

    Its id is above the last one's, also when the clock was set back.
    """
    row = AuditRoot(
        id=max(ids.row_id(), 0 if last is None else last.id + 1),
        at=at.astimezone(UTC),
        lines=len(hashes),
        merkle=merkle.root(hashes),
        previous="" if last is None else last.hash,
    )
    row.hash = hash_of(row)
    row.signature, row.kid = sign(text(row))
    return row


def text(row: AuditRoot) -> bytes:
    """What is hashed and signed: the RFC 8785 text of id, at, lines, merkle and previous."""
    return rfc8785.dumps(members(row))


def hash_of(row: AuditRoot) -> str:
    """SHA-256 of the text, in hex."""
    return hashlib.sha256(text(row)).hexdigest()


def to_json(row: AuditRoot) -> dict[str, Any]:
    """The root with all that is needed to check it."""
    return told(row) | {"signature": row.signature}


def told(row: AuditRoot) -> dict[str, Any]:
    """What partners witness in our receipts, which are signed themselves."""
    return members(row) | {"hash": row.hash, "kid": row.kid}


def members(row: AuditRoot) -> dict[str, Any]:
    """What is hashed and signed of a root."""
    return {
        "id": str(row.id),
        "at": chain.instant(row.at),
        "lines": row.lines,
        "merkle": row.merkle,
        "previous": row.previous,
    }
