"""What auditors read: the lines of a chain, the house chain page by page, and whether all of it still holds."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tortoise.expressions import Q

from gateway.audit import chain, merkle, roots
from gateway.audit.chain import Broken
from gateway.audit.house import HOUSE
from gateway.audit.tables import AuditLine, AuditRoot, HouseChain
from messaging.unit_of_work import run_tx

PAGE = 2000  # rows that are read at once while verifying
MOST = 200  # items in one answer
ROOTS = "roots"  # what the chain of roots is called in a finding

Head = tuple[int, str]  # (sequence, hash) of a chain's last line, as its owner keeps it


async def lines_of(name: str) -> list[dict[str, Any]]:
    """All lines of a chain, oldest first: `{"chain","sequence","previous","at","who","what","why","detail","hash"}`."""
    rows = await run_tx(lambda connection: AuditLine.filter(chain=name).using_db(connection).order_by("sequence"))
    return [chain.to_json(row) for row in rows]


async def house_lines(limit: int = 50, after: str | None = None, *, what: str | None = None) -> dict[str, Any]:
    """The house chain, newest first: `{"items","next"}`; `what` keeps one kind of line. Raises ValueError for a bad `after`."""
    most = max(1, min(limit, MOST))
    rows = AuditLine.filter(chain=HOUSE)
    if after is not None:
        rows = rows.filter(sequence__lt=_sequence(after))
    if what is not None:
        rows = rows.filter(what=what)
    found = await run_tx(lambda connection: rows.using_db(connection).order_by("-sequence").limit(most + 1))
    more = len(found) > most
    return {
        "items": [chain.to_json(row) for row in found[:most]],
        "next": str(found[most - 1].sequence) if more else None,
    }


async def verify_all(heads: Mapping[str, Head] | None = None, check: roots.Check | None = None) -> list[Broken]:
    """Everything that does not hold, over all chains and roots; empty when all of it does.

    `heads` are the ends of chains that others keep (legs): without them a tail that was never sealed may be cut off
    unseen. `check` verifies the roots' signatures.
    """
    broken: dict[str, Broken] = {}
    ends: dict[str, Head] = {}
    last: AuditLine | None = None
    async for page in _line_pages():
        last = await asyncio.to_thread(_walk, page, last, broken, ends)
    expected = {**(heads or {}), **await _house_head()}
    for name, head in sorted(expected.items()):
        if name not in broken and ends.get(name, (0, "")) != head:
            broken[name] = Broken(name, ends.get(name, (0, ""))[0] + 1, "cut")
    return [*broken.values(), *await _verify_roots(check)]


def _walk(
    page: Sequence[AuditLine], last: AuditLine | None, broken: dict[str, Broken], ends: dict[str, Head]
) -> AuditLine:
    """Check a page that is ordered by chain and sequence; only the first break of a chain is told."""
    for name, rows in groupby(page, key=lambda row: row.chain):
        lines = list(rows)
        found = chain.verify(lines, after=last if last is not None and last.chain == name else None)
        if found is not None:
            broken.setdefault(name, found)
        ends[name] = lines[-1].sequence, lines[-1].hash
    return page[-1]


async def _line_pages() -> AsyncIterator[list[AuditLine]]:
    after = Q()
    while True:
        rows = AuditLine.filter(after).order_by("chain", "sequence").limit(PAGE)
        page = await run_tx(rows.using_db)
        if not page:
            return
        yield page
        after = Q(chain__gt=page[-1].chain) | Q(chain=page[-1].chain, sequence__gt=page[-1].sequence)


async def _house_head() -> dict[str, Head]:
    row = await run_tx(lambda connection: HouseChain.filter(name=HOUSE).using_db(connection).first())
    return {} if row is None else {HOUSE: (row.sequence, row.hash)}


async def _verify_roots(check: roots.Check | None) -> list[Broken]:
    """Each root follows the one before it, is signed, and covers exactly its lines."""
    number, previous, after = 0, "", 0
    while True:
        query = AuditRoot.filter(id__gt=after).order_by("id").limit(100)
        page = await run_tx(query.using_db)
        if not page:
            return []
        for row in page:
            number += 1
            reason = _fault(row, previous, await hashes_under(row.id), check)
            if reason is not None:
                return [Broken(ROOTS, number, reason)]
            previous, after = row.hash, row.id


def _fault(row: AuditRoot, previous: str, hashes: Sequence[str], check: roots.Check | None) -> str | None:
    if row.previous != previous:
        return "previous"
    if row.hash != roots.hash_of(row):
        return "changed"
    if row.lines != len(hashes) or row.merkle != merkle.root(hashes):
        return "root"
    if check is not None and not check(roots.text(row), row.signature, row.kid):
        return "signature"
    return None


async def hashes_under(root_id: int) -> list[str]:
    """The hashes that a root covers, in the order of its leaves."""
    rows = AuditLine.filter(root_id=root_id).order_by("id").only("id", "hash")
    return [row.hash for row in await run_tx(rows.using_db)]


def _sequence(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise ValueError("after")
    return int(after)
