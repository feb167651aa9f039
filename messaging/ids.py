"""Identifiers that we give out: row ids in rising order and message ids that stay the same over every retry."""

import hashlib
import os
import secrets
import time
from datetime import datetime

from ulid import ULID

_EPOCH_MS = 1_700_000_000_000
_own_place = secrets.randbelow(0x100000)  # two processes begin at different places of the same millisecond
_last = 0


def row_id() -> int:
    """A 62-bit id that rises with time and never falls in this process, whatever the clock does."""
    global _last
    _last = max(_last + 1, ((time.time_ns() // 1_000_000 - _EPOCH_MS) << 21) | _own_place)
    return _last


def named(text: str) -> int:
    """The row that an address names, 0 when it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def lowest_since(at: datetime) -> int:
    """Below every id that was given out since an instant, by a clock that is right within a day."""
    seconds = min(at.timestamp(), time.time()) - 86_400
    return max(0, int(seconds * 1000) - _EPOCH_MS) << 21


def start_after(highest: int) -> None:
    """Begin above what the last run gave out, also when the clock was set back meanwhile."""
    global _last
    _last = max(_last, highest + _own_place)


def _begin_elsewhere() -> None:
    """A process that was forked off does not give out its parent's ids."""
    global _own_place
    _own_place = secrets.randbelow(0x100000)


os.register_at_fork(after_in_child=_begin_elsewhere)


def message_id() -> str:
    """A ULID, 26 characters: unique per sender and never given twice."""
    return str(ULID())


def message_id_for(*parts: str) -> str:
    """The message id of something that may be said once only: the same for the same parts, and nobody else's."""
    return str(ULID.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:16]))
