"""The desk: an operator's opening is the county's receipt, and what is said there is the county's own signed message."""

import asyncio
from typing import Any

import pytest

from gateway.applications.desk_room import Said
from gateway.applications.errors import Forbidden, Invalid, NotFound, WrongState
from gateway.audit import queries
from gateway.web import handling_deeds
from messaging.tables import Incoming, Mail
from tests.county import CLERK, HOME, OPERATORS, TONGBAI, ZAOYANG, County, plain_answers

QIAN = OPERATORS[TONGBAI]  # 桐柏县 works at our desk
WANG = OPERATORS[ZAOYANG]  # 枣阳市 has a system of its own


async def filed(county: County) -> str:
    """A case that 桐柏县 decides, laid out for it."""
    index = county.parts.library.index
    matter = next(one for one in index.matters(handler=TONGBAI, mode="online", direction="both") if one.form == "plain")
    number = await county.file(matter=matter.id, answers=plain_answers(TONGBAI))
    await county.relay()
    return number


async def says(county: County, number: str, deed: str, body: dict[str, Any], key: str | None = None) -> Said:
    """The operator says something while the applier runs beside."""

    async def applying() -> None:
        while True:
            await county.apply()
            await asyncio.sleep(0.01)

    beside = asyncio.create_task(applying())
    try:
        return await county.parts.desk_room.say(QIAN, number, deed, body, key)
    finally:
        beside.cancel()


async def test_the_first_opening_by_a_named_operator_is_the_receipt(county: County) -> None:
    number = await filed(county)
    await county.parts.desk_room.open(QIAN, number)
    await county.apply()

    assert (await county.leg(number)).delivery == "receipted"
    letter = (await county.outgoing(number, TONGBAI))[0]
    assert (letter.state, letter.outcome) == ("closed", "applied")
    receipt = await Incoming.get(partner=TONGBAI, type="receipt")
    assert receipt.custodial  # signed by a key that we hold for them
    opened = [line for line in await queries.lines_of(number) if line["what"] == "desk.opened"]
    assert [(line["who"], line["detail"]) for line in opened] == [(str_of(QIAN), {"messages": [letter.message_id]})]


def str_of(actor: Any) -> str:
    return f"{actor.kind}:{actor.jurisdiction}:{actor.name}"


async def test_a_second_opening_and_somebody_elses_look_receipt_nothing(county: County) -> None:
    number = await filed(county)
    await county.parts.desk_room.open(CLERK, number)
    assert await Incoming.filter(partner=TONGBAI).count() == 0
    await county.parts.desk_room.open(QIAN, number)
    await county.parts.desk_room.open(QIAN, number)
    assert await Incoming.filter(partner=TONGBAI).count() == 1
    assert [line["what"] for line in await queries.lines_of(number)].count("desk.opened") == 1


async def test_another_countys_case_is_not_there(county: County) -> None:
    number = await county.file()  # for 枣阳
    with pytest.raises(NotFound):
        await county.parts.desk_room.open(QIAN, number)
    with pytest.raises(NotFound):
        await county.parts.desk_room.say(QIAN, number, "accept", {})


async def test_an_acceptance_is_the_countys_message_and_moves_the_windows_case(county: County) -> None:
    number = await filed(county)
    await county.parts.desk_room.open(QIAN, number)
    body = {"reference": "桐柏-1", "contact": {"name": "钱七", "phone": "0377-0000001"}}
    assert await says(county, number, "accept", body) == Said("applied")
    leg = await county.leg(number)
    assert (leg.state, leg.their_number) == ("ACCEPTED", "桐柏-1")
    message = await Incoming.get(partner=TONGBAI, type="application.accepted")
    assert (message.sequence, message.door, message.custodial) == (1, "desk", True)


async def test_a_notice_may_be_attached_to_an_acceptance(county: County) -> None:
    number = await filed(county)
    paper = await county.put(b"%PDF-1.7\nacceptance\n%%EOF\n", by=TONGBAI, name="受理通知书.pdf")
    with pytest.raises(Invalid):
        await county.parts.desk_room.say(QIAN, number, "accept", {"document": {"sha256": "0" * 64}})
    assert await says(county, number, "accept", {"document": {"sha256": paper}}) == Said("applied")
    kept, _ = await county.parts.attachments.open(paper, HOME)
    assert kept.name == "受理通知书.pdf"


async def test_a_decision_carries_the_paper_to_the_window(county: County) -> None:
    number = await filed(county)
    paper = await county.put(b"%PDF-1.7\ndecision\n%%EOF\n", by=TONGBAI, name="决定书.pdf")
    body = {"outcome": "granted", "documents": [{"sha256": paper}], "certificates": []}
    assert await says(county, number, "decide", body) == Said("applied")
    kept, _ = await county.parts.attachments.open(paper, HOME)
    assert kept.name == "决定书.pdf"
    view = await county.parts.case_room.view(CLERK, number)
    assert [one["sha256"] for one in view["result"]["documents"]] == [paper]


async def test_what_the_list_decides_on_the_spot_is_accepted_and_decided_in_one_step(county: County) -> None:
    index = county.parts.library.index
    lines = index.matters(handler=TONGBAI, mode="online", direction="both")
    quick = next(one for one in lines if one.form == "plain" and one.instant)
    number = await county.file(matter=quick.id, answers=plain_answers(TONGBAI))
    await county.relay()
    case = await county.parts.desk_room.open(QIAN, number)
    assert handling_deeds.possible(case, QIAN.role)[0].name == "decide_at_once"
    body = {"outcome": "granted", "text": "准予", "contact": {"name": "钱七", "phone": "0377-1"}}
    for _ in range(2):  # the button pressed twice
        assert await says(county, number, "decide_at_once", body, "key") == Said("applied")
    said = await Incoming.filter(partner=TONGBAI, sequence__isnull=False).order_by("sequence")
    assert [(row.type, row.state, row.custodial) for row in said] == [
        ("application.accepted", "applied", True),
        ("application.decided", "applied", True),
    ]
    leg = await county.leg(number)
    assert (leg.state, leg.outcome, leg.accepted_at is not None) == ("DECIDED", "granted", True)
    slow = await filed(county)
    with pytest.raises(WrongState, match="即办"):
        await county.parts.desk_room.say(QIAN, slow, "decide_at_once", body)


async def test_what_is_wrong_is_told_before_anything_is_sent(county: County) -> None:
    number = await filed(county)
    bodies: list[tuple[str, dict[str, Any], str]] = [
        ("decide", {"outcome": "refused"}, "/text"),
        ("decide", {"outcome": "granted", "documents": [{"sha256": "0" * 64}]}, "/documents/0"),
        ("request_supplement", {"addressed_to": "applicant", "items": [], "due_by": "2026-12-08"}, "/items"),
        ("suspend", {"kind": "holiday", "from": "2026-11-24", "until": "2026-11-30", "basis": "某法"}, "/kind"),
    ]
    for deed, body, pointer in bodies[:3]:
        with pytest.raises(Invalid) as refusal:
            await county.parts.desk_room.say(QIAN, number, deed, body)
        assert pointer in [finding.pointer for finding in refusal.value.findings]
    with pytest.raises((Invalid, WrongState)):
        await county.parts.desk_room.say(QIAN, number, *bodies[3][:2])
    assert await Incoming.filter(partner=TONGBAI, sequence__isnull=False).count() == 0


async def test_what_the_state_does_not_allow_is_not_sent(county: County) -> None:
    number = await filed(county)
    with pytest.raises(WrongState, match="已收件"):
        await county.parts.desk_room.say(QIAN, number, "resume", {})
    with pytest.raises(WrongState):
        await county.parts.desk_room.say(QIAN, number, "grant_withdrawal", {})
    assert await Incoming.filter(partner=TONGBAI, sequence__isnull=False).count() == 0


async def test_a_second_notice_is_refused_because_everything_must_be_told_once(county: County) -> None:
    number = await filed(county)
    item = {"material": "营业执照", "problem": "看不清", "wanted": "重新扫描"}
    body = {"addressed_to": "applicant", "items": [item], "due_by": "2026-12-08"}
    assert await says(county, number, "request_supplement", body) == Said("applied")
    assert (await county.leg(number)).state == "SUPPLEMENT"
    supplied = {"materials": [{"material": "营业执照", "sha256": await county.put()}]}
    await county.parts.case_room.supplement(CLERK, number, supplied)
    with pytest.raises(WrongState, match="一次告知"):
        await county.parts.desk_room.say(QIAN, number, "request_supplement", body)


async def test_the_same_form_sent_twice_says_it_once(county: County) -> None:
    number = await filed(county)
    for _ in range(2):
        await says(county, number, "note", {"text": "原件何时寄出？"}, key="form-1")
    assert await Incoming.filter(partner=TONGBAI, type="note.sent").count() == 1
    await says(county, number, "note", {"text": "原件何时寄出？"}, key="form-2")
    assert await Incoming.filter(partner=TONGBAI, type="note.sent").count() == 2


async def test_a_button_pressed_twice_is_told_twice_what_became_of_it_by_whichever_process(county: County) -> None:
    number = await filed(county)
    await county.parts.desk_room.open(QIAN, number)
    body = {"reference": "桐柏-1", "contact": {"name": "钱七", "phone": "0377-0000001"}}
    assert await says(county, number, "accept", body, key="form-1") == Said("applied")
    assert await says(county, number, "accept", body, key="form-1") == Said("applied")  # no longer possible by now
    assert await Incoming.filter(partner=TONGBAI, type="application.accepted").count() == 1
    with pytest.raises(WrongState):
        await says(county, number, "accept", body, key="form-2")


async def test_a_county_with_a_system_of_its_own_only_looks(county: County) -> None:
    number = await county.file()
    await county.relay()
    await county.parts.desk_room.open(WANG, number)
    assert (await Mail.get(partner=ZAOYANG, sequence=1)).state == "waiting"
    with pytest.raises(WrongState, match="仅供查看"):
        await county.parts.desk_room.say(WANG, number, "accept", {})


async def test_nobody_of_our_own_county_speaks_at_the_desk(county: County) -> None:
    number = await filed(county)
    with pytest.raises(Forbidden):
        await county.parts.desk_room.say(CLERK, number, "accept", {})
