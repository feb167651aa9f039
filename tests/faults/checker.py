"""The invariants: what must hold after every fault, whatever it was. Eight functions from a World to what is broken.

I1 no loss · I2 once · I3 order · I4 integrity · I5 isolation · I6 liveness · I7 audit · I8 pages converge. The words
are those of the design's "What always holds"; a world in which one of them is broken is in test_checker.py.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.faults import audit_trail, bytes_kept, no_loss, on_the_broker, once_in_order
from tests.faults.world import Gateway, World, place_of

PATIENCE = float(os.environ.get("FAULT_PATIENCE", "1"))  # above 1 only where other work shares the machine
WITHIN = 60.0 * PATIENCE  # seconds in which the backlog drains after the fault, without a restart


@dataclass(frozen=True)
class Broken:
    """One invariant that does not hold, and where."""

    invariant: str
    what: str


def check(world: World) -> list[Broken]:
    """Everything that is broken; the world has been drained before it was read."""
    return [Broken(name, what) for name, finds in INVARIANTS.items() for what in finds(world)]


def check_midway(gateway: Gateway) -> list[Broken]:
    """What is broken in a database as it stands at any moment, for instance after a crash: whatever is not I6 or I8."""
    world = World(gateway)
    return [Broken(name, what) for name in ALWAYS for what in INVARIANTS[name](world)]


# I5


def isolation(world: World) -> Iterator[str]:
    """No byte of one partner's cases reaches another, a log, or the disk in the clear."""
    yield from _only_the_addressee(world)
    yield from on_the_broker.foreign(world)
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
    yield from on_the_broker.waiting(world)
    for row in world.gateway.numbered("outgoing"):
        if row["subject"] not in world.stuck and (no_loss.pending(row) or row["outcome"] == "held"):
            yield f"ours {place_of(row)} is still {row['state']}/{row['outcome']}"
    for row in world.gateway["incoming"]:
        left = row["state"] in {"stored", "held", "parked"} or row["receipt_due_at"] is not None
        if row["subject"] not in world.stuck and left:
            yield f"theirs {place_of(row)} is still {row['state']}"
    for row in world.gateway["mail"]:
        if row["state"] == "waiting" and row["subject"] not in world.stuck:
            yield f"mail {place_of(row)} still waits"
    for line in world.gateway["lines"]:
        if line["root_id"] is None:
            yield f"line {line['sequence']} of {line['chain']} is not sealed"


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


INVARIANTS: dict[str, Callable[[World], Iterator[str]]] = {
    "I1": no_loss.no_loss,
    "I2": once_in_order.once,
    "I3": once_in_order.order,
    "I4": bytes_kept.integrity,
    "I5": isolation,
    "I6": liveness,
    "I7": audit_trail.audit,
    "I8": pages_converge,
}
ALWAYS = ("I1", "I2", "I3", "I4", "I5", "I7")
