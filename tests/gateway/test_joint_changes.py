"""多地联办 after filing: materials that come later, typing errors that are mended, and the one paper at the end."""

from datetime import date
from typing import Any

import pytest

from gateway.applications import originals, views
from gateway.applications.errors import Forbidden, Invalid, WrongState
from gateway.applications.tables import Step
from gateway.audit import queries as audit
from gateway.proof import verify
from gateway.proof.findings import Report
from messaging import contract
from tests.county import CLERK, JINGSHAN, OFFICER, ZAOYANG, County, accepted, asking
from tests.gateway.joint_line import agree, filing, stages
from tests.gateway.proof.conftest import members
from tests.gateway.test_joint import ends, says, sent, whole

THEN = stages(ZAOYANG, JINGSHAN)
TOGETHER = stages((ZAOYANG, JINGSHAN))
CARD = {"code": "M01", "name": "居民身份证", "source": "电子证照", "certId": "E-4213210001"}
CARD_TOLD = {"name": "居民身份证", "kind": "电子证照", "certificate": "E-4213210001"}
LATER = {"materials": "居民身份证[电子证照];社会保障卡[容缺5日]"}
REMARKS, ADDRESS = "/answers/remarks", "/answers/applicant/mobile"


async def filed(county: County, joint: dict[str, Any], **changes: Any) -> tuple[str, list[str]]:
    await agree(county, joint, **LATER)
    answer = await county.parts.case_room.submit(
        CLERK, filing(answers={"materials": [CARD], **changes.pop("answers", {})}, **changes), source=1
    )
    return answer.body["number"], [leg["number"] for leg in answer.body["legs"]]


async def promised(county: County, joint: dict[str, Any]) -> tuple[str, list[str]]:
    return await filed(county, joint, promised=[{"material": "M02"}])


async def materials(county: County, number: str, place: str) -> list[dict[str, Any]]:
    """Materials of the first word to a place."""
    said = await county.said((await county.outgoing(number, place))[0])
    assert contract.check_outgoing(said.type, said.data) == []
    return list(said.data["materials"])


# 承诺后补


async def test_a_promise_goes_to_everybody_who_begins_and_is_reminded_of_once(county: County) -> None:
    number, (first, second) = await promised(county, TOGETHER)
    for place, leg in ((ZAOYANG, first), (JINGSHAN, second)):
        assert (await materials(county, leg, place))[-1] == {
            "name": "社会保障卡", "kind": "承诺后补", "due_on": "2026-12-01",
        }  # fmt: skip
    assert (await county.leg(number)).material_due == date(2026, 12, 1)
    county.clock.day("2026-12-02")
    for _ in range(2):
        await county.worker._alarms()
    told = await Step.filter(type="clock.material")
    assert [step.number for step in told] == [number]
    assert (await county.parts.case_room.counts(CLERK))["owed"] == 1


async def test_what_was_promised_goes_to_all_and_stands_once_in_the_whole(county: County) -> None:
    number, (first, second) = await promised(county, TOGETHER)
    sha256 = await county.put()
    body = {"materials": [{"material": "社会保障卡", "sha256": sha256}]}
    shown = await county.parts.case_room.bring_later(CLERK, number, body)
    came = [one for one in shown["materials"] if one["name"] == "社会保障卡"]
    assert [one["attachment"]["sha256"] for one in came] == [sha256]
    for place, leg in ((ZAOYANG, first), (JINGSHAN, second)):
        said = await county.said((await county.outgoing(leg, place))[-1])
        assert (said.type, [one["name"] for one in said.data["materials"]]) == ("note.sent", ["社会保障卡"])
    assert (await county.leg(number)).material_due is None
    with pytest.raises(WrongState, match="没有尚未补交"):
        await county.parts.case_room.bring_later(CLERK, number, body)


async def test_the_next_stage_gets_what_has_come_and_what_is_still_promised(county: County) -> None:
    number, (first, second) = await promised(county, THEN)
    sha256 = await county.put()
    wanted = asking(None) | {"items": [{"material": "身份证复印件", "problem": "未附", "wanted": "附上"}]}
    await says(county, ZAOYANG, first, "supplement.requested", wanted)
    await whole(county, number)
    answer = {"materials": [{"material": "身份证复印件", "sha256": sha256}]}
    await county.parts.case_room.supplement(CLERK, number, answer)
    await ends(county, ZAOYANG, first)
    await whole(county, number)
    names = [(one["name"], one["kind"], "attachment" in one) for one in await materials(county, second, JINGSHAN)]
    assert names == [
        ("居民身份证", "电子证照", False),
        ("身份证复印件", "扫描上传", True),
        ("社会保障卡", "承诺后补", False),
    ]
    await county.parts.case_room.bring_later(CLERK, number, {"materials": [{"material": "社会保障卡"}]})
    assert await sent(county, second, JINGSHAN) == ["application.submitted", "note.sent"]
    case = await county.parts.case_room.open(CLERK, number)
    assert [one["name"] for one in case.document["supplied"]] == ["身份证复印件", "社会保障卡"]


async def test_a_part_at_home_gets_it_too(county: County) -> None:
    number, (first, second) = await promised(county, stages((ZAOYANG, "origin")))
    await county.parts.case_room.bring_later(CLERK, number, {"materials": [{"material": "社会保障卡"}]})
    assert [row.type for row in await county.outgoing(first)] == ["application.submitted", "note.sent"]
    case = await county.parts.case_room.open(OFFICER, second)
    assert [one["name"] for one in views.materials(case)] == ["居民身份证", "社会保障卡"]
    assert (await county.leg(second)).material_due is None


async def test_the_deciding_side_sees_what_came_after_the_form_was_filled(county: County) -> None:
    """What a later stage is given beside the form's own materials, as our own officer sees it."""
    more = {"name": "身份证复印件", "kind": "纸质原件"}
    number = await county.inbound(materials=[CARD_TOLD, more], originals=[])
    case = await county.parts.case_room.open(OFFICER, number)
    assert [(one["name"], one["source"]) for one in views.materials(case)][-1] == ("身份证复印件", "纸质原件")
    assert "身份证复印件" in [one.name for one in originals.of(case)]


# 窗口更正


async def test_a_correction_goes_to_those_under_way_and_to_who_begins_later(county: County) -> None:
    number, (first, second) = await filed(county, THEN, answers={"remarks": "原文"})
    body = {"answers": {REMARKS: "更正后"}, "reason": "打错字"}
    await county.parts.case_room.correct(CLERK, number, body, "key")
    await county.parts.case_room.correct(CLERK, number, body, "key")
    assert await sent(county, first, ZAOYANG) == ["application.submitted", "note.sent"]
    said = await county.said((await county.outgoing(first))[-1])
    assert said.data["correction"]["items"] == [{"pointer": REMARKS, "before": "原文", "after": "更正后"}]
    case = await county.parts.case_room.open(CLERK, number)
    assert case.document["answers"]["remarks"] == "更正后"
    assert [one["items"][0]["after"] for one in case.said["corrections"]] == ["更正后"]
    assert (await audit.lines_of(number))[-1]["why"] == "窗口更正"
    await ends(county, ZAOYANG, first)
    await whole(county, number)
    begun = await county.said((await county.outgoing(second, JINGSHAN))[0])
    assert begun.data["answers"]["remarks"] == "更正后"
    await county.parts.roots.once()
    report = verify.members(members(await county.parts.evidence(number)), Report())
    assert [one for one in report.against() if one.check.startswith(("audit", "manifest"))] == []


async def test_a_correction_is_not_undone_by_what_was_supplemented_before_it(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER)
    await says(county, ZAOYANG, first, "supplement.requested", asking(REMARKS))
    await whole(county, number)
    await county.parts.case_room.supplement(CLERK, number, {"answers": {REMARKS: "补正的"}})
    await ends(county, ZAOYANG, first)  # told nothing any more
    await whole(county, number)
    await county.parts.case_room.correct(CLERK, number, {"answers": {REMARKS: "更正的"}, "reason": "打错字"})
    assert (await sent(county, second, JINGSHAN))[-1] == "note.sent"
    assert (await sent(county, first, ZAOYANG))[-1] == "application.supplemented"
    await whole(county, number)
    case = await county.parts.case_room.open(CLERK, number)
    assert case.document["answers"]["remarks"] == "更正的"
    assert (await county.parts.case_room.open(CLERK, first)).document["answers"]["remarks"] == "补正的"


async def test_one_that_has_it_already_is_not_told(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER)
    await says(county, ZAOYANG, first, "supplement.requested", asking(REMARKS))
    await whole(county, number)
    with pytest.raises(WrongState, match="枣阳市正在等待补正"):
        await county.parts.case_room.correct(CLERK, number, {"answers": {REMARKS: "补正的"}, "reason": "一致"})
    await county.parts.case_room.supplement(CLERK, number, {"answers": {REMARKS: "补正的"}})
    with pytest.raises(Invalid):  # the whole has it since the supplement
        await county.parts.case_room.correct(CLERK, number, {"answers": {REMARKS: "补正的"}, "reason": "一致"})
    with pytest.raises(WrongState, match="请在整件上作出"):
        await county.parts.case_room.correct(CLERK, second, {"answers": {REMARKS: "补正的"}, "reason": "一致"})
    assert await sent(county, second, JINGSHAN) == ["application.submitted"]


async def test_a_joint_case_that_ended_is_not_corrected(county: County) -> None:
    number, legs = await filed(county, TOGETHER)
    for place, leg in zip((ZAOYANG, JINGSHAN), legs, strict=True):
        await ends(county, place, leg)
    await whole(county, number)
    with pytest.raises(WrongState, match="已办结"):
        await county.parts.case_room.correct(CLERK, number, {"answers": {REMARKS: "晚了"}, "reason": "打错字"})


# 多地联办结果汇总单


async def test_one_paper_sums_up_what_each_place_decided(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER | {"join": "each", "on_refusal": "nothing"})
    with pytest.raises(Forbidden):
        await county.parts.papers.issue(CLERK, number, "joint_result", {})
    await says(county, ZAOYANG, first, "application.accepted", accepted(county.clock()))
    await ends(county, ZAOYANG, first)
    why = {
        "reason": "not_competent", "text": "户籍不在本市", "legal_basis": "行政许可法第三十二条",
        "right_authority": "桐柏县民政局",
    }  # fmt: skip
    await says(county, JINGSHAN, second, "application.declined", why)
    assert (await whole(county, number))["state_text"] == "部分办结"
    paper = await county.parts.papers.issue(CLERK, number, "joint_result", {})
    assert paper == f"HZ{number}-01"
    content = (await county.parts.papers.open(CLERK, paper)).content
    parts = {part["label"]: part for part in content["parts"]}
    assert parts["整件结果"]["text"] == "部分办结"
    assert [row[:3] for row in parts["各承办地的结果"]["rows"]] == [
        ["枣阳市（牵头）", "受理、审核、批准、制证出证、送达", "准予"],
        ["京山市", "受理、审核、批准、制证出证、送达", "不予受理"],
    ]
    assert parts["京山市未予办成"]["lines"] == [
        ["理由", "户籍不在本市"], ["法律依据", "行政许可法第三十二条"], ["应当受理的机关", "桐柏县民政局"],
    ]  # fmt: skip
    assert parts["证照、文书"]["rows"] == [["参保缴费证明", "CB-1", "枣阳市"]]
    assert "不是决定文书" in parts["说明"]["text"]
    with pytest.raises(Forbidden):
        await county.parts.papers.issue(OFFICER, number, "joint_result", {})


async def test_an_ordinary_case_has_no_such_paper(county: County) -> None:
    number = await county.file()
    with pytest.raises(Forbidden):
        await county.parts.papers.issue(CLERK, number, "joint_result", {})
