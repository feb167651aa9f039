"""No loss: what was answered is somewhere in sight, and every number of every conversation went its way."""

from collections.abc import Iterator

from messaging import contract
from tests.faults import on_the_broker
from tests.faults.world import HEARD, Guest, Row, World, place_of, talk_of

CLOSING = frozenset({"applied", "held", "parked", "set_aside"})
IN_SIGHT = frozenset({"quarantined", "conflict"})  # not closed, not sent again: a page shows them to people


def no_loss(world: World) -> Iterator[str]:
    """What was answered 2xx is receipted, pending, or parked in sight; every number 1..n was applied or set aside."""
    yield from _answers_stand(world)
    yield from on_the_broker.unknown(world)
    for row in world.gateway.numbered("outgoing"):
        if not _closed(row) and not pending(row) and not row["state"] == row["outcome"] in IN_SIGHT:
            yield f"ours {place_of(row)} is {row['state']}/{row['outcome']}: neither closed, nor sent again, nor shown"
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


def pending(row: Row) -> bool:
    """Is it still to be sent, or sent again?"""
    return row["state"] in {"written", "confirmed"} and row["due_at"] is not None


def _numbers_out(world: World, talk: Row) -> Iterator[str]:
    rows = [row for row in world.gateway.numbered("outgoing") if talk_of(row) == talk_of(talk)]
    rows = [row for row in rows if row["outcome"] != "superseded"]  # gave way to what had its number before a restore
    replaced = {row["said"].replaces for row in rows}
    live = sorted(row["sequence"] for row in rows if row["message_id"] not in replaced)
    if live != list(range(1, talk["next_out"])):
        yield f"ours {talk_of(talk)}: numbers {live}, next is {talk['next_out']}"


def _numbers_in(world: World, talk: Row) -> Iterator[str]:
    rows = [row for row in world.gateway.numbered("incoming") if talk_of(row) == talk_of(talk)]
    live = [row for row in rows if row["state"] != "replaced"]
    passed = sorted(row["sequence"] for row in live if row["sequence"] < talk["next_in"])
    if passed != list(range(1, talk["next_in"])):
        yield f"theirs {talk_of(talk)}: numbers {passed} are here, next is {talk['next_in']}"
    for row in live:
        waits_aside = row["state"] in {"parked", "held"} and not _blocks(row)
        settled = row["state"] in HEARD | {"set_aside"} or waits_aside
        if row["sequence"] < talk["next_in"] and not settled:
            yield f"theirs {place_of(row)} was passed over as {row['state']}"


def _blocks(row: Row) -> bool:
    return row["type"] in contract.KNOWN and contract.KNOWN[row["type"]].blocks


def _the_guest_has_it(world: World, guest: Guest) -> Iterator[str]:
    heard = {row["id"]: row for row in guest.heard}
    for row in world.gateway.numbered("outgoing"):
        if row["partner"] == guest.code and row["outcome"] == "applied":
            state = heard.get(row["message_id"], {"state": "nowhere"})["state"]
            if state not in HEARD:
                yield f"ours {place_of(row)} is receipted as applied and with {guest.code} it is {state}"
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
