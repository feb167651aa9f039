"""The papers of a case in its evidence: each one's content as it was fixed at issue, and its line in the manifest."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications.papers import book
from gateway.applications.tables import Paper
from gateway.audit import chain
from messaging.key_ring import KeyDestroyed, KeyRing

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")


def contents(papers: Sequence[Paper], keys: KeyRing) -> dict[str, bytes | None]:
    """Name of its file -> content, in the order of issue; None where the key was destroyed. The keys are in memory."""
    found: dict[str, bytes | None] = {}
    for row in papers:
        try:
            found[_path(row)] = keys.open(row.key_id, row.content, book.context(row.id))
        except KeyDestroyed:
            found[_path(row)] = None
    return found


def entry(row: Paper, papers: Mapping[str, bytes | None]) -> dict[str, Any]:
    """What the manifest says of a paper; `papers` are those of the case, as `contents` gives them."""
    path = _path(row)
    return {
        "number": row.number,
        "version": row.version,
        "kind": row.kind,
        "office": row.office,
        "issued_at": chain.instant(row.issued_at),
        "sha256": row.sha256,
        "attachment": row.file,
        "body": "destroyed" if papers[path] is None else path,
    }


def _path(row: Paper) -> str:
    return f"papers/{row.number if _PLAIN.match(row.number) else row.sha256}.v{row.version}.json"
