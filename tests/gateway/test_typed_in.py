"""登记对方答复: a county without a system answers on paper, a named clerk types it in, the chain and clocks are the same."""

import asyncio
from typing import Any

import pytest

from gateway.applications.desk_room import Said
from gateway.applications.errors import Forbidden, Invalid, WrongState
from gateway.audit import queries
from messaging.tables import Incoming
from tests.county import CLERK, HOME, OFFICER, TONGBAI, ZAOYANG, County, plain_answers
from tests.gateway.test_desk_room import filed

TOLD = {"name": "赵主任", "way": "phone", "on": "2026-11-24", "phone": "03770000001"}
ACCEPTED = {"promised_by": "2026-12-08", "contact": {"name": "赵主任", "phone": "03770000001"}}


async def types(county: County, number: str, deed: str, body: dict[str, Any], key: str, **told: Any) -> Said:
    async def applying() -> None:
        while True:
            await county.apply()
            await asyncio.sleep(0.01)

    beside = asyncio.create_task(applying())
    try:
        return await county.parts.desk_room.type_in(CLERK, number, deed, body, {**TOLD, **told}, key)
    finally:
        beside.cancel()


async def test_a_telephoned_answer_counts_is_the_countys_own_word_and_is_never_a_paper(county: County) -> None:
    number, room = await filed(county), county.parts.case_room
    said = await types(county, number, "accept", ACCEPTED, "k1")
    again = await types(county, number, "accept", ACCEPTED, "k1")  # the button was pressed twice
    assert (said.outcome, again.outcome) == ("applied", "applied")
    leg = await county.leg(number)
    assert (leg.state, leg.delivery) == ("ACCEPTED", "receipted")
    assert [clock["kind"] for clock in leg.clocks if clock["state"] == "running"][:1] == ["promised"]
    row = await Incoming.get(partner=TONGBAI, type="application.accepted")
    assert row.custodial

    events = (await room.events(CLERK, number))["items"]
    typed = [one for one in events if one["type"] == "desk.typed"]
    assert len(typed) == 1
    assert typed[0]["actor"]["name"] == "张三"
    assert "（电话，赵主任，2026-11-24；无扫描件，为登记信息）" in typed[0]["text"]
    lines = [line for line in await queries.lines_of(number) if line["what"] == "desk.typed"]
    assert [(line["who"], line["why"], line["detail"]["message"]) for line in lines] == [
        (f"person:{HOME}:张三", "no_scan", row.message_id)
    ]
    assert "赵主任" not in str(lines)  # nothing personal in the audit

    notice = await county.parts.papers.issue(CLERK, number, "progress_notice", {})
    content = (await county.parts.papers.open(CLERK, notice)).content
    assert content["title"] == "进度告知（非文书）"
    assert not [part for part in content["parts"] if part["shape"] == "stamp"]
    assert "不产生文书的效力" in str(content["parts"])


async def test_an_answer_with_a_scan_brings_the_countys_paper(county: County) -> None:
    number, sha256 = await filed(county), await county.put()
    await types(county, number, "accept", ACCEPTED, "k1", way="letter", scan={"sha256": sha256})
    decision = {"outcome": "granted", "result_delivery": "窗口自取", "documents": [{"sha256": sha256}]}
    said = await types(county, number, "decide", decision, "k2", way="fax")  # its own paper is the scan
    assert said.outcome == "applied"
    shown = await county.parts.case_room.view(CLERK, number)
    assert (shown["state"], [one["sha256"] for one in shown["result"]["documents"]]) == ("DECIDED", [sha256])
    case = await county.parts.case_room.open(CLERK, number)
    found = (await county.parts.case_room.events(CLERK, number))["items"]
    received = await county.parts.papers.received(case, found)
    assert {one["custodial"] for one in received} == {True}
    assert len(received) == 2
    lines = [line for line in await queries.lines_of(number) if line["what"] == "desk.typed"]
    assert [line["detail"]["scan"] for line in lines] == [sha256, sha256]
    with pytest.raises(Forbidden):  # what has a scan is given out as it came
        await county.parts.papers.issue(CLERK, number, "progress_notice", {})


async def test_what_is_not_said_well_or_not_ours_to_type_is_refused_and_leaves_nothing(county: County) -> None:
    number, desk = await filed(county), county.parts.desk_room
    for told in ({"way": "dream"}, {"on": "2026-11-25"}, {"name": None}, {"scan": {"sha256": "0" * 64}}):
        with pytest.raises(Invalid):
            await desk.type_in(CLERK, number, "accept", ACCEPTED, {**TOLD, **told}, None)
    with pytest.raises(WrongState):
        await desk.type_in(CLERK, number, "resume", {}, TOLD, None)
    with pytest.raises(Forbidden):
        await desk.type_in(OFFICER, number, "accept", ACCEPTED, TOLD, None)
    with pytest.raises(WrongState):  # 枣阳市 has a system that signs
        await desk.type_in(CLERK, await county.file(), "accept", ACCEPTED, TOLD, None)
    assert (desk.on_paper(TONGBAI), desk.on_paper(ZAOYANG), desk.on_paper("000000")) == (True, False, False)
    assert await Incoming.filter(partner=TONGBAI).count() == 0
    assert "desk.typed" not in [line["what"] for line in await queries.lines_of(number)]


async def test_the_packet_holds_all_that_the_county_needs_and_where_its_answer_goes(county: County) -> None:
    number = await filed(county)
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    packet = await county.parts.papers.issue(CLERK, number, "packet", {})
    opened = await county.parts.papers.open(CLERK, packet)
    text = str(opened.content["parts"])
    person = plain_answers(TONGBAI)["applicant"]
    for wanted in (person["idNumber"], "随县 / 1号窗口 / 张三", "协议依据", "随附材料", "窗口催办：请尽快", "盖公章"):
        assert wanted in text, wanted
    pdf = await county.parts.papers.press.pdf(opened.content, opened.sha256, opened.code)
    assert pdf is None or pdf.startswith(b"%PDF")
