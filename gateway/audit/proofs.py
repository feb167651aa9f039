"""Proofs that a chain's lines lie under signed roots, for evidence that is read without this house."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.audit import chain, merkle, roots
from gateway.audit.queries import hashes_under
from gateway.audit.tables import AuditLine, AuditRoot
from messaging.unit_of_work import run_tx


async def proven_lines(name: str) -> list[dict[str, Any]]:
    """A chain, oldest first: `{"line", "proof": {"index","size","path","root"} | null}`; null is not sealed yet.

    `merkle.check(line["hash"], index, size, path, root["merkle"])` holds for each proof.
    """
    lines = await run_tx(lambda connection: AuditLine.filter(chain=name).using_db(connection).order_by("sequence"))
    wanted = {line.root_id for line in lines if line.root_id is not None}
    drawn = await run_tx(lambda connection: AuditRoot.filter(id__in=wanted).using_db(connection))
    leaves = {row.id: await hashes_under(row.id) for row in drawn}
    return await asyncio.to_thread(_proven, lines, {row.id: row for row in drawn}, leaves)


async def roots_between(first: int, last: int, most: int) -> list[dict[str, Any]] | None:
    """What is hashed of every root from one id to another, in the order of their chain; None when they are too many.

    Without signatures: a root that is signed holds the hash of the one before it, and so of all before it.
    """
    rows = AuditRoot.filter(id__gte=first, id__lte=last).order_by("id").limit(most + 1)
    found = await run_tx(rows.using_db)
    return None if len(found) > most else [roots.members(row) for row in found]


def _proven(
    lines: Sequence[AuditLine], drawn: Mapping[int, AuditRoot], leaves: Mapping[int, Sequence[str]]
) -> list[dict[str, Any]]:
    return [{"line": chain.to_json(line), "proof": _proof(line, drawn, leaves)} for line in lines]


def _proof(
    line: AuditLine, drawn: Mapping[int, AuditRoot], leaves: Mapping[int, Sequence[str]]
) -> dict[str, Any] | None:
    if line.root_id is None:
        return None
    hashes = leaves[line.root_id]
    index = hashes.index(line.hash)
    return {
        "index": index,
        "size": len(hashes),
        "path": merkle.proof(hashes, index),
        "root": roots.to_json(drawn[line.root_id]),
    }
