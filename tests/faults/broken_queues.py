"""Worlds with something on the broker that must not lie there; test_checker.py holds the checker to them."""

from collections.abc import Callable, Mapping

from messaging.bus.names import PARKED, TO_GATEWAY, TO_PARTNER
from tests.faults.world import Row, World

ZAOYANG, TONGBAI = "420683", "411330"


def letter(world: World, table: str, partner: str = ZAOYANG) -> Row:
    """A message of a table, as it lay on the broker."""
    row = next(row for row in world.gateway.numbered(table) if row["partner"] == partner)
    return {"message_id": row["message_id"], "body": row["clear"], "said": row["said"]}


def lies(world: World, queue: str, row: Row, partner: str = ZAOYANG) -> None:
    """It is found in a queue of this partner."""
    world.queues.append({"partner": partner, "queue": queue, **row})


def published_and_nowhere(world: World) -> None:
    row = letter(world, "incoming")
    lies(world, TO_GATEWAY, row)
    for table in ("incoming", "apart"):
        world.gateway.tables[table] = [
            one for one in world.gateway[table] if one.get("message_id") != row["message_id"]
        ]


def none_of_ours(world: World) -> None:
    lies(world, TO_PARTNER, {**letter(world, "outgoing"), "message_id": "01STRANGER"})


def bytes_changed_on_the_way(world: World) -> None:
    row = letter(world, "outgoing")
    lies(world, TO_PARTNER, {**row, "body": row["body"] + b" "})


def laid_before_another(world: World) -> None:
    lies(world, TO_PARTNER, letter(world, "outgoing"), TONGBAI)


def canary_in_the_queue_of_another(world: World) -> None:
    canary = next(filed.canary for filed in world.filed if filed.partner == ZAOYANG)
    lies(world, TO_PARTNER, {**letter(world, "outgoing", TONGBAI), "body": canary.encode()}, TONGBAI)


def canary_in_the_brokers_log(world: World) -> None:
    world.broker_log += world.filed[0].canary.encode()


def given_up_by_the_broker(world: World) -> None:
    lies(world, PARKED, letter(world, "outgoing"))


def not_read_by_its_reader(world: World) -> None:
    row = letter(world, "outgoing")
    lies(world, TO_PARTNER, row)
    heard = world.guests[ZAOYANG].heard
    heard.remove(next(one for one in heard if one["id"] == row["message_id"]))
    world.gateway.tables["mail"] = [one for one in world.gateway["mail"] if one["message_id"] != row["message_id"]]


BY_INVARIANT: Mapping[str, tuple[Callable[[World], None], ...]] = {
    "I1": (published_and_nowhere, none_of_ours),
    "I4": (bytes_changed_on_the_way,),
    "I5": (laid_before_another, canary_in_the_queue_of_another, canary_in_the_brokers_log),
    "I6": (given_up_by_the_broker, not_read_by_its_reader),
}
