"""Identifiers that we give out: row ids in rising order and message ids that stay the same over every retry."""

import itertools
import secrets
import time

from ulid import ULID

_EPOCH_MS = 1_700_000_000_000
_count = itertools.count(secrets.randbelow(0x200000))  # two processes begin at different places


def row_id() -> int:
    """A 62-bit id, rising with time: 41 bits of milliseconds, 21 bits of counter."""
    return ((time.time_ns() // 1_000_000 - _EPOCH_MS) << 21) | (next(_count) & 0x1FFFFF)


def message_id() -> str:
    """A ULID, 26 characters: unique per sender and never given twice."""
    return str(ULID())
