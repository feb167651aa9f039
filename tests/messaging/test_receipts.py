"""Receipts: what we tell of a partner's messages and when, and what its receipts do to ours."""

import json
from typing import Any

import pytest

from messaging import contract, receipts, settling
from messaging.inbox import Unverified
from messaging.tables import Conversation, Incoming, Outgoing
from messaging.unit_of_work import run_tx
from tests.county import CLERK, JINGSHAN, ZAOYANG, County, accepted, answers, decided, note


async def sent(county: County, number: str) -> Outgoing:
    """The last message under a number, after the bus took it."""
    await county.relay()
    return (await county.outgoing(number))[-1]


# what we tell


async def test_what_was_applied_is_told_at_once_with_digest_time_and_height(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.hears(letter)
    await county.tell()
    assert await county.told() == [
        {
            "id": letter.id,
            "sha256": letter.sha256,
            "stored_at": "2026-11-24T09:30:00+08:00",
            "highest_applied": 1,
            "outcome": "applied",
        }
    ]
    row = await county.incoming(letter)
    (receipt,) = await county.outgoing("")
    assert (row.receipt_due_at, row.receipted_as, row.receipt_id) == (None, "applied", receipt.message_id)


async def test_the_receipt_is_written_by_the_transaction_that_applies(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("note.sent", number, note())
    assert await Conversation.filter(partner=ZAOYANG, subject="").count() == 0  # nobody spoke outside a case yet
    await county.hears(letter)
    assert [one["id"] for one in await county.told()] == [letter.id]
    assert await receipts.owing(county.parts.connection, county.clock()) == []


async def test_a_receipt_bears_the_last_root_of_the_audit(county: County) -> None:
    number = await county.file()
    await county.parts.roots.once()
    await county.hears(county.zaoyang.says("note.sent", number, note()))
    (receipt,) = await county.outgoing("")
    assert (await county.said(receipt)).data["sealed_root"] == await county.parts.roots.latest()


async def test_our_receipt_stands_outside_every_conversation(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, note()))
    await county.tell()
    (receipt,) = await county.outgoing("")
    said = await county.said(receipt)
    assert (said.subject, said.sequence, said.seen, said.type) == ("receipt", None, None, "receipt")
    assert contract.check_outgoing("receipt", said.data) == []


async def test_one_receipt_covers_many_messages_of_many_cases(county: County) -> None:
    numbers = [await county.file() for _ in range(3)]
    for number in numbers:
        await county.arrives(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
        await county.arrives(county.zaoyang.says("note.sent", number, note()))
    await county.apply()
    await county.tell()
    assert len(await county.outgoing("")) == 1
    assert [entry["highest_applied"] for entry in await county.told()] == [2] * 6


async def test_what_is_held_is_told_after_five_seconds_and_again_when_it_was_applied(county: County) -> None:
    number = await county.file()
    second = county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=2)
    await county.hears(second)
    county.clock.move(seconds=4.9)
    await county.tell()
    assert await county.told() == []
    county.clock.move(seconds=0.1)
    await county.tell()
    assert [(one["outcome"], one["reason"]) for one in await county.told()] == [("held", "gap")]
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()), sequence=1)
    await county.hears(first)
    await county.tell()
    told = await county.told()
    assert {(one["id"], one["outcome"], one["highest_applied"]) for one in told[1:]} == {
        (first.id, "applied", 2),
        (second.id, "applied", 2),
    }
    assert "reason" not in told[2]


async def test_what_is_held_only_for_a_moment_is_never_told_as_held(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=2))
    county.clock.move(seconds=2)
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock()), sequence=1))
    county.clock.move(seconds=10)
    await county.tell()
    assert [one["outcome"] for one in await county.told()] == ["applied", "applied"]


async def test_what_is_parked_is_told_after_five_seconds_with_its_reason(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.accepted", number, {"reference": "ZY-1"}))
    await county.tell()
    assert await county.told() == []
    county.clock.move(seconds=5)
    await county.tell()
    (told,) = await county.told()
    assert (told["outcome"], told["highest_applied"]) == ("parked", 0)
    assert told["reason"].startswith("schema ")


async def test_nothing_is_told_twice_without_a_reason(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, note()))
    for _ in range(3):
        await county.tell()
    assert len(await county.told()) == 1
    assert await receipts.owing(county.parts.connection, county.clock()) == []


async def test_each_partner_is_told_only_of_its_own(county: County) -> None:
    here = await county.file()
    there = await county.file(matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN))
    ours = county.zaoyang.says("note.sent", here, note())
    theirs = county.jingshan.says("note.sent", there, note())
    await county.arrives(ours)
    await county.arrives(theirs, partner=JINGSHAN)
    await county.apply()
    await county.tell()
    assert [one["id"] for one in await county.told(ZAOYANG)] == [ours.id]
    assert [one["id"] for one in await county.told(JINGSHAN)] == [theirs.id]


async def test_more_than_one_receipt_holds_goes_in_several(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MOST", 3)
    number = await county.file()
    await county.hears(*(county.zaoyang.says("note.sent", number, note(str(n))) for n in range(7)))
    for _ in range(4):
        await county.tell()
    assert len(await county.outgoing("")) == 3
    assert len({one["id"] for one in await county.told()}) == 7


async def test_the_latest_sealed_root_goes_with_a_receipt(county: County) -> None:
    number = await county.file()
    await county.parts.roots.once()
    await county.hears(county.zaoyang.says("note.sent", number, note()))
    await county.tell()
    (receipt,) = await county.outgoing("")
    assert (await county.said(receipt)).data["sealed_root"] == await county.parts.roots.latest()


# what we are told

CLOSING = ("applied", "held", "parked", "set_aside")
STAYING = ("conflict", "quarantined")


@pytest.mark.parametrize("outcome", CLOSING)
async def test_a_receipt_closes_the_row_that_it_names(county: County, outcome: str) -> None:
    number = await county.file()
    row = await sent(county, number)
    county.clock.move(seconds=3)
    letter = county.zaoyang.got(row, outcome)
    await county.hears(letter)
    after = await Outgoing.get(id=row.id)
    assert (after.state, after.outcome, after.due_at) == ("closed", outcome, None)
    assert (after.receipted_at, after.receipt_id) == (county.clock(), letter.id)


@pytest.mark.parametrize("outcome", STAYING)
async def test_conflict_and_quarantine_do_not_close_and_stop_the_sending(county: County, outcome: str) -> None:
    """People look: the row stays open, and the same bytes do not go again by themselves."""
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, outcome, reason="number"))
    after = await Outgoing.get(id=row.id)
    assert (after.state, after.outcome, after.reason, after.due_at) == (outcome, outcome, "number", None)
    county.clock.move(days=1)
    assert await county.relay() == 0


async def test_what_is_quarantined_is_named_by_its_digest_alone(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, "quarantined", id=None, reason="unknown_key"))
    assert (await Outgoing.get(id=row.id)).state == "quarantined"
    assert (await county.leg(number)).delivery == "quarantined"


DIFFERENT: dict[str, dict[str, Any]] = {
    "the digest": {"sha256": "0" * 64},
    "the id": {"id": "01JDG7Z3N5Q8S4T6V9W2X1Y0AB"},
}


@pytest.mark.parametrize("what", list(DIFFERENT))
async def test_a_receipt_for_something_else_closes_nothing(county: County, what: str) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, **DIFFERENT[what]))
    after = await Outgoing.get(id=row.id)
    assert (after.state, after.outcome) == ("confirmed", None)
    assert (await county.leg(number)).delivery == "sent"


async def test_a_partner_cannot_close_what_was_sent_to_another(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.jingshan.got(row), partner=JINGSHAN)
    assert (await Outgoing.get(id=row.id)).state == "confirmed"


async def test_a_receipt_that_cannot_be_verified_closes_nothing(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    county.zaoyang.key = county.jingshan.key
    with pytest.raises(Unverified):
        await county.arrives(county.zaoyang.got(row))
    await county.apply()
    assert (await Outgoing.get(id=row.id)).state == "confirmed"


async def test_a_receipt_against_its_schema_is_parked_and_closes_nothing(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    letter = county.zaoyang.receipt({"id": row.message_id, "sha256": row.sha256, "outcome": "applied"})
    await county.hears(letter)
    stored = await county.incoming(letter)
    assert (stored.state, stored.receipt_due_at) == ("parked", None)
    assert (await Outgoing.get(id=row.id)).state == "confirmed"


async def test_a_later_change_is_taken_from_a_later_receipt(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, "held", reason="gap"))
    assert (await county.leg(number)).delivery == "held"
    await county.hears(county.zaoyang.got(row, "applied"))
    leg = await county.leg(number)
    assert (leg.delivery, leg.delivery_reason) == ("receipted", None)
    assert (await Outgoing.get(id=row.id)).outcome == "applied"


@pytest.mark.parametrize("outcome", ["held", "parked", "quarantined"])
async def test_an_older_receipt_that_was_overtaken_changes_nothing(county: County, outcome: str) -> None:
    number = await county.file()
    row = await sent(county, number)
    older = county.zaoyang.got(row, outcome)
    await county.hears(county.zaoyang.got(row, "applied"), older)
    assert (await Outgoing.get(id=row.id)).outcome == "applied"
    assert (await county.leg(number)).delivery == "receipted"


async def test_what_a_partner_asked_for_again_may_be_receipted_otherwise(county: County) -> None:
    """It had applied the message, lost its books, and cannot apply it now."""
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, "applied"))
    await county.hears(_wanted(county, number, 1, 1))
    await county.relay()
    await county.hears(county.zaoyang.got(row, "parked", reason="agreement"))
    after = await Outgoing.get(id=row.id)
    assert (after.state, after.outcome, after.due_at) == ("closed", "parked", None)
    assert (await county.leg(number)).delivery == "parked"


async def test_the_height_that_a_receipt_tells_is_remembered_and_never_falls(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    second = await sent(county, number)
    await county.hears(county.zaoyang.got(second, highest_applied=2))
    assert (await county.talk(number)).partner_seen == 2
    await county.hears(county.zaoyang.got(row, highest_applied=1))
    assert (await county.talk(number)).partner_seen == 2


async def test_a_height_that_we_never_said_is_not_believed(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, highest_applied=99))
    assert (await county.talk(number)).partner_seen == 0


async def test_one_receipt_closes_many_and_a_stray_entry_in_it_harms_nobody(county: County) -> None:
    numbers = [await county.file() for _ in range(3)]
    rows = [await sent(county, number) for number in numbers]
    entries = [_entry(county, row) for row in rows]
    entries.insert(1, entries[0] | {"sha256": "f" * 64})
    await county.hears(county.zaoyang.receipt(*entries))
    assert {row.state for row in await Outgoing.filter(sequence__not_isnull=True)} == {"closed"}
    assert {(await county.leg(number)).delivery for number in numbers} == {"receipted"}


def _entry(county: County, row: Outgoing) -> dict[str, Any]:
    letter = county.zaoyang.got(row)
    return dict(json.loads(letter.body)["data"]["receipts"][0])


async def test_a_receipt_is_a_step_and_an_audit_line_of_the_case(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row))
    page = await county.parts.case_room.events(CLERK, number)
    step = page["items"][-1]
    assert (step["type"], step["message_id"], step["actor"]["jurisdiction"]) == (
        "delivery.receipted",
        row.message_id,
        ZAOYANG,
    )
    assert step["text"] == "枣阳市已接收"


async def test_only_the_last_message_of_a_case_is_shown_as_its_delivery(county: County) -> None:
    number = await county.file()
    first = await sent(county, number)
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    await county.hears(county.zaoyang.got(first))
    assert (await county.leg(number)).delivery == "waiting"
    second = await sent(county, number)
    await county.hears(county.zaoyang.got(second))
    assert (await county.leg(number)).delivery == "receipted"


# what is missing


def _wanted(county: County, number: str, first: int, last: int) -> Any:
    return county.zaoyang.says("resend.requested", number, {"from": first, "to": last}, sequence=None)


async def test_a_partner_gets_again_what_it_asks_for_and_nothing_else(county: County) -> None:
    number = await county.file()
    for text in ("一", "二"):
        await county.parts.case_room.urge(CLERK, number, {"text": text})
    await county.relay()
    rows = await county.outgoing(number)
    for row in rows:
        await county.hears(county.zaoyang.got(row, "held"))
    await county.hears(_wanted(county, number, 2, 3))
    due = [row.sequence for row in await county.outgoing(number) if row.due_at is not None]
    assert due == [2, 3]
    assert [row.sha256 for row in await county.outgoing(number)] == [row.sha256 for row in rows]


async def test_a_request_is_answered_only_within_the_partners_own_conversations(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row))
    wanted = county.jingshan.says("resend.requested", number, {"from": 1, "to": 9}, sequence=None)
    await county.hears(wanted, partner=JINGSHAN)
    assert (await Outgoing.get(id=row.id)).due_at is None


async def test_what_was_replaced_is_not_sent_again_beside_its_replacement(county: County) -> None:
    number = await county.file()
    row = await sent(county, number)
    await county.hears(county.zaoyang.got(row, "parked", reason="schema"))
    said = await county.said(row)
    await _replace(county, row, said.data)
    await county.hears(_wanted(county, number, 1, 1))
    due = [one for one in await county.outgoing(number) if one.due_at is not None]
    assert [(await county.said(one)).replaces for one in due] == [row.message_id]


async def _replace(county: County, row: Outgoing, data: dict[str, Any]) -> None:
    async def nothing(*args: Any) -> None:
        return None

    sender, now = county.parts.tools.sender, county.clock()
    await run_tx(lambda tx: settling.replace_outgoing(tx, sender, row.id, data, "张三", "更正", now, nothing))


async def test_a_missing_number_is_asked_for_after_five_seconds_then_doubling_to_five_minutes(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock()), sequence=4))
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=2))
    began, asked, requests = county.clock(), list[float](), list[Outgoing]()
    for _ in range(1200):
        await county.ask()
        requests = [row for row in await county.outgoing(number) if row.type == "resend.requested"]
        asked += [(county.clock() - began).total_seconds()] * (len(requests) - len(asked))
        county.clock.move(seconds=1)
        if len(asked) == 8:
            break
    waits = [second - first for first, second in zip([0.0, *asked], asked, strict=False)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    said = await county.said(requests[0])
    assert (said.data, said.sequence, said.subject) == ({"from": 1, "to": 1}, None, number)


async def test_nothing_is_asked_for_once_the_gap_is_closed(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=2))
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=1))
    county.clock.move(minutes=10)
    await county.ask()
    assert [row.type for row in await county.outgoing(number)] == ["application.submitted"]


async def test_a_new_gap_is_asked_for_after_five_seconds_again(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=2))
    county.clock.move(seconds=5)
    await county.ask()
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=1))
    await county.hears(county.zaoyang.says("note.sent", number, note(), sequence=4))
    county.clock.move(seconds=4)
    await county.ask()
    requests = [row for row in await county.outgoing(number) if row.type == "resend.requested"]
    assert len(requests) == 1
    county.clock.move(seconds=1)
    await county.ask()
    requests = [row for row in await county.outgoing(number) if row.type == "resend.requested"]
    assert [(await county.said(row)).data for row in requests] == [{"from": 1, "to": 1}, {"from": 3, "to": 3}]
    assert await Incoming.filter(state="held").count() == 1
