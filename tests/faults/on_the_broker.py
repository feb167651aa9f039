"""What may still lie on the broker once everything is at rest: nothing but second copies of what both sides have."""

from collections.abc import Iterator

from messaging import envelope
from messaging.bus import names
from tests.faults.world import Row, World


def unknown(world: World) -> Iterator[str]:
    """I1: a message whose sender believes it sent, and of which no table knows."""
    ours = {row["message_id"] for row in world.gateway["outgoing"]}
    ids, digests = _taken(world)
    for row in world.queues:
        digest = envelope.sha256_hex(row["body"])
        if row["queue"] == names.TO_PARTNER and row["message_id"] not in ours:
            yield f"{_name(row)} is none of ours"
        if row["queue"] != names.TO_PARTNER and row["message_id"] not in ids | ours and digest not in digests:
            yield f"{_name(row)} was never taken in"


def waiting(world: World) -> Iterator[str]:
    """I6: what a reader that is there has not read."""
    ids, digests = _taken(world)
    mail = {row["message_id"] for row in world.gateway["mail"]}
    for row in world.queues:
        code, id_ = row["partner"], row["message_id"]
        read = {one["id"] for one in world.guests[code].heard} if code in world.guests else {id_}
        match row["queue"]:
            case names.PARKED:
                yield f"{_name(row)} was given up by the broker"
            case names.TO_GATEWAY if id_ not in ids and envelope.sha256_hex(row["body"]) not in digests:
                yield f"{_name(row)} waits for us"
            case names.TO_PARTNER if id_ not in read | mail:
                yield f"{_name(row)} waits for {code}"


def changed(world: World) -> Iterator[str]:
    """I4: bytes that are not those that were signed."""
    signed = {row["message_id"]: row["sha256"] for row in world.gateway["outgoing"]}
    for row in world.queues:
        if row["message_id"] in signed and envelope.sha256_hex(row["body"]) != signed[row["message_id"]]:
            yield f"{_name(row)} is not what was signed"


def foreign(world: World) -> Iterator[str]:
    """I5: something of one partner in the queues of another, or anybody's words in the broker's log."""
    for row in world.queues:
        said = row["said"]
        if said is not None and row["partner"] not in (said.sender, said.recipient):
            yield f"{_name(row)} goes from {said.sender} to {said.recipient}"
        for filed in world.filed:
            if filed.partner != row["partner"] and filed.canary.encode() in row["body"]:
                yield f"{filed.canary} lies in {_name(row)}"
    for filed in world.filed:
        if filed.canary.encode() in world.broker_log:
            yield f"{filed.canary} stands in the broker's log"


def _taken(world: World) -> tuple[set[str], set[str]]:
    """Ids and digests that came in."""
    incoming, apart = world.gateway["incoming"], world.gateway["apart"]
    return {row["message_id"] for row in incoming}, {row["sha256"] for row in (*incoming, *apart)}


def _name(row: Row) -> str:
    return f"{row['message_id']} in {row['queue']} of {row['partner']}"
