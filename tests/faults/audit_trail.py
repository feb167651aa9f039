"""The audit, checked by arithmetic of its own: chains, heads, roots, and an author and a reason for every change."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

import rfc8785

from gateway.applications.lifecycle import HEARD as CHANGES
from gateway.audit import merkle
from partners import signing
from partners.signing import BadSignature
from tests.faults.world import Row, World


def effects(world: World) -> Counter[tuple[str, str]]:
    """How often a partner's message had an effect: (partner, message id) -> lines on its case's chain."""
    return Counter(place for place, _ in _told(world))


def in_order(world: World) -> dict[tuple[str, str], list[Row]]:
    """The incoming rows of each conversation in the order in which they had their effect."""
    rows = {(row["partner"], row["message_id"]): row for row in world.gateway.numbered("incoming")}
    found: dict[tuple[str, str], list[Row]] = {}
    for place, line in _told(world):
        if place in rows:
            found.setdefault((place[0], line["chain"]), []).append(rows[place])
    return found


def _told(world: World) -> Iterator[tuple[tuple[str, str], Row]]:
    """Lines that tell of a partner's word, in the order of their chains."""
    partner = {row["number"]: row["partner"] for row in world.gateway["legs"]}
    for line in sorted(world.gateway["lines"], key=lambda row: (row["chain"], row["sequence"])):
        detail = line["detail"] or {}
        if "kid" in detail and line["chain"] in partner:  # whose key proved it: only what a partner said has one
            yield (partner[line["chain"]], detail["message"]), line


def audit(world: World) -> Iterator[str]:
    """Chains verify and end at their heads, roots cover every line, and each change has who, when and why."""
    lines = sorted(world.gateway["lines"], key=lambda row: (row["chain"], row["sequence"]))
    ends: dict[str, Row] = {}
    for name, chain in groupby(lines, key=lambda row: str(row["chain"])):
        rows = list(chain)
        ends[name] = rows[-1]
        yield from _chain(name, rows)
    yield from _heads(world, ends)
    yield from _changes(world)
    yield from _roots(world)


def _chain(name: str, rows: list[Row]) -> Iterator[str]:
    previous = ""
    for number, row in enumerate(rows, start=1):
        if row["sequence"] != number or row["previous"] != previous:
            yield f"chain {name}: line {number} does not follow the one before it"
        if row["hash"] != _hash(row):
            yield f"chain {name}: line {number} was changed"
        if not row["who"] or not row["at"] or (row["why"] is None and not row["detail"]):
            yield f"chain {name}: line {number} has no author, no time or no reason"
        previous = row["hash"]


def _hash(row: Row) -> str:
    members = {name: row[name] for name in ("chain", "sequence", "previous", "who", "what", "why", "detail")}
    return hashlib.sha256(rfc8785.dumps({**members, "at": _instant(row["at"])})).hexdigest()


def _instant(text: str) -> str:
    at = datetime.fromisoformat(text).astimezone(UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _heads(world: World, ends: dict[str, Row]) -> Iterator[str]:
    heads = {row["number"]: (row["audit_sequence"], row["audit_hash"]) for row in world.gateway["legs"]}
    heads |= {row["name"]: (row["sequence"], row["hash"]) for row in world.gateway["chains"]}
    for name in heads.keys() | ends.keys():
        end = (ends[name]["sequence"], ends[name]["hash"]) if name in ends else (0, "")
        if heads.get(name, (0, "")) != end:
            yield f"chain {name}: ends at {end[0]}, its head says {heads.get(name)}"


def _changes(world: World) -> Iterator[str]:
    """Every step that can change a state stands on the chain, and the last state there is the case's."""
    steps = Counter((row["number"], row["type"]) for row in world.gateway["steps"] if row["type"] in CHANGES)
    lines = Counter((row["chain"], row["what"]) for row in world.gateway["lines"] if row["what"] in CHANGES)
    for place in steps.keys() | lines.keys():
        # an answer that a late word gets by itself stands in the line of that word
        if lines[place] > steps[place] or (lines[place] < steps[place] and place[1] != "withdrawal.refused"):
            yield f"{place[1]} of {place[0]}: {steps[place]} steps, {lines[place]} audit lines"
    last: dict[str, str] = {}
    for line in sorted(world.gateway["lines"], key=lambda row: row["sequence"]):
        if "state" in (line["detail"] or {}):
            last[line["chain"]] = line["detail"]["state"]
    for leg in world.gateway["legs"]:
        if last.get(leg["number"]) != leg["state"]:
            yield f"{leg['number']} is {leg['state']}, by its chain {last.get(leg['number'])}"


def _roots(world: World) -> Iterator[str]:
    under: dict[int, list[str]] = {}
    for line in sorted(world.gateway["lines"], key=lambda row: row["id"]):
        if line["root_id"] is not None:
            under.setdefault(line["root_id"], []).append(line["hash"])
    previous = ""
    for row in sorted(world.gateway["roots"], key=lambda root: root["id"]):
        hashes = under.pop(row["id"], [])
        if row["previous"] != previous or row["lines"] != len(hashes) or row["merkle"] != merkle.root(hashes):
            yield f"root {row['id']} does not cover its lines, or does not follow the root before it"
        yield from _signature(world, row)
        previous = row["hash"]
    if under:
        yield f"lines are sealed under roots that are not there: {sorted(under)}"


def _signature(world: World, row: Row) -> Iterator[str]:
    text = rfc8785.dumps(
        {
            "id": str(row["id"]),
            "at": _instant(row["at"]),
            "lines": row["lines"],
            "merkle": row["merkle"],
            "previous": row["previous"],
        }
    )
    if hashlib.sha256(text).hexdigest() != row["hash"]:
        yield f"root {row['id']} was changed"
    try:
        signing.verify(text, row["signature"], world.gateway.jwks[world.gateway.home][row["kid"]])
    except (BadSignature, KeyError):
        yield f"root {row['id']} is signed by nobody's key"
