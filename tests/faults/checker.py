"""The invariants: what must hold after every fault, whatever it was. Eight functions from a World to what is broken.

I1 no loss · I2 once · I3 order · I4 integrity · I5 isolation · I6 liveness · I7 audit · I8 pages converge. The words
are those of the design's "What always holds"; a world in which one of them is broken is in test_checker.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from messaging import contract
from tests.faults import audit_trail, bytes_kept
from tests.faults.world import Guest, Row, World

HEARD = frozenset({"applied", "recorded"})  # states of an incoming message that had its one effect
CLOSING = frozenset({"applied", "held", "parked", "set_aside"})
IN_SIGHT = frozenset({"quarantined", "conflict"})  # not closed, not sent again: a page shows them to people
WITHIN = 60.0  # seconds in which the backlog drains after the fault, without a restart


@dataclass(frozen=True)
class Broken:
    """One invariant that does not hold, and where."""

    invariant: str
    what: str


def check(world: World) -> list[Broken]:
    """Everything that is broken; the world has been drained before it was read."""
    return [Broken(name, what) for name, finds in INVARIANTS.items() for what in finds(world)]


# I1


def no_loss(world: World) -> Iterator[str]:
    """What was answered 2xx is receipted, pending, or parked in sight; every number 1..n was applied or set aside."""
    yield from _answers_stand(world)
    for row in world.gateway.numbered("outgoing"):
        if not _closed(row) and not _pending(row) and not row["state"] == row["outcome"] in IN_SIGHT:
            yield f"ours {_place(row)} is {row['state']}/{row['outcome']}: neither closed, nor sent again, nor shown"
    for talk in world.gateway["talks"]:
        if talk["subject"]:
            yield from _numbers_out(world, talk)
            yield from _numbers_in(world, talk)
    for guest in world.guests.values():
        yield from _the_guest_has_it(world, guest)
        yield from _we_have_it(world, guest)


def _answers_stand(world: World) -> Iterator[str]:
    legs = {row["number"] for row in world.gateway["legs"]}
    first = {row["subject"] for row in world.gateway["outgoing"] if row["type"] == "application.submitted"}
    for filed in world.filed:
        if filed.number is not None and (filed.number not in legs or filed.number not in first):
            yield f"{filed.number} was answered 201 and is nowhere"
    for done in world.done:
        said = [row for row in world.gateway["outgoing"] if (row["subject"], row["type"]) == (done.number, done.type)]
        if done.ok and not said:
            yield f"{done.type} on {done.number} was answered 200 and never said"


def _closed(row: Row) -> bool:
    return row["state"] == "closed" and (row["outcome"] in CLOSING or row["closed_by"] is not None)


def _pending(row: Row) -> bool:
    return row["state"] in {"written", "confirmed"} and row["due_at"] is not None


def _numbers_out(world: World, talk: Row) -> Iterator[str]:
    rows = [row for row in world.gateway.numbered("outgoing") if _talk(row) == _talk(talk)]
    replaced = {row["said"].replaces for row in rows}
    live = sorted(row["sequence"] for row in rows if row["message_id"] not in replaced)
    if live != list(range(1, talk["next_out"])):
        yield f"ours {_talk(talk)}: numbers {live}, next is {talk['next_out']}"


def _numbers_in(world: World, talk: Row) -> Iterator[str]:
    rows = [row for row in world.gateway.numbered("incoming") if _talk(row) == _talk(talk)]
    live = [row for row in rows if row["state"] != "replaced"]
    passed = sorted(row["sequence"] for row in live if row["sequence"] < talk["next_in"])
    if passed != list(range(1, talk["next_in"])):
        yield f"theirs {_talk(talk)}: numbers {passed} are here, next is {talk['next_in']}"
    for row in live:
        waits_aside = row["state"] in {"parked", "held"} and not _blocks(row)
        settled = row["state"] in HEARD | {"set_aside"} or waits_aside
        if row["sequence"] < talk["next_in"] and not settled:
            yield f"theirs {_place(row)} was passed over as {row['state']}"


def _blocks(row: Row) -> bool:
    return row["type"] in contract.KNOWN and contract.KNOWN[row["type"]].blocks


def _the_guest_has_it(world: World, guest: Guest) -> Iterator[str]:
    heard = {row["id"]: row for row in guest.heard}
    for row in world.gateway.numbered("outgoing"):
        if row["partner"] == guest.code and row["outcome"] == "applied":
            state = heard.get(row["message_id"], {"state": "nowhere"})["state"]
            if state not in HEARD:
                yield f"ours {_place(row)} is receipted as applied and with {guest.code} it is {state}"
    for talk in guest.talk:
        here = sorted(
            r["sequence"] for r in guest.heard if r["subject"] == talk["subject"] and r["state"] != "replaced"
        )
        if [n for n in here if n < talk["next_in"]] != list(range(1, talk["next_in"])):
            yield f"{guest.code} passed over numbers of {talk['subject']}: {here}, next is {talk['next_in']}"


def _we_have_it(world: World, guest: Guest) -> Iterator[str]:
    here = {row["message_id"]: row for row in world.gateway["incoming"] if row["partner"] == guest.code}
    for row in guest.said:
        ours = here.get(row["id"], {"state": "nowhere"})["state"]
        if row["state"] == "closed" and row["outcome"] == "applied" and ours not in HEARD | {"set_aside"}:
            yield f"{guest.code} was told that {row['id']} is applied, and here it is {ours}"


# I2


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
            yield f"theirs {_place(row)} is {row['state']} and had another number of effects than {wanted}"
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
        if not sum(done.ok for done in tried) <= len(said) <= len(tried):
            yield f"{type_} on {number}: {len(tried)} tried, {len(said)} said"


# I3


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


# I5


def isolation(world: World) -> Iterator[str]:
    """No byte of one partner's cases reaches another, a log, or the disk in the clear."""
    yield from _only_the_addressee(world)
    for filed in world.filed:
        canary = filed.canary.encode()
        for row in world.gateway["mail"]:
            if row["partner"] != filed.partner and canary in row["clear"]:
                yield f"{filed.canary} lies in the mailbox of {row['partner']}"
        for guest in world.guests.values():
            if guest.code != filed.partner and canary in guest.raw:
                yield f"{filed.canary} stands in the books of {guest.code}"
            if canary in guest.log:
                yield f"{filed.canary} stands in the log of {guest.code}"
        if canary in world.gateway.log:
            yield f"{filed.canary} stands in a log of ours"
        if canary in world.gateway.raw:
            yield f"{filed.canary} lies on our disk in the clear"


def _only_the_addressee(world: World) -> Iterator[str]:
    owner = {row["number"]: row["partner"] for row in world.gateway["legs"]}
    for table in ("outgoing", "mail"):
        for row in world.gateway[table]:
            said = row["said"]
            if said.recipient != row["partner"] and said.sender != row["partner"]:
                yield f"{table} {row['message_id']} is addressed to {said.recipient} and lies with {row['partner']}"
            if owner.get(row["subject"], row["partner"]) != row["partner"]:
                yield f"{table} {row['message_id']} of {row['subject']} lies with {row['partner']}"


# I6


def liveness(world: World) -> Iterator[str]:
    """After the fault the backlog drains by itself; nothing is left over but what waits for a person."""
    if world.drained_in is None or world.drained_in > WITHIN:
        yield f"the backlog did not drain within {WITHIN:.0f} s: {world.drained_in}"
    if world.restarts:
        yield f"it took {world.restarts} restarts to drain"
    if not world.ready:
        yield "/readyz is not 200 after the drain"
    for row in world.gateway.numbered("outgoing"):
        if row["subject"] not in world.stuck and (_pending(row) or row["outcome"] == "held"):
            yield f"ours {_place(row)} is still {row['state']}/{row['outcome']}"
    for row in world.gateway["incoming"]:
        left = row["state"] in {"stored", "held", "parked"} or row["receipt_due_at"] is not None
        if row["subject"] not in world.stuck and left:
            yield f"theirs {_place(row)} is still {row['state']}"
    for row in world.gateway["mail"]:
        if row["state"] == "waiting" and row["subject"] not in world.stuck:
            yield f"mail {_place(row)} still waits"


# I8


def pages_converge(world: World) -> Iterator[str]:
    """Every stream saw each change once, in order, over its reconnections, and ends with what the database says."""
    steps = {row["id"]: row for row in world.gateway["steps"]}
    place = {id_: (int(row.get("written_in", 0)), id_) for id_, row in steps.items()}  # on PostgreSQL: by transaction
    legs = {row["number"]: row for row in world.gateway["legs"]}
    for number, watched in enumerate(world.watched):
        cursors = [cursor for cursor, _ in watched.seen]
        if any(place[later] <= place[earlier] for earlier, later in pairwise(cursors)):
            yield f"stream {number}: events came twice or out of order"
        begun = place.get(watched.after, (0, watched.after))
        if missed := {id_ for id_ in steps if place[id_] > begun} - set(cursors):
            yield f"stream {number}: missed {sorted(missed)[:5]}"
        last = {event["number"]: event for _, event in watched.seen}
        for case, event in last.items():
            shown = (event["state"], event["delivery"], event["version"])
            if shown != tuple(legs.get(case, {}).get(column) for column in ("state", "delivery", "version")):
                yield f"stream {number}: {case} is shown as {shown}"


def _talk(row: Row) -> tuple[str, str]:
    return row["partner"], row["subject"]


def _place(row: Row) -> str:
    return f"{row['partner']} {row['subject']} {row['sequence']} {row.get('type', '')}"


INVARIANTS: dict[str, Callable[[World], Iterator[str]]] = {
    "I1": no_loss,
    "I2": once,
    "I3": order,
    "I4": bytes_kept.integrity,
    "I5": isolation,
    "I6": liveness,
    "I7": audit_trail.audit,
    "I8": pages_converge,
}
