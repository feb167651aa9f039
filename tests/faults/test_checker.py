"""The checker itself: a healthy world passes, and for each invariant there are broken worlds that it must not let through."""

import asyncio
import copy
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import broken_queues
from tests.faults.checker import INVARIANTS, check, check_midway
from tests.faults.drain import world_after
from tests.faults.house_under_test import House
from tests.faults.window import DECLINE, SUPPLEMENT, TWICE, USUAL, Window
from tests.faults.world import Done, Row, World

ZAOYANG, TONGBAI = "420683", "411330"


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory, furnished: Path) -> World:
    """An undisturbed day: eight citizens, two counties, one stream."""
    return asyncio.run(_undisturbed(tmp_path_factory.mktemp("healthy"), furnished))


async def _undisturbed(folder: Path, furnished: Path) -> World:
    async with House(folder, furnished) as house:
        assert await house.start()
        await house.start_counties(ZAOYANG, TONGBAI)
        async with Window(house.url, house.client("421321"), 1, (ZAOYANG, TONGBAI)) as window:
            window.watch()
            async with asyncio.TaskGroup() as group:
                for phone in (USUAL, SUPPLEMENT, DECLINE, TWICE):
                    for county in (ZAOYANG, TONGBAI):
                        group.create_task(window.story(county, phone, extra="notes"))
            return await world_after(house, window, (ZAOYANG, TONGBAI))


@pytest.fixture
def world(healthy: World) -> World:
    """The healthy world, to be broken."""
    return copy.deepcopy(healthy)


def test_an_undisturbed_day_breaks_nothing(world: World) -> None:
    assert check(world) == []
    assert len(world.filed) == 8
    assert len(world.gateway.numbered("incoming")) >= 14
    assert len(world.watched[0].seen) >= 50
    assert all(guest.effect for guest in world.guests.values())


def outgoing(world: World, type_: str = "application.submitted") -> Row:
    return next(row for row in world.gateway["outgoing"] if row["type"] == type_)


def incoming(world: World, type_: str = "application.decided") -> Row:
    return next(row for row in world.gateway["incoming"] if row["type"] == type_)


def leg(world: World, number: str) -> Row:
    return next(row for row in world.gateway["legs"] if row["number"] == number)


def told(world: World, type_: str = "application.decided") -> Row:
    """The audit line of a partner's word."""
    return next(row for row in world.gateway["lines"] if row["what"] == type_)


def heard(world: World) -> Row:
    return world.guests[ZAOYANG].heard[0]


# I1


def answered_but_nowhere(world: World) -> None:
    world.gateway["legs"].remove(leg(world, str(world.filed[0].number)))


def answered_but_never_sent(world: World) -> None:
    world.gateway["outgoing"].remove(outgoing(world))


def deed_answered_but_never_said(world: World) -> None:
    world.done.append(Done(str(world.filed[0].number), "application.rated", "k", ok=True))


def closed_before_its_receipt(world: World) -> None:
    outgoing(world).update(state="closed", outcome=None, due_at=None)


def dropped_without_a_word(world: World) -> None:
    outgoing(world).update(state="confirmed", outcome=None, due_at=None)


def number_of_ours_missing(world: World) -> None:
    world.gateway["outgoing"].remove(outgoing(world, "note.sent"))


def number_of_theirs_passed_over(world: World) -> None:
    world.gateway["incoming"].remove(incoming(world, "application.accepted"))


def number_of_theirs_passed_over_while_held(world: World) -> None:
    incoming(world, "application.accepted").update(state="held", reason="gap")


def receipted_but_the_guest_has_it_not(world: World) -> None:
    world.guests[ZAOYANG].heard.remove(heard(world))


def told_as_applied_but_nowhere(world: World) -> None:
    row = incoming(world)
    world.gateway["incoming"].remove(row)
    for talk in world.gateway["talks"]:
        talk["next_in"] = min(talk["next_in"], 1) if talk["subject"] == row["subject"] else talk["next_in"]
    for other in list(world.gateway.numbered("incoming")):
        if other["subject"] == row["subject"]:
            world.gateway["incoming"].remove(other)


# I2


def effect_twice_on_the_time_line(world: World) -> None:
    row = incoming(world)
    step = next(step for step in world.gateway["steps"] if step["message_id"] == row["message_id"])
    world.gateway["steps"].append({**step, "id": step["id"] + 1})


def effect_twice_on_the_chain(world: World) -> None:
    line = told(world)
    world.gateway["lines"].append({**line, "sequence": line["sequence"] + 100})


def effect_of_what_is_parked(world: World) -> None:
    incoming(world).update(state="parked", reason="schema")


def effect_twice_at_the_guest(world: World) -> None:
    world.guests[ZAOYANG].effect.append(world.guests[ZAOYANG].effect[-1])


def no_effect_at_the_guest(world: World) -> None:
    world.guests[ZAOYANG].effect.pop()


def one_key_two_cases(world: World) -> None:
    case = world.gateway["applications"][0]
    world.gateway["applications"].append({**case, "number": "421321202611249999999X"})


def one_key_two_answers(world: World) -> None:
    world.filed[0].told.add("421321202611249999999X")


def one_deed_said_twice(world: World) -> None:
    world.gateway["outgoing"].append({**outgoing(world, "note.sent"), "sequence": 99})


# I3


def applied_out_of_order(world: World) -> None:
    first, second = incoming(world, "application.accepted"), incoming(world, "application.decided")
    second = next(row for row in world.gateway["incoming"] if row["subject"] == first["subject"] and row is not first)
    first["sequence"], second["sequence"] = second["sequence"], first["sequence"]


def guest_applied_out_of_order(world: World) -> None:
    effects = world.guests[ZAOYANG].effect
    subject = next(row["subject"] for row in effects if row["sequence"] == 2)
    mine = [row for row in effects if row["subject"] == subject]
    effects.remove(mine[0])
    effects.append(mine[0])


# I4


def one_bit_of_a_stored_message(world: World) -> None:
    row = incoming(world)
    row["clear"] = bytes([row["clear"][0] ^ 1]) + row["clear"][1:]


def other_bytes_in_the_mailbox(world: World) -> None:
    world.gateway["mail"][0]["clear"] += b" "


def signature_over_other_bytes(world: World) -> None:
    """What an own signature over a second serialisation would look like: the digest follows, the signature does not."""
    row = outgoing(world)
    row["clear"] = row["clear"].replace(b'"specversion":"1.0"', b'"specversion": "1.0"')
    row["sha256"] = hashlib.sha256(row["clear"]).hexdigest()


def signature_of_another_message(world: World) -> None:
    first, second = world.gateway.numbered("outgoing")[:2]
    first["signature"] = second["signature"]


def unsigned(world: World) -> None:
    outgoing(world)["signature"] = None


def guest_has_other_bytes(world: World) -> None:
    heard(world)["body"] = bytes(heard(world)["body"]) + b" "


def number_beside_the_bytes(world: World) -> None:
    outgoing(world)["sequence"] = 7


# I5


def mail_of_another(world: World) -> None:
    row = next(row for row in world.gateway["mail"] if row["partner"] == TONGBAI and row["sequence"] is not None)
    row["partner"] = ZAOYANG


def canary_at_another(world: World) -> None:
    canary = next(filed.canary for filed in world.filed if filed.partner == ZAOYANG)
    world.guests[TONGBAI].raw += canary.encode()


def canary_in_the_mail_of_another(world: World) -> None:
    canary = next(filed.canary for filed in world.filed if filed.partner == ZAOYANG)
    next(row for row in world.gateway["mail"] if row["partner"] == TONGBAI)["clear"] += canary.encode()


def canary_in_a_log(world: World) -> None:
    world.gateway.log += world.filed[0].canary.encode()


def canary_in_a_partners_log(world: World) -> None:
    world.guests[ZAOYANG].log += next(f.canary for f in world.filed if f.partner == ZAOYANG).encode()


def canary_on_the_disk(world: World) -> None:
    world.gateway.raw += world.filed[0].canary.encode()


# I6


def drained_too_late(world: World) -> None:
    world.drained_in = 61.0


def drained_by_a_restart(world: World) -> None:
    world.restarts = 1


def not_ready(world: World) -> None:
    world.ready = False


def still_sending(world: World) -> None:
    outgoing(world).update(state="confirmed", outcome=None, due_at="2026-11-24 00:00:00+00:00")


def still_held_there(world: World) -> None:
    outgoing(world)["outcome"] = "held"


def still_stored(world: World) -> None:
    next(row for row in world.gateway["incoming"] if row["sequence"] is None)["state"] = "stored"


def receipt_still_due(world: World) -> None:
    incoming(world)["receipt_due_at"] = "2026-11-24 00:00:00+00:00"


def mail_still_waits(world: World) -> None:
    world.gateway["mail"][0]["state"] = "waiting"


def line_not_sealed(world: World) -> None:
    told(world)["root_id"] = None


# I7


def line_changed(world: World) -> None:
    told(world)["who"] = "person:421321:somebody else"


def line_missing(world: World) -> None:
    world.gateway["lines"].remove(told(world))


def chain_cut(world: World) -> None:
    number = str(world.filed[0].number)
    chain = [line for line in world.gateway["lines"] if line["chain"] == number]
    world.gateway["lines"].remove(max(chain, key=lambda line: int(line["sequence"])))


def change_without_an_author(world: World) -> None:
    told(world)["who"] = ""


def change_that_is_not_on_the_chain(world: World) -> None:
    leg(world, str(world.filed[0].number))["state"] = "WITHDRAWN"


def step_that_is_not_on_the_chain(world: World) -> None:
    step = next(step for step in world.gateway["steps"] if step["type"] == "application.accepted")
    world.gateway["steps"].append({**step, "id": step["id"] + 1, "message_id": None})


def root_missing(world: World) -> None:
    world.gateway["roots"].pop(0)


def root_not_signed(world: World) -> None:
    first, second = world.gateway["roots"][:2]
    first["signature"] = second["signature"]


# I8


def stream_missed_one(world: World) -> None:
    world.watched[0].seen.pop(3)


def stream_told_one_twice(world: World) -> None:
    world.watched[0].seen.insert(3, world.watched[0].seen[3])


def stream_shows_an_old_state(world: World) -> None:
    number = world.filed[0].number
    event = next(event for _, event in reversed(world.watched[0].seen) if event["number"] == number)
    event["state"] = "SUBMITTED"


Break = Callable[[World], None]
BROKEN: dict[str, tuple[Break, ...]] = {
    "I1": (
        answered_but_nowhere,
        answered_but_never_sent,
        deed_answered_but_never_said,
        closed_before_its_receipt,
        dropped_without_a_word,
        number_of_ours_missing,
        number_of_theirs_passed_over,
        number_of_theirs_passed_over_while_held,
        receipted_but_the_guest_has_it_not,
        told_as_applied_but_nowhere,
    ),
    "I2": (
        effect_twice_on_the_time_line,
        effect_twice_on_the_chain,
        effect_of_what_is_parked,
        effect_twice_at_the_guest,
        no_effect_at_the_guest,
        one_key_two_cases,
        one_key_two_answers,
        one_deed_said_twice,
    ),
    "I3": (applied_out_of_order, guest_applied_out_of_order),
    "I4": (
        one_bit_of_a_stored_message,
        other_bytes_in_the_mailbox,
        signature_over_other_bytes,
        signature_of_another_message,
        unsigned,
        guest_has_other_bytes,
        number_beside_the_bytes,
    ),
    "I5": (
        mail_of_another,
        canary_at_another,
        canary_in_the_mail_of_another,
        canary_in_a_log,
        canary_in_a_partners_log,
        canary_on_the_disk,
    ),
    "I6": (
        drained_too_late,
        drained_by_a_restart,
        not_ready,
        still_sending,
        still_held_there,
        still_stored,
        receipt_still_due,
        mail_still_waits,
        line_not_sealed,
    ),
    "I7": (
        line_changed,
        line_missing,
        chain_cut,
        change_without_an_author,
        change_that_is_not_on_the_chain,
        step_that_is_not_on_the_chain,
        root_missing,
        root_not_signed,
    ),
    "I8": (stream_missed_one, stream_told_one_twice, stream_shows_an_old_state),
}
for _name, _ones in broken_queues.BY_INVARIANT.items():
    BROKEN[_name] += _ones


@pytest.mark.parametrize(
    ("invariant", "break_"),
    [pytest.param(name, one, id=f"{name}-{one.__name__}") for name, ones in BROKEN.items() for one in ones],
)
def test_a_broken_world_is_told(world: World, invariant: str, break_: Break) -> None:
    break_(world)
    assert invariant in {broken.invariant for broken in check(world)}


def test_what_must_hold_at_any_moment_is_told_without_a_drain(world: World) -> None:
    assert check_midway(world.gateway) == []
    closed_before_its_receipt(world)
    assert {broken.invariant for broken in check_midway(world.gateway)} == {"I1"}


def test_every_invariant_can_fail() -> None:
    assert BROKEN.keys() == INVARIANTS.keys()
