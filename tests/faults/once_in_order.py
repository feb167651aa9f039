"""Once, and in order: what messages and requests brought about, counted on both sides."""

from collections.abc import Iterator

from tests.faults import audit_trail
from tests.faults.world import HEARD, World, place_of


def once(world: World) -> Iterator[str]:
    """At most one effect per message on both sides, and one case per Idempotency-Key."""
    yield from _once_here(world)
    for guest in world.guests.values():
        counted = [row["message_id"] for row in guest.effect]
        for row in guest.heard:
            wanted = 1 if row["state"] in HEARD else 0
            if counted.count(row["id"]) != wanted:
                yield f"{guest.code}: {row['id']} is {row['state']} and had {counted.count(row['id'])} effects"
        if strange := set(counted) - {row["id"] for row in guest.heard}:
            yield f"{guest.code}: effects of {strange}, which it never heard"
    yield from _one_case_per_key(world)
    yield from _one_deed_per_key(world)


def _once_here(world: World) -> Iterator[str]:
    effects = audit_trail.effects(world)
    steps = [(row["message_id"], row["type"]) for row in world.gateway["steps"]]
    for row in world.gateway.numbered("incoming"):
        wanted = 1 if row["state"] in HEARD else 0
        place = (row["partner"], row["message_id"])
        if effects.pop(place, 0) != wanted or steps.count((row["message_id"], row["type"])) != wanted:
            yield f"theirs {place_of(row)} is {row['state']} and had another number of effects than {wanted}"
    for partner, message_id in effects:
        yield f"an effect of {message_id} of {partner}, which never arrived"


def _one_case_per_key(world: World) -> Iterator[str]:
    cases: dict[str, set[str]] = {}
    for row in world.gateway["applications"]:
        if row["reference"]:
            cases.setdefault(row["reference"], set()).add(row["number"])
    for filed in world.filed:
        numbers = cases.get(filed.key, set()) | filed.told
        if len(numbers) > 1:
            yield f"{filed.key} was filed as {sorted(numbers)}"


def _one_deed_per_key(world: World) -> Iterator[str]:
    for number, type_ in {(done.number, done.type) for done in world.done}:
        tried = [done for done in world.done if (done.number, done.type) == (number, type_)]
        said = [row for row in world.gateway["outgoing"] if (row["subject"], row["type"]) == (number, type_)]
        said = [row for row in said if row["outcome"] != "superseded"]
        if not sum(done.ok for done in tried) <= len(said) <= len(tried):
            yield f"{type_} on {number}: {len(tried)} tried, {len(said)} said"


def order(world: World) -> Iterator[str]:
    """Effects follow the numbers, in every conversation on both sides; what a person replayed may come late."""
    for talk, rows in audit_trail.in_order(world).items():
        numbers = [row["sequence"] for row in rows if row["settled_by"] is None]
        if numbers != sorted(set(numbers)):
            yield f"theirs {talk}: applied in the order {numbers}"
    for guest in world.guests.values():
        for subject in {row["subject"] for row in guest.effect}:
            numbers = [row["sequence"] for row in guest.effect if row["subject"] == subject]
            if numbers != sorted(set(numbers)):
                yield f"{guest.code} {subject}: applied in the order {numbers}"
