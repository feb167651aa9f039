"""首问负责: whoever took a case in looks after it, until it is handed on with a reason; only our own house sees it."""

from dataclasses import replace

import pytest

from gateway.applications.errors import Forbidden, Invalid, WrongState
from tests.county import CLERK, OFFICER, OPERATORS, OTHER_CLERK, PROGRAM, TONGBAI, County, plain_answers

PEOPLE = {"zhangsan": "张三", "qianqi": "钱七"}
OTHER_OFFICER = replace(OFFICER, name="吴十", username="wushi")


async def test_the_clerk_who_took_it_in_looks_after_it_and_finds_it_under_mine(county: County) -> None:
    number = await county.file()
    room = county.parts.case_room
    assert (await county.leg(number)).owner == "zhangsan"
    assert (await room.view(CLERK, number))["owner"] == "张三"
    assert (await room.counts(CLERK))["mine"] == 1
    assert (await room.counts(OTHER_CLERK))["mine"] == 0
    (row,) = (await room.listing(CLERK, view="mine"))["items"]
    assert row["number"] == number


async def test_what_a_program_filed_or_another_county_sent_is_for_somebody_to_take(county: County) -> None:
    filed, inbound = await county.file(PROGRAM, source=2), await county.inbound()
    room = county.parts.case_room
    assert (await room.counts(OFFICER, "handler"))["unclaimed"] == 1
    assert (await room.counts(CLERK, "origin"))["unclaimed"] == 1
    await room.take(OFFICER, inbound)
    await room.take(CLERK, filed)
    assert ((await county.leg(inbound)).owner, (await county.leg(filed)).owner) == ("lisi", "zhangsan")
    assert (await room.counts(OFFICER, "handler"))["unclaimed"] == 0
    with pytest.raises(WrongState, match="李四"):
        await room.take(OTHER_OFFICER, inbound)
    before = (await county.leg(inbound)).version
    await room.take(OFFICER, inbound)
    assert (await county.leg(inbound)).version == before, "taking twice is no step"


async def test_it_is_handed_on_with_a_reason_that_stands_in_the_time_line_and_on_the_chain(county: County) -> None:
    number = await county.file()
    room = county.parts.case_room
    await room.hand_on(CLERK, number, {"to": "qianqi", "reason": "换班"}, PEOPLE)
    assert (await county.leg(number)).owner == "qianqi"
    last = (await room.events(CLERK, number))["items"][-1]
    assert (last["type"], last["text"]) == ("owner.changed", "张三转交钱七：换班")
    with pytest.raises(WrongState, match="钱七"):
        await room.hand_on(CLERK, number, {"to": "qianqi", "reason": "再次"}, PEOPLE)
    with pytest.raises(Invalid) as caught:
        await room.hand_on(CLERK, number, {"to": "nobody", "reason": "换班"}, PEOPLE)
    assert [one.pointer for one in caught.value.findings] == ["/to"]
    with pytest.raises(Invalid):
        await room.hand_on(CLERK, number, {"to": "zhangsan", "reason": ""}, PEOPLE)


async def test_a_case_that_was_sent_to_us_lies_with_a_department_and_is_passed_on_to_another(county: County) -> None:
    room, number = county.parts.case_room, await county.inbound()
    social, market = "随县人力资源和社会保障局", "随县市场监督管理局"
    there = replace(OTHER_OFFICER, department=market)
    assert (await room.view(OFFICER, number))["department"] == social
    assert (await room.counts(replace(OFFICER, department=social), "handler"))["department"] == 1
    await room.take(OFFICER, number)
    await room.pass_on(OFFICER, number, {"department": market, "reason": "属于市场监管"}, [social, market])
    leg = await county.leg(number)
    assert (leg.owner, leg.owner_name, leg.department) == (None, None, market)
    last = (await room.events(OFFICER, number))["items"][-1]
    assert (last["type"], last["text"]) == ("owner.changed", f"李四转交{market}：属于市场监管")
    (row,) = (await room.listing(there, role="handler", view="department"))["items"]
    assert row["number"] == number
    with pytest.raises(WrongState, match="等待认领"):
        await room.pass_on(OFFICER, number, {"department": market, "reason": "再次"}, [social, market])
    with pytest.raises(Invalid):
        await room.pass_on(OFFICER, number, {"department": "随县公安局", "reason": "没有经办人"}, [social, market])
    with pytest.raises(Forbidden):
        await room.pass_on(CLERK, number, {"department": social, "reason": "x"}, [social])
    await room.take(there, number)
    assert (await county.leg(number)).owner == "wushi"
    assert await county.outgoing(number) == []


async def test_it_is_given_back_with_a_reason_by_who_looks_after_it(county: County) -> None:
    number, room = await county.file(), county.parts.case_room
    with pytest.raises(WrongState, match="不由您负责"):
        await room.give_back(OTHER_CLERK, number, {"reason": "不归我"})
    with pytest.raises(Invalid):
        await room.give_back(CLERK, number, {"reason": ""})
    await room.give_back(CLERK, number, {"reason": "调岗"})
    assert (await county.leg(number)).owner is None
    assert (await room.events(CLERK, number))["items"][-1]["text"] == "张三退回待认领：调岗"
    assert [row["number"] for row in (await room.listing(OTHER_CLERK, role="origin", view="unclaimed"))["items"]] == [
        number
    ]


async def test_the_other_county_neither_sees_nor_does_it(county: County) -> None:
    document = plain_answers(TONGBAI, matterCode="000511009001")
    number = await county.file(matter="tongbai.000511009001", answers=document)
    before = len(await county.outgoing(number, TONGBAI))
    await county.parts.case_room.hand_on(CLERK, number, {"to": "qianqi", "reason": "换班"}, PEOPLE)
    operator, room = OPERATORS[TONGBAI], county.parts.case_room
    assert [one["type"] for one in (await room.events(operator, number))["items"]] == ["application.submitted"]
    assert len(await county.outgoing(number, TONGBAI)) == before
    with pytest.raises(Forbidden):
        await room.take(operator, number)
