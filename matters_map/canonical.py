"""The canonical text of a list version and its hash: what the counties sign."""

import hashlib
from collections.abc import Sequence
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """RFC 8785 text of a JSON value. Raises rfc8785.CanonicalizationError for what JSON cannot hold exactly."""
    return rfc8785.dumps(value)


def list_text(agreement: str, version: int, effective_from: str, lines: Sequence[dict[str, Any]]) -> bytes:
    """The signed text of a list version; `effective_from` is RFC 3339, `lines` as `Line.to_json` gives them."""
    return canonical(
        {"agreement": agreement, "version": version, "effective_from": effective_from, "lines": list(lines)}
    )


def list_hash(agreement: str, version: int, effective_from: str, lines: Sequence[dict[str, Any]]) -> str:
    """SHA-256 of the signed text, in hex."""
    return hashlib.sha256(list_text(agreement, version, effective_from, lines)).hexdigest()
