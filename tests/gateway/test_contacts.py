"""告知记录: the window writes down that it told the applicant; the other county never sees it."""

import pytest

from gateway.applications.clocks import local_day
from gateway.applications.errors import Forbidden, Invalid
from gateway.web import case_deeds_shown
from tests.county import CLERK, OPERATORS, TONGBAI, County, asking, plain_answers

REACHED = {"way": "phone", "reached": True, "text": "已请其带户口簿来补"}


async def asked(county: County) -> str:
    number = await county.file()
    await county.hears(county.zaoyang.says("supplement.requested", number, asking(None)))
    return number


async def test_the_line_of_a_case_says_until_then_that_nobody_told_the_applicant(county: County) -> None:
    number = await asked(county)
    room = county.parts.case_room
    assert (await room.view(CLERK, number))["with"]["text"].endswith("（尚未登记告知）")
    await room.log_contact(CLERK, number, {"way": "phone", "reached": False})
    assert (await room.view(CLERK, number))["with"]["text"].endswith("（尚未登记告知）")
    county.clock.move(hours=1)
    await room.log_contact(CLERK, number, REACHED)
    assert "尚未" not in (await room.view(CLERK, number))["with"]["text"]
    assert "张三" in case_deeds_shown.next_step(await room.open(CLERK, number), local_day(county.clock()))
    events = (await room.events(CLERK, number))["items"]
    assert [(one["text"], one["data"]["text"]) for one in events if one["type"] == "contact.logged"] == [
        ("电话告知申请人，没有联系上", None),
        ("电话告知申请人，已联系上", REACHED["text"]),
    ]


async def test_what_was_told_before_the_notice_does_not_count_for_it(county: County) -> None:
    number = await county.file()
    await county.parts.case_room.log_contact(CLERK, number, REACHED)
    county.clock.move(days=1)
    await county.hears(county.zaoyang.says("supplement.requested", number, asking(None)))
    assert (await county.parts.case_room.view(CLERK, number))["with"]["text"].endswith("（尚未登记告知）")


async def test_nothing_goes_to_the_other_county_and_its_operator_does_not_see_it(county: County) -> None:
    document = plain_answers(TONGBAI, matterCode="000511009001")
    number = await county.file(matter="tongbai.000511009001", answers=document)
    before = len(await county.outgoing(number, TONGBAI))
    cursor = await county.parts.feed.latest()
    await county.parts.case_room.log_contact(CLERK, number, REACHED)
    assert len(await county.outgoing(number, TONGBAI)) == before
    operator, room = OPERATORS[TONGBAI], county.parts.case_room
    seen = (await room.events(operator, number))["items"]
    assert [one["type"] for one in seen] == ["application.submitted"]
    assert list(await county.parts.feed.after(operator, cursor, 50)) == []
    assert [one.data["type"] for one in await county.parts.feed.after(CLERK, cursor, 50)] == ["contact.logged"]
    with pytest.raises(Forbidden):
        await room.log_contact(operator, number, REACHED)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"way": "phone"}, "/reached"),
        ({"way": "pigeon", "reached": True}, "/way"),
        ({"way": "phone", "reached": "yes"}, "/reached"),
        ({"way": "phone", "reached": True, "text": "话" * 501}, "/text"),
    ],
)
async def test_what_is_missing_is_named(county: County, body: dict[str, object], pointer: str) -> None:
    number = await county.file()
    with pytest.raises(Invalid) as caught:
        await county.parts.case_room.log_contact(CLERK, number, body)
    assert [one.pointer for one in caught.value.findings] == [pointer]
