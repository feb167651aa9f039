"""Numbers as a cell may hold them."""

from typing import Any


def integral(value: Any) -> int | None:
    """A whole number, also one that is written 10.0; None for any other value, 是 and 否 (bool) included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None
