"""Originals: who holds which paper, told by both sides; nothing is closed over a paper that nobody has."""

from typing import Any

import pytest

from gateway.applications import originals
from gateway.applications.errors import Invalid, WrongState
from tests.county import (
    CLERK,
    OFFICER,
    OPERATORS,
    OTHER_CLERK,
    TONGBAI,
    ZAOYANG,
    County,
    accepted,
    asking,
    decided,
    plain_answers,
    submitted,
)

POSTED = "zaoyang.000709009001"  # 异地代收代办
BOOK, CARD = "居民户口簿", "居民身份证"
PAPERS = [
    {"code": "M01", "name": BOOK, "source": "纸质原件", "pages": 12},
    {"code": "M02", "name": CARD, "source": "纸质原件", "pages": 1},
]


async def with_papers(county: County, matter: str = POSTED, place: str = ZAOYANG) -> str:
    document = plain_answers(place, matterCode=matter.split(".")[1], materials=PAPERS)
    return await county.file(matter=matter, answers=document)


async def move(county: County, number: str, name: str, step: str, by: Any = CLERK, **more: str) -> dict[str, Any]:
    body = {"name": name, "step": step, **more}
    return dict(await county.parts.case_room.move_original(by, number, body))


async def holders(county: County, number: str, by: Any = CLERK) -> dict[str, str]:
    return {one.name: one.holder for one in originals.of(await county.parts.case_room.open(by, number))}


def word(county: County, name: str, step: str, **more: str) -> dict[str, Any]:
    return {"name": name, "step": step, "at": accepted(county.clock())["accepted_at"], **more}


async def test_the_window_keeps_what_it_is_to_post_and_both_sides_tell_each_step(county: County) -> None:
    number = await with_papers(county)
    assert await holders(county, number) == {BOOK: "origin", CARD: "origin"}
    assert (await county.leg(number)).originals_open == 2
    await move(county, number, BOOK, "sent", waybill="EA123456789CN")
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.type, said.data["step"], said.data["waybill"]) == ("original.moved", "sent", "EA123456789CN")
    await move(county, number, CARD, "returned")
    assert await holders(county, number) == {BOOK: "post", CARD: "applicant"}
    await county.hears(county.zaoyang.says("original.moved", number, word(county, BOOK, "received")))
    assert await holders(county, number) == {BOOK: "handler", CARD: "applicant"}
    assert (await county.leg(number)).originals_open == 0
    await county.hears(county.zaoyang.says("original.moved", number, word(county, BOOK, "sent", waybill="EB1")))
    await move(county, number, BOOK, "received", by=OTHER_CLERK)
    assert await holders(county, number) == {BOOK: "origin", CARD: "applicant"}


async def test_a_paper_that_is_only_looked_at_is_given_back_at_once(county: County) -> None:
    document = plain_answers(ZAOYANG, matterCode="421031005001", materials=PAPERS)
    matters = county.parts.lists.index.matters()
    online = next(
        one.id for one in matters if one.mode == "online" and one.form == "plain" and one.agreement == "zaoyang"
        and one.direction == "both" and not one.guide_only
    )  # fmt: skip
    document["matterCode"] = online.split(".")[1]
    number = await county.file(matter=online, answers=document)
    assert set((await holders(county, number)).values()) == {"applicant"}
    assert (await county.leg(number)).originals_open == 0


async def test_a_parcel_has_its_clock_and_alarms_when_it_does_not_come(county: County) -> None:
    number = await with_papers(county)
    await move(county, number, BOOK, "sent", waybill="EA1")
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock(), promised_by="2027-01-29")))  # fmt: skip
    shown = await county.parts.case_room.view(CLERK, number)
    assert [(one["due"], one["state"]) for one in shown["clocks"] if one["kind"] == "transit"] == [
        ("2026-12-01", "running")
    ]
    county.clock.day("2026-12-03")
    await county.worker._alarms()
    texts = [one["text"] for one in (await county.parts.case_room.events(CLERK, number))["items"]]
    assert "寄递送达已超期（2026-12-01）" in texts
    assert not [row for row in await county.outgoing(number) if row.type == "application.urged"]
    await county.hears(county.zaoyang.says("original.moved", number, word(county, BOOK, "received")))
    shown = await county.parts.case_room.view(CLERK, number)
    assert [one["state"] for one in shown["clocks"] if one["kind"] == "transit"] == ["overdue"]
    assert (await county.leg(number)).alarm == 0


async def test_a_case_is_not_closed_over_a_loose_paper_and_the_refusal_names_it(county: County) -> None:
    number = await with_papers(county)
    await move(county, number, BOOK, "sent", waybill="EA1")
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    hand_over = {"method": "window", "to": "张三"}
    with pytest.raises(WrongState, match=f"{BOOK}（寄递中）、{CARD}（在窗口）"):
        await county.parts.case_room.hand_over(CLERK, number, hand_over)
    await move(county, number, BOOK, "lost")
    await move(county, number, CARD, "returned")
    assert (await county.parts.case_room.hand_over(CLERK, number, hand_over))["state"] == "HANDED_OVER"


async def test_what_is_left_at_the_window_after_a_refusal_to_accept_stands_in_a_view(county: County) -> None:
    number = await with_papers(county)
    refusal = {"reason": "other", "text": "不属于本事项", "legal_basis": "行政许可法第三十二条"}
    await county.hears(county.zaoyang.says("application.declined", number, refusal))
    room = county.parts.case_room
    assert (await room.counts(CLERK))["originals"] == 1
    for name in (BOOK, CARD):
        await move(county, number, name, "returned")
    assert (await room.counts(CLERK))["originals"] == 0


async def test_what_cannot_be_said_of_a_paper_is_refused_by_where_it_is(county: County) -> None:
    number = await with_papers(county)
    with pytest.raises(Invalid) as caught:
        await move(county, number, BOOK, "sent")
    assert [one.pointer for one in caught.value.findings] == ["/waybill"]
    with pytest.raises(WrongState, match="在收件窗口"):
        await move(county, number, BOOK, "received")
    await move(county, number, BOOK, "returned")
    with pytest.raises(WrongState, match="已退还申请人"):
        await move(county, number, BOOK, "sent", waybill="EA1")
    with pytest.raises(Invalid):
        await move(county, number, BOOK, "eaten")
    with pytest.raises(Invalid):
        await move(county, number, CARD, "returned", at="2030-01-01T00:00:00+08:00")


async def test_the_deciding_side_sees_what_was_announced_and_tells_what_came(county: County) -> None:
    announced = submitted(county.clock(), originals=[{"name": BOOK, "copies": 1}], mode="collect_and_forward")
    number = await county.inbound(originals=announced["originals"], mode="collect_and_forward")
    assert (await holders(county, number, OFFICER))[BOOK] == "origin"
    sent = county.zaoyang.says("original.moved", number, word(county, BOOK, "sent", waybill="EA1"), seen=0)
    await county.hears(sent)
    assert (await holders(county, number, OFFICER))[BOOK] == "post"
    await move(county, number, BOOK, "received", by=OFFICER)
    assert (await holders(county, number, OFFICER))[BOOK] == "handler"
    await move(county, number, "结婚证", "received", by=OFFICER)
    assert (await holders(county, number, OFFICER))["结婚证"] == "handler"


async def test_the_operator_at_the_desk_tells_it_for_that_county(county: County) -> None:
    document = plain_answers(TONGBAI, matterCode="000511009001", materials=PAPERS)
    number = await county.file(matter="tongbai.000511009001", answers=document)
    await county.relay()
    await move(county, number, BOOK, "sent", waybill="EA1")
    await county.relay()
    operator = OPERATORS[TONGBAI]
    await county.parts.desk_room.open(operator, number)
    await county.parts.desk_room.say(operator, number, "move_original", {"name": BOOK, "step": "received"})
    await county.apply()
    assert (await holders(county, number))[BOOK] == "handler"


async def test_a_paper_that_comes_with_a_supplement_counts_too(county: County) -> None:
    number = await with_papers(county)
    for name in (BOOK, CARD):
        await move(county, number, name, "returned")
    notice = asking(None, items=[{"material": "居住证明", "problem": "缺少", "wanted": "补交原件"}])
    await county.hears(county.zaoyang.says("supplement.requested", number, notice))
    await county.parts.case_room.supplement(CLERK, number, {"materials": [{"material": "居住证明"}]})
    assert (await county.leg(number)).originals_open == 1
    assert (await holders(county, number))["居住证明"] == "origin"
