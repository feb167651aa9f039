"""A conversation is drained in order: every message gets an outcome, and only what must wait makes others wait."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.applications import hearing
from messaging import applier
from messaging.applier import Heard
from messaging.envelope import rfc3339, sha256_hex
from messaging.tables import Incoming
from tests.county import (
    CLERK,
    HOME,
    JINGSHAN,
    SCAN,
    WORKING_HOURS,
    ZAOYANG,
    County,
    Letter,
    accepted,
    answers,
    asking,
    decided,
    note,
)

ATTACHMENT = {"sha256": "a" * 64, "size": 1, "name": "决定书.pdf", "media_type": "application/pdf"}


async def steps(county: County, number: str) -> list[str]:
    """The time line of a case, as types."""
    page = await county.parts.case_room.events(CLERK, number, limit=200)
    return [item["type"] for item in page["items"]]


async def test_what_comes_in_order_is_applied_in_order(county: County) -> None:
    number = await county.file()
    await county.hears(
        county.zaoyang.says("application.accepted", number, accepted(county.clock())),
        county.zaoyang.says("application.decided", number, decided(county.clock())),
    )
    assert await county.states(number) == {1: "applied", 2: "applied"}
    assert ((await county.leg(number)).state, (await county.talk(number)).next_in) == ("DECIDED", 3)


async def test_what_comes_before_its_turn_is_held_and_applied_after_what_was_missing(county: County) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    second = county.zaoyang.says("procedure.suspended", number, _suspended())
    third = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.hears(third, second)
    assert await county.states(number) == {2: "held", 3: "held"}
    assert (await county.leg(number)).state == "SUBMITTED"
    await county.hears(first)
    assert await county.states(number) == {1: "applied", 2: "applied", 3: "applied"}
    assert (await county.leg(number)).state == "DECIDED"
    assert await steps(county, number) == [
        "application.submitted",
        "application.accepted",
        "procedure.suspended",
        "application.decided",
    ]


def _suspended() -> dict[str, Any]:
    return {"kind": "hearing", "from": "2026-11-25", "until": "2026-11-27", "basis": "行政许可法第四十六条"}


async def test_what_is_held_by_a_gap_says_so_and_stops_saying_so(county: County) -> None:
    number = await county.file()
    second = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=2)
    await county.hears(second)
    assert (await county.incoming(second)).reason == "gap"
    assert (await county.talk(number)).gap_asked_at == county.clock()
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock()), sequence=1))
    assert (await county.incoming(second)).reason is None
    assert (await county.talk(number)).gap_asked_at is None


UNFIT: dict[str, Mapping[str, Any]] = {
    "a missing member": {"reference": "ZY-1"},
    "a wrong kind": {"reference": 7, "accepted_at": "2026-11-24T09:30:00+08:00", "promised_by": "2026-12-01"},
}


@pytest.mark.parametrize("what", list(UNFIT))
async def test_data_against_its_schema_is_parked_and_keeps_its_place(county: County, what: str) -> None:
    number = await county.file()
    bad = county.zaoyang.says("application.accepted", number, UNFIT[what])
    behind = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.hears(bad, behind)
    row = await county.incoming(bad)
    assert row.state == "parked"
    assert (row.reason or "").startswith("schema /")
    assert await county.states(number) == {1: "parked", 2: "held"}
    assert ((await county.leg(number)).state, (await county.talk(number)).next_in) == ("SUBMITTED", 1)


async def test_what_waits_behind_a_parked_message_is_no_gap_and_is_not_asked_for(county: County) -> None:
    number = await county.file()
    await county.hears(
        county.zaoyang.says("application.accepted", number, {}),
        county.zaoyang.says("application.decided", number, decided(county.clock())),
    )
    county.clock.move(minutes=10)
    await county.ask()
    assert [row.type for row in await county.outgoing(number)] == ["application.submitted"]


async def test_a_known_type_in_an_unknown_version_is_parked(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    body = letter.body.replace(b"accepted.v1", b"accepted.v2")
    newer = county.zaoyang.sign(body, letter.id, int(county.clock().timestamp()))
    await county.hears(newer)
    row = await county.incoming(newer)
    assert (row.state, row.reason) == ("parked", "unknown_version 2")
    assert (await county.talk(number)).next_in == 1


def _unknown(county: County, number: str, data: dict[str, Any]) -> Letter:
    """A type that a later contract may know."""
    letter = county.zaoyang.says("note.sent", number, data)
    body = letter.body.replace(b"note.sent.v1", b"case.photographed.v1")
    return county.zaoyang.sign(body, letter.id, int(county.clock().timestamp()))


async def test_an_unknown_type_is_recorded_in_sight_and_blocks_nothing(county: County) -> None:
    number = await county.file()
    unknown = _unknown(county, number, note())
    await county.hears(unknown, county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    row = await county.incoming(unknown)
    assert (row.state, row.reason) == ("recorded", "unknown_type")
    assert (await county.leg(number)).state == "ACCEPTED"
    assert "case.photographed" in await steps(county, number)
    await county.tell()
    assert [entry["outcome"] for entry in await county.told()] == ["applied", "applied"]


async def test_an_unknown_type_is_recorded_although_a_file_that_it_names_is_not_here(county: County) -> None:
    number = await county.file()
    unknown = _unknown(county, number, note(attachments=[ATTACHMENT]))
    await county.hears(unknown, county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    assert await county.states(number) == {1: "recorded", 2: "applied"}


async def test_a_note_that_is_parked_lets_what_follows_pass(county: County) -> None:
    number = await county.file()
    bad = county.zaoyang.says("note.sent", number, {"text": ""})
    await county.hears(bad, county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    assert await county.states(number) == {1: "parked", 2: "applied"}
    assert ((await county.leg(number)).state, (await county.talk(number)).next_in) == ("ACCEPTED", 3)


async def test_a_decision_waits_for_its_papers_and_is_applied_when_they_come(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    digest = sha256_hex(SCAN)
    paper = _paper(digest)
    word = county.zaoyang.says("application.decided", number, decided(county.clock(), documents=[paper]))
    await county.hears(word)
    row = await county.incoming(word)
    assert (row.state, row.reason) == ("held", "attachments_missing")
    assert (await county.leg(number)).state == "ACCEPTED"
    await county.put(by=ZAOYANG)
    await county.look_again()
    assert (await county.incoming(word)).state == "applied"
    assert (await county.leg(number)).state == "DECIDED"
    kept, pieces = await county.parts.attachments.open(digest, HOME)
    assert b"".join([piece async for piece in pieces]) == SCAN
    assert kept.media_type == "application/pdf"


async def test_a_file_that_another_county_put_does_not_count_as_arrived(county: County) -> None:
    number = await county.file()
    digest = await county.put(by=JINGSHAN)
    word = county.zaoyang.says("application.decided", number, decided(county.clock(), documents=[_paper(digest)]))
    await county.hears(word)
    assert (await county.incoming(word)).reason == "attachments_missing"


def _paper(digest: str) -> dict[str, Any]:
    return {**ATTACHMENT, "sha256": digest, "size": len(SCAN)}


async def test_a_note_whose_file_is_missing_waits_alone(county: County) -> None:
    """What changes no state never blocks: the decision behind it is applied, the note when its file is there."""
    number = await county.file()
    word = county.zaoyang.says("note.sent", number, note(attachments=[_paper(sha256_hex(SCAN))]))
    await county.hears(word, county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    assert await county.states(number) == {1: "held", 2: "applied"}
    await county.put(by=ZAOYANG)
    await county.look_again()
    assert await county.states(number) == {1: "applied", 2: "applied"}
    assert (await county.talk(number)).next_in == 3


async def test_what_is_merely_late_is_recorded_and_changes_nothing(county: County) -> None:
    number = await county.file()
    await county.hears(
        county.zaoyang.says("application.decided", number, decided(county.clock())),
        late := county.zaoyang.says("application.accepted", number, accepted(county.clock(), reference="ZY-9")),
        county.zaoyang.says("supplement.requested", number, asking()),
    )
    assert await county.states(number) == {1: "applied", 2: "recorded", 3: "recorded"}
    assert (await county.incoming(late)).reason == "late"
    leg = await county.leg(number)
    assert (leg.state, leg.their_number, leg.supplements) == ("DECIDED", "ZY-1", 0)


async def test_a_word_that_is_not_theirs_to_say_is_parked(county: County) -> None:
    """枣阳 decides this case; withdrawing is for the side that received it."""
    number = await county.file()
    word = county.zaoyang.says(
        "application.withdrawn", number, {"reason": "不办了", "asked_at": rfc3339(county.clock())}
    )
    await county.hears(word)
    row = await county.incoming(word)
    assert (row.state, row.reason) == ("parked", "not_their_role")
    assert (await county.leg(number)).withdrawal_asked_at is None


@pytest.mark.parametrize("subject", ["421321202611242999999X", "x" * 64, "zaoyang"])
async def test_a_word_about_a_case_that_nobody_knows_is_parked(county: County, subject: str) -> None:
    word = county.zaoyang.says("application.accepted", subject, accepted(county.clock()))
    await county.hears(word)
    county.clock.move(seconds=61)  # a minute for words of our own that a restore might have lost
    await county.look_again()
    row = await county.incoming(word)
    assert (row.state, row.reason) == ("parked", "no_such_case")


async def test_a_county_has_no_effect_on_a_case_of_another(county: County) -> None:
    number = await county.file()
    stranger = county.jingshan.says("application.accepted", number, accepted(county.clock(), reference="JS-1"))
    await county.hears(stranger, partner=JINGSHAN)
    assert (await county.incoming(stranger)).reason == "no_such_case"
    assert (await county.leg(number)).state == "SUBMITTED"


async def test_a_county_has_no_effect_on_a_case_of_another_also_in_one_batch(county: County) -> None:
    """Both conversations bear the same subject and are drained together."""
    number = await county.file()
    await county.arrives(county.zaoyang.says("note.sent", number, note()))
    stranger = county.jingshan.says("application.decided", number, decided(county.clock(), reference="JS-1"))
    await county.arrives(stranger, partner=JINGSHAN)
    await county.apply()
    leg = await county.leg(number)
    assert (leg.state, leg.their_number) == ("SUBMITTED", None)
    assert (await county.incoming(stranger)).reason == "no_such_case"


async def _failing(county: County, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    """Our own code fails whenever it applies an acceptance."""

    def broken(*args: Any, **more: Any) -> Heard:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr(hearing.Hearing, "hear", broken)
    for _ in range(rounds):
        await county.apply()
        county.clock.move(seconds=16)


async def test_a_fault_of_our_own_is_tried_again_and_parked_after_five_times(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await county.file()
    word = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.arrives(word)
    await _failing(county, monkeypatch, 4)
    assert ((await county.incoming(word)).state, (await county.incoming(word)).attempts) == ("stored", 4)
    await _failing(county, monkeypatch, 1)
    row = await county.incoming(word)
    assert (row.state, row.reason) == ("parked", "apply_failed RuntimeError")
    await county.tell()
    assert (await county.told())[-1]["outcome"] == "parked"


async def test_a_fault_that_passes_leaves_nothing_behind(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await county.file()
    word = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.arrives(word)
    with monkeypatch.context() as patch:
        await _failing(county, patch, 2)
    await county.apply()
    assert (await county.leg(number)).state == "ACCEPTED"


async def test_a_fault_in_one_conversation_does_not_hold_up_another(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, sound = await county.file(), await county.file()
    hear = hearing.Hearing.hear

    def broken(self: hearing.Hearing, said: Any, row: Any, talk: Any, now: Any) -> Heard:
        if said.subject == sick:
            raise RuntimeError("a fault of our own")
        return hear(self, said, row, talk, now)

    monkeypatch.setattr(hearing.Hearing, "hear", broken)
    for number in (sick, sound):
        await county.arrives(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    await county.apply()
    assert (await county.leg(sick)).state == "SUBMITTED"
    assert (await county.leg(sound)).state == "ACCEPTED"


async def test_a_fault_behind_a_number_that_was_set_aside_is_parked_too(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    word = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.arrives(first)
    await Incoming.filter(message_id=first.id).update(state="set_aside")
    await county.arrives(word)
    await _failing(county, monkeypatch, 5)
    assert (await county.incoming(word)).state == "parked"


async def test_what_was_stored_and_never_looked_at_is_found_again(county: County) -> None:
    """Whatever went wrong between storing and applying, nothing waits for a restart."""
    number = await county.file()
    await county.arrives(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    county.parts.dirty.take()
    await county.look_again()
    assert (await county.leg(number)).state == "ACCEPTED"


async def test_a_pair_of_cases_drained_together_have_each_their_own_order(county: County) -> None:
    numbers = [await county.file(answers=answers()) for _ in range(4)]
    letters = []
    for number in numbers:
        letters += [
            county.zaoyang.says("application.accepted", number, accepted(county.clock())),
            county.zaoyang.says("application.decided", number, decided(county.clock())),
        ]
    for letter in [*letters[1::2], *letters[0::2]]:
        await county.arrives(letter)
    await county.apply()
    assert {(await county.leg(number)).state for number in numbers} == {"DECIDED"}


def test_an_outcome_once_given_is_not_told_anew() -> None:
    """Settling a row a second time in the same way leaves the time of its receipt as it was."""
    row = Incoming(state="stored", sequence=1)
    applier.settle(row, "held", "gap", WORKING_HOURS)
    due = row.receipt_due_at
    applier.settle(row, "held", "gap", WORKING_HOURS.replace(hour=5))
    assert row.receipt_due_at == due
