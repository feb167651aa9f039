"""窗口更正: a typing error is mended after sending; both sides keep what stood there before, and end with one document."""

from typing import Any

import pytest

from gateway.applications import corrections
from gateway.applications.errors import Forbidden, Invalid, WrongState
from gateway.audit import queries as audit
from messaging import contract
from tests.county import AUDITOR, CLERK, OFFICER, County, accepted, answers, asking, decided

WRONG, RIGHT = "13000000008", "13000000009"
MOBILE = "/answers/applicant/mobile"
BODY = {"answers": {MOBILE: RIGHT}, "reason": "号码打错一位"}


async def correct(county: County, number: str, **changes: Any) -> dict[str, Any]:
    return await county.parts.case_room.correct(CLERK, number, BODY | changes)


async def document(county: County, number: str) -> dict[str, Any]:
    return dict((await county.parts.case_room.open(OFFICER, number)).document["answers"])


async def test_it_changes_the_case_goes_as_a_note_and_both_digests_are_on_the_chain(county: County) -> None:
    number = await county.file()
    before = await document(county, number)
    shown = await correct(county, number)
    after = await document(county, number)
    assert (shown["state"], shown["applicant"]["phone"]) == ("SUBMITTED", "130****0009")
    assert after == before | {"applicant": before["applicant"] | {"mobile": RIGHT}}
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.type, contract.check_outgoing(said.type, said.data)) == ("note.sent", [])
    digests = (corrections.digest(before), corrections.digest(after))
    told = said.data["correction"]
    assert (told["sha256_before"], told["sha256_after"]) == digests
    (item,) = told["items"]
    assert item == {"pointer": MOBILE, "before": before["applicant"]["mobile"], "after": RIGHT}
    assert f"改为 {RIGHT}" in said.data["text"]  # for a county that knows no corrections
    line = (await audit.lines_of(number))[-1]
    assert (line["what"], line["why"]) == ("note.sent", "窗口更正")
    assert (line["detail"]["before"], line["detail"]["after"], line["detail"]["pointers"]) == (*digests, [MOBILE])
    step = (await county.parts.case_room.events(AUDITOR, number))["items"][-1]
    assert (step["text"], step["message_id"]) == ("窗口更正录入有误的内容，共 1 处", said.id)
    assert RIGHT not in str(step) + str(line)
    found = (await county.parts.case_room.listing(CLERK, q=RIGHT))["items"]
    assert [one["number"] for one in found] == [number]
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    assert (await county.leg(number)).irregular is None
    await correct(county, number, answers={"/answers/purpose": "落户"})
    assert (await county.leg(number)).irregular == "受理后更正"


REFUSED: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"/answers/applicant/name": "李四"}, ("/answers/~1answers~1applicant~1name", "unknown")),
    ({"/answers/applicant/idNumber": "421321200001019998"}, ("/answers/~1answers~1applicant~1idNumber", "unknown")),
    ({"/answers/applicant": {}}, ("/answers/~1answers~1applicant", "unknown")),
    ({"/answers/materials/0/name": "户口簿"}, ("/answers/~1answers~1materials~10~1name", "unknown")),
    ({"/answers/targetRegion": "420882"}, ("/answers/~1answers~1targetRegion", "unknown")),
    ({"/answers/surplus": "x"}, ("/answers/~1answers~1surplus", "unknown")),
    ({MOBILE: "1300"}, ("/answers/~1answers~1applicant~1mobile", "pattern")),
    ({}, ("/answers", "required")),
]


async def test_identity_place_materials_and_what_the_form_refuses_are_not_the_windows_to_correct(
    county: County,
) -> None:
    number = await county.file()
    same = (await document(county, number))["applicant"]["mobile"]
    for given, finding in [*REFUSED, ({MOBILE: same}, ("/answers/~1answers~1applicant~1mobile", "differs"))]:
        with pytest.raises(Invalid) as told:
            await correct(county, number, answers=given)
        assert finding in {(one.pointer, one.code) for one in told.value.findings}, given
    with pytest.raises(Forbidden):
        await county.parts.case_room.correct(OFFICER, number, BODY)
    inbound = await county.inbound()
    with pytest.raises(WrongState, match="退回窗口更正"):
        await correct(county, inbound)
    await county.hears(county.zaoyang.says("supplement.requested", number, asking()))
    with pytest.raises(WrongState, match="请先提交"):
        await correct(county, number)
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    with pytest.raises(WrongState, match="已办结"):
        await correct(county, number)


def correction(before: dict[str, Any], value: str = RIGHT) -> dict[str, Any]:
    """`data` of a note by which 枣阳's window corrects the telephone."""
    after = before | {"applicant": before["applicant"] | {"mobile": value}}
    return {
        "text": "窗口更正",
        "attachments": [],
        "author": {"name": "王五", "phone": ""},
        "correction": {
            "reason": "号码打错一位",
            "items": [{"pointer": MOBILE, "before": before["applicant"]["mobile"], "after": value}],
            "sha256_before": corrections.digest(before),
            "sha256_after": corrections.digest(after),
        },
    }


async def test_the_side_that_decides_takes_it_and_keeps_what_stood_there(county: County) -> None:
    number = await county.inbound()
    await county.parts.case_room.accept(OFFICER, number, {})
    before = await document(county, number)
    await county.hears(county.zaoyang.says("note.sent", number, correction(before)))
    case = await county.parts.case_room.open(OFFICER, number)
    assert (case.document["answers"]["applicant"]["mobile"], case.person["phone"]) == (RIGHT, RIGHT)
    assert (case.leg.irregular, case.state) == ("受理后更正", "ACCEPTED")
    (kept,) = corrections.kept(case)
    assert (kept["items"][0]["before"], kept["taken"]) == (before["applicant"]["mobile"], True)
    line = (await audit.lines_of(number))[-1]
    assert (line["detail"]["after"], line["detail"]["agrees"]) == (corrections.digest(case.document["answers"]), True)
    bad = {**correction(before), "correction": {**correction(before)["correction"]}}
    bad["correction"]["items"] = [{"pointer": "/answers/purpose/deeper", "before": None, "after": "x"}]
    word = county.zaoyang.says("note.sent", number, bad)
    await county.hears(word)
    assert (await county.incoming(word)).state == "applied"  # a note never blocks: its words are read


async def test_one_that_comes_when_the_case_has_ended_is_not_taken_and_the_window_is_told(county: County) -> None:
    number = await county.inbound()
    await county.parts.case_room.decide(OFFICER, number, {"outcome": "granted"})
    before = await document(county, number)
    word = correction(before)
    await county.hears(county.zaoyang.says("note.sent", number, word, seen=0))
    assert await document(county, number) == before
    answer = (await county.outgoing(number))[-1]
    said, said_sha = await county.said(answer), answer.sha256
    assert (said.type, said.data["not_taken"]) == ("note.sent", word["correction"]["sha256_after"])
    assert contract.check_outgoing(said.type, said.data) == []
    step = (await county.parts.case_room.events(OFFICER, number))["items"][-1]
    assert (step["actor"]["jurisdiction"], "未采用" in step["text"]) == ("420683", True)
    assert step["message_id"] != said.id  # it is their word; ours stands on the chain beside it
    line = (await audit.lines_of(number))[-1]
    assert line["detail"]["sent"] == [{"message": said.id, "sha256": said_sha}]


async def test_what_was_not_taken_is_taken_back_here_with_all_that_came_after_it(county: County) -> None:
    number = await county.file()
    before = await document(county, number)
    for value in (WRONG, RIGHT):
        await correct(county, number, answers={MOBILE: value})
    words = [await county.said(row) for row in (await county.outgoing(number))[1:]]
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    for word in words:
        refused = {"text": "未采用", "attachments": [], "author": {"name": "枣阳市", "phone": ""}}
        refused["not_taken"] = word.data["correction"]["sha256_after"]
        await county.hears(county.zaoyang.says("note.sent", number, refused))
    case = await county.parts.case_room.open(CLERK, number)
    assert case.document["answers"] == before == answers()
    assert case.person["phone"] == before["applicant"]["mobile"]
    assert [one["taken"] for one in corrections.kept(case)] == [False, False]
