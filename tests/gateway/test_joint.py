"""多地联办 in the room: one application, a leg for each place, in stages; the whole follows from its legs."""

import json
from typing import Any

import pytest

from gateway.applications import advance, originals
from gateway.applications.clocks import local_day
from gateway.applications.errors import Invalid, NotFound, WrongState
from gateway.applications.tables import Application, Leg, Paper, Step
from gateway.audit import queries as audit
from gateway.proof import verify
from gateway.proof.findings import Report
from gateway.web import case_place
from messaging import contract
from messaging.tables import Outgoing
from tests.county import (
    CLERK,
    HOME,
    JINGSHAN,
    OFFICER,
    OPERATORS,
    PROGRAM,
    TONGBAI,
    ZAOYANG,
    County,
    Neighbour,
    accepted,
    answers,
    asking,
    decided,
)
from tests.county import filing as ordinary
from tests.gateway.joint_line import CODE, MATTER, agree, filing, stages
from tests.gateway.proof.conftest import members
from tests.messaging.test_restored_here import first_word, ours

THEN = stages(ZAOYANG, JINGSHAN)
TOGETHER = stages((ZAOYANG, JINGSHAN))
EVERYTHING = ["accept", "assess", "approve", "issue", "hand_over"]


async def filed(county: County, joint: dict[str, Any], actor: Any = CLERK, **changes: Any) -> tuple[str, list[str]]:
    """(the whole's number, the numbers of its legs in order)."""
    await agree(county, joint)
    answer = await county.parts.case_room.submit(actor, filing(**changes), source=1)
    return answer.body["number"], [leg["number"] for leg in answer.body["legs"]]


async def whole(county: County, number: str, by: Any = CLERK) -> dict[str, Any]:
    """The application as the API shows it, after the loop has looked."""
    await county.worker._joint()
    return dict(await county.parts.case_room.view(by, number))


async def says(county: County, place: str, number: str, type_: str, data: dict[str, Any]) -> None:
    """One of the places says something on its leg."""
    there: Neighbour = county.zaoyang if place == ZAOYANG else county.jingshan
    await county.hears(there.says(type_, number, data), partner=place)


async def ends(county: County, place: str, number: str, outcome: str = "granted", **more: Any) -> None:
    await says(county, place, number, "application.decided", decided(county.clock(), outcome, **more))


async def sent(county: County, number: str, place: str) -> list[str]:
    return [row.type for row in await county.outgoing(number, place)]


# filing and stages


async def test_one_application_has_a_leg_for_each_place_and_only_the_first_stage_is_said(county: County) -> None:
    number, (first, second) = await filed(county, THEN)
    shown = await whole(county, number)
    assert len({number, first, second}) == 3
    assert (shown["number"], shown["state"], shown["joint"]["places"]) == (number, "SUBMITTED", ["枣阳市", "京山市"])
    assert [(leg["stage"], leg["state"], leg["lead"]) for leg in shown["legs"]] == [
        (1, "SUBMITTED", True),
        (2, "DRAFT", False),
    ]
    assert await sent(county, first, ZAOYANG) == ["application.submitted"]
    assert await Outgoing.filter(subject__in=[number, second]).count() == 0
    said = await county.said((await county.outgoing(first))[0])
    assert contract.check_outgoing(said.type, said.data) == []
    assert said.data["joint"] == {
        "lead": ZAOYANG,
        "part": 1,
        "stage": 1,
        "does": EVERYTHING,
    }
    assert number not in json.dumps(said.data)  # the whole's number stays at home
    assert await Application.all().count() == 1
    assert [row.kind for row in await Paper.filter(case_number=number)] == ["receipt"]


async def test_the_receipt_is_one_paper_that_names_everybody(county: County) -> None:
    number, legs = await filed(county, THEN)
    paper = await county.parts.papers.open(CLERK, f"SJ{number}-01")
    table = next(part for part in paper.content["parts"] if part["label"] == "承办地及分工")
    assert [row[0] for row in table["rows"]] == ["枣阳市（牵头）", "京山市"]
    assert [row[3] for row in table["rows"]] == legs
    shown = await county.parts.papers.printed(CLERK, f"SJ{number}-01", None, "page")
    assert shown.prints == 0


async def test_the_next_stage_begins_when_the_first_has_granted_and_the_whole_is_decided_once(county: County) -> None:
    number, (first, second) = await filed(county, THEN)
    await says(county, ZAOYANG, first, "application.accepted", accepted(county.clock()))
    assert (await whole(county, number))["state_text"] == "办理中"
    county.clock.move(days=2)
    await ends(county, ZAOYANG, first)
    shown = await whole(county, number)
    assert [leg["state"] for leg in shown["legs"]] == ["DECIDED", "SUBMITTED"]
    assert await sent(county, second, JINGSHAN) == ["application.submitted"]
    clock = shown["legs"][1]["clocks"][0]
    assert (clock["kind"], clock["start"]) == ("reply", "2026-11-26")  # its five days begin when it is asked
    await county.worker._joint()
    assert await sent(county, second, JINGSHAN) == ["application.submitted"]  # looking twice does nothing twice
    await ends(county, JINGSHAN, second)
    shown = await whole(county, number)
    assert (shown["state_text"], shown["result"]["outcome"]) == ("已办结·准予", "granted")
    assert shown["result"]["text"] == "枣阳市：准予；京山市：准予"
    assert len(shown["result"]["certificates"]) == 2
    changed = await Step.filter(number=number, type="joint.changed").order_by("id")
    assert [step.state for step in changed] == ["ACCEPTED", "DECIDED"]


async def test_the_mark_of_a_change_survives_whoever_made_it(county: County) -> None:
    """What was committed with a part is found by the periodic look, in whatever process."""
    number, (first, _) = await filed(county, THEN)
    assert not await Leg.filter(joint_due__gt=0).exists()
    await ends(county, ZAOYANG, first)
    assert [leg.number for leg in await Leg.filter(joint_due__gt=0)] == [first]
    found, _ = await advance.marked()
    assert [len(one.pairs) for one in found] == [3]
    await whole(county, number)
    assert not await Leg.filter(joint_due__gt=0).exists()


# refusal


async def test_a_refusal_closes_what_was_not_sent_and_asks_what_is_under_way(county: County) -> None:
    number, (first, second, third) = await filed(county, stages((ZAOYANG, JINGSHAN), TONGBAI))
    await ends(county, ZAOYANG, first, "refused", legal_basis="第三十八条", remedy="复议", text="不符合条件")
    shown = await whole(county, number)
    assert [leg["state"] for leg in shown["legs"]] == ["DECIDED", "SUBMITTED", "WITHDRAWN"]
    assert shown["legs"][2]["state_text"] == "未发起，已停止"
    assert await sent(county, second, JINGSHAN) == ["application.submitted", "application.withdrawn"]
    assert await Outgoing.filter(subject=third).count() == 0
    assert await county.parts.case_room.cases.feed(OPERATORS[TONGBAI], 0) == []  # who was not asked hears nothing
    await ends(county, JINGSHAN, second)  # it had decided before the request came
    shown = await whole(county, number)
    assert (shown["state"], shown["state_text"], shown["result"]["outcome"]) == ("DECIDED", "部分办结", "partial")


async def test_each_by_itself_goes_on_after_a_refusal(county: County) -> None:
    joint = {**THEN, "join": "each", "on_refusal": "nothing"}
    number, (first, second) = await filed(county, joint)
    declined = {"reason": "not_competent", "text": "不属于本机关", "legal_basis": "第三十二条"}
    await says(county, ZAOYANG, first, "application.declined", declined)
    assert [leg["state"] for leg in (await whole(county, number))["legs"]] == ["DECLINED", "SUBMITTED"]
    await ends(county, JINGSHAN, second)
    assert (await whole(county, number))["state_text"] == "部分办结"


# the window's deeds on the whole


async def test_withdrawing_the_whole_asks_every_open_leg_and_closes_the_others_at_once(county: County) -> None:
    number, (first, second) = await filed(county, THEN)
    shown = await county.parts.case_room.withdraw(CLERK, number, {"reason": "不办了"}, "key-1")
    assert [leg["state"] for leg in shown["legs"]] == ["SUBMITTED", "WITHDRAWN"]
    assert shown["withdrawal"]["answer"] is None
    again = await county.parts.case_room.withdraw(CLERK, number, {"reason": "不办了"}, "key-1")
    assert again == shown
    with pytest.raises(WrongState, match="正在等待"):
        await county.parts.case_room.withdraw(CLERK, number, {"reason": "不办了"})
    assert await sent(county, first, ZAOYANG) == ["application.submitted", "application.withdrawn"]
    granted = {"at": accepted(county.clock())["accepted_at"]}
    await says(county, ZAOYANG, first, "withdrawal.granted", granted)
    assert (await whole(county, number))["state_text"] == "已撤回"
    assert await Outgoing.filter(subject=second).count() == 0


async def test_a_supplement_goes_to_the_leg_that_asked_and_mends_the_application(county: County) -> None:
    number, (first, _) = await filed(county, THEN)
    wanted = asking("/answers/remarks")
    await says(county, ZAOYANG, first, "supplement.requested", wanted)
    shown = await whole(county, number)
    assert (shown["state"], shown["supplement"]["items"][0]["pointer"]) == ("SUPPLEMENT", "/answers/remarks")
    assert (await county.parts.case_room.counts(CLERK, "origin"))["supplement"] == 1
    await county.parts.case_room.log_contact(CLERK, number, {"way": "phone", "reached": True})
    body = {"answers": {"/answers/remarks": "CANARY-补正内容"}}
    shown = dict(await county.parts.case_room.supplement(CLERK, number, body))
    assert (shown["state"], await sent(county, first, ZAOYANG)) == (
        "SUBMITTED",
        ["application.submitted", "application.supplemented"],
    )
    case = await county.parts.case_room.open(CLERK, number)
    assert case.document["answers"]["remarks"] == "CANARY-补正内容"
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    assert (await sent(county, first, ZAOYANG))[-1] == "application.urged"


async def test_where_two_legs_ask_each_is_answered_under_its_own_number(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER)
    for place, leg in ((ZAOYANG, first), (JINGSHAN, second)):
        await says(county, place, leg, "supplement.requested", asking("/answers/remarks"))
    await whole(county, number)
    body = {"answers": {"/answers/remarks": "已补正"}}
    with pytest.raises(WrongState, match=second):
        await county.parts.case_room.supplement(CLERK, number, body)
    await county.parts.case_room.supplement(CLERK, second, body)
    assert [leg["state"] for leg in (await whole(county, number))["legs"]] == ["SUPPLEMENT", "SUBMITTED"]


async def test_one_hand_over_tells_everybody_who_decided_and_one_rating_too(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER)
    await ends(county, ZAOYANG, first)
    await whole(county, number)
    with pytest.raises(WrongState, match="尚未全部办结"):
        await county.parts.case_room.hand_over(CLERK, number, {"method": "window", "to": "张三"})
    await ends(county, JINGSHAN, second)
    await whole(county, number)
    shown = await county.parts.case_room.hand_over(CLERK, number, {"method": "window", "to": "张三"})
    assert (shown["state"], [leg["state"] for leg in shown["legs"]]) == ("HANDED_OVER", ["HANDED_OVER"] * 2)
    await county.parts.case_room.rate(CLERK, number, {"window": 5, "handler": 4})
    for place, leg in ((ZAOYANG, first), (JINGSHAN, second)):
        assert (await sent(county, leg, place))[-2:] == ["result.handed_over", "application.rated"]
    day = await county.parts.ledger.of_day(CLERK, local_day(county.clock()), CLERK.window)
    assert (day.totals["received"], day.totals["handed_over"], day.totals["answered"]) == (1, 1, 2)


async def test_a_paper_goes_to_the_place_that_begins_and_is_told_of_on_the_whole(county: County) -> None:
    await agree(county, {**THEN, "lead": 2}, duties={"originals": "origin"})
    paper = {"code": "M01", "name": "居民户口簿", "source": "纸质原件", "pages": 1}
    answer = await county.parts.case_room.submit(CLERK, filing(answers={"materials": [paper]}), source=1)
    number, first = answer.body["number"], answer.body["legs"][0]["number"]
    said = await county.said((await county.outgoing(first))[0])
    assert said.data["originals"] == [{"name": "居民户口簿", "copies": 1}]
    assert (await county.parts.case_room.open(CLERK, number)).leg.originals_open == 1
    await county.parts.case_room.move_original(CLERK, number, {"name": "居民户口簿", "step": "sent", "waybill": "E1"})
    assert (await sent(county, first, ZAOYANG))[-1] == "original.moved"
    case = await county.parts.case_room.open(CLERK, number)
    assert [(one.holder, one.waybill) for one in originals.of(case)] == [("post", "E1")]
    assert originals.handler_name(case) == "枣阳市"


async def test_the_applicant_is_told_where_every_part_stands(county: County) -> None:
    number, (first, _) = await filed(county, THEN)
    await says(county, ZAOYANG, first, "application.accepted", accepted(county.clock()))
    await whole(county, number)
    case = await county.parts.case_room.open(CLERK, number)
    code = await county.parts.progress_room.code(CLERK, case)
    told = await county.parts.progress_room.ask(PROGRAM, number, code)
    assert told["waits_for"] == "枣阳市：已受理；京山市：待前一阶段完成后发起"
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(PROGRAM, first, code)


# finding and isolation


async def test_lists_show_the_whole_once_and_a_legs_number_finds_it(county: County) -> None:
    number, (first, second) = await filed(county, TOGETHER)
    await county.hears(county.zaoyang.says("application.accepted", first, accepted(county.clock(), reference="ZY-77")))
    await whole(county, number)
    for asked in ({}, {"q": first}, {"q": "ZY-77"}, {"handler": JINGSHAN}, {"role": "origin"}, {"state": "ACCEPTED"}):
        items = (await county.parts.case_room.listing(CLERK, **asked))["items"]
        assert [item["number"] for item in items] == [number], asked
    assert (await county.parts.case_room.counts(CLERK, "origin"))["all"] == 1
    assert (await county.parts.case_room.view(PROGRAM, second))["number"] == number
    assert (await county.parts.case_room.listing(CLERK, handler=TONGBAI))["items"] == []


async def test_no_leg_shows_another_legs_data_except_what_the_line_names(county: County) -> None:
    joint = stages(ZAOYANG, TONGBAI)
    joint["parts"][1]["told"] = ["/outcome", "/certificates/0/number"]
    number, (first, second) = await filed(county, joint)
    await says(county, ZAOYANG, first, "supplement.requested", asking("/answers/remarks", problem="CANARY-A"))
    await whole(county, number)
    await county.parts.case_room.supplement(
        CLERK, first, {"answers": {"/answers/remarks": "已补正"}, "note": "CANARY-B"}
    )
    await says(
        county,
        ZAOYANG,
        first,
        "note.sent",
        {"text": "CANARY-C", "attachments": [], "author": {"name": "王", "phone": "1"}},
    )
    qian = OPERATORS[TONGBAI]
    with pytest.raises(NotFound):  # not begun: nobody's yet
        await county.parts.case_room.view(qian, second)
    result: dict[str, Any] = {
        "certificates": [{"name": "CANARY-D", "number": "OPEN-1"}],
        "text": "CANARY-E",
        "reference": "CANARY-F",
    }
    await ends(county, ZAOYANG, first, **result)
    await whole(county, number)
    (row,) = await county.outgoing(second, TONGBAI)
    said = (await county.said(row)).data
    assert said["joint"]["earlier"] == [
        {
            "handler": ZAOYANG,
            "does": said["joint"]["does"],
            "outcome": "granted",
            "certificates": [{"number": "OPEN-1"}],
        }
    ]
    assert said["answers"]["remarks"] == "已补正"  # the citizen's own words
    seen: list[Any] = [
        said,
        await county.parts.case_room.view(qian, second),
        await county.parts.case_room.events(qian, second),
    ]
    seen += [await county.parts.case_room.listing(qian), await county.parts.case_room.cases.feed(qian, 0)]
    text = json.dumps(seen, ensure_ascii=False)
    assert "CANARY" not in text
    assert first not in text
    assert number not in text
    for hidden in (number, first):
        with pytest.raises(NotFound):
            await county.parts.case_room.view(qian, hidden)
    with pytest.raises(NotFound):
        await county.parts.case_room.view(OPERATORS[ZAOYANG], second)


# a leg at home


async def test_a_leg_at_home_is_decided_by_our_own_officer_and_nothing_of_it_travels(county: County) -> None:
    joint = stages(ZAOYANG, "origin")
    joint["parts"][1] |= {"does": ["approve", "issue"], "told": ["/certificates"]}
    joint["lead"] = 2
    number, (first, second) = await filed(county, joint)
    assert (await county.parts.case_room.listing(OFFICER, role="handler"))["items"] == []
    await ends(county, ZAOYANG, first)
    await whole(county, number)
    (item,) = (await county.parts.case_room.listing(OFFICER, role="handler"))["items"]
    assert (item["number"], item["state"]) == (second, "SUBMITTED")
    case = await county.parts.case_room.open(OFFICER, second)
    assert case.told_of_joint == {
        "lead": HOME,
        "part": 2,
        "stage": 2,
        "does": ["approve", "issue"],
        "earlier": [
            {"handler": ZAOYANG, "does": EVERYTHING, "certificates": [{"name": "参保缴费证明", "number": "CB-1"}]}
        ],
    }
    await county.parts.case_room.request_supplement(OFFICER, second, asking("/answers/remarks"))
    assert (await whole(county, number))["state"] == "SUPPLEMENT"
    await county.parts.case_room.supplement(CLERK, number, {"answers": {"/answers/remarks": "已补正"}})
    assert (await county.leg(second)).state == "SUBMITTED"
    body = {"reference": "SX-1", "promised_by": "2026-12-08"}
    await county.parts.case_room.accept(OFFICER, second, body)
    shown = await whole(county, number)
    assert [leg["state"] for leg in shown["legs"]] == ["DECIDED", "ACCEPTED"]
    case = await county.parts.case_room.open(OFFICER, second)
    assert case_place.address(case) == f"/inbox/{second}", "not the whole's, which lies at the window"
    await county.parts.case_room.decide(OFFICER, second, {"outcome": "granted", "text": "准予"})
    shown = await whole(county, number)
    assert (shown["state_text"], shown["handler"]["code"]) == ("已办结·准予", HOME)
    assert await Outgoing.filter(partner=HOME).count() == 0
    assert {line["what"] for line in await audit.lines_of(second)} >= {"application.submitted", "application.decided"}
    await county.parts.roots.once()
    report = verify.members(members(await county.parts.evidence(number)), Report())
    assert [one for one in report.against() if one.check.startswith(("audit", "papers", "manifest"))] == []


# what a body may be


async def test_a_place_that_is_not_agreed_is_named_where_it_stands_in_the_form(county: County) -> None:
    await agree(county, {"parts": [{"at": "/delivery/pickupRegion"}, {"at": "handler"}]})
    body = filing()
    body["answers"]["delivery"] = {"method": "窗口自取", "pickupRegion": "420600"}
    with pytest.raises(Invalid) as told:
        await county.parts.case_room.submit(CLERK, body, source=1)
    assert [(one.pointer, one.code) for one in told.value.findings] == [("/answers/delivery/pickupRegion", "no_route")]
    body["answers"]["delivery"]["pickupRegion"] = JINGSHAN  # one place has both parts: an ordinary case
    answer = await county.parts.case_room.submit(CLERK, body, source=1)
    assert (answer.body.get("joint"), [leg["number"] for leg in answer.body["legs"]]) == (None, [answer.body["number"]])
    with pytest.raises(Invalid) as told:
        await county.parts.case_room.submit(CLERK, {**filing(), "handler": None}, source=1)
    assert "/handler" in [one.pointer for one in told.value.findings]


async def test_a_line_without_parts_goes_to_every_place_together_and_wrong_data_is_said(county: County) -> None:
    number, legs = await filed(county, {})
    shown = await whole(county, number)
    assert [(leg["handler"]["code"], leg["stage"]) for leg in shown["legs"]] == [
        (ZAOYANG, 1),
        (JINGSHAN, 1),
        (TONGBAI, 1),
    ]
    assert len(set(legs)) == 3


async def test_the_same_key_gives_the_same_joint_case(county: County) -> None:
    await agree(county, THEN)
    one, two = [await county.parts.case_room.submit(CLERK, filing(), source=1, key="same") for _ in range(2)]
    assert one.body["number"] == two.body["number"]
    assert await Leg.all().count() == 3
    ordinary_one = await county.parts.case_room.submit(CLERK, ordinary(answers=answers()), source=1)
    assert ordinary_one.body["number"][15:21] == "000004"  # numbers of parts are given out with the whole's


# the handler's side, and evidence


async def test_the_other_sides_window_sees_what_it_is_told(county: County) -> None:
    joint = {
        "lead": JINGSHAN,
        "part": 2,
        "stage": 2,
        "does": ["approve"],
        "earlier": [{"handler": ZAOYANG, "does": ["accept"], "outcome": "granted"}],
    }
    number = await county.inbound(joint=joint, mode="joint")
    case = await county.parts.case_room.open(OFFICER, number)
    assert case.told_of_joint == joint
    await county.parts.case_room.decide(OFFICER, number, {"outcome": "granted", "text": "准予"})
    assert (await county.leg(number)).state == "DECIDED"


async def test_evidence_of_the_whole_holds_every_leg_and_verifies(county: County) -> None:
    number, (first, second) = await filed(county, THEN)
    await county.relay()
    await county.hears(county.zaoyang.got((await county.outgoing(first))[0]))
    await ends(county, ZAOYANG, first)
    await whole(county, number)
    county.clock.move(seconds=6)
    await county.parts.roots.once()
    alone = members(await county.parts.evidence(first))
    assert number not in b"".join(alone.values()).decode(errors="replace")  # a leg's own evidence is of that leg
    assert [one for one in verify.members(alone, Report()).against() if one.check == "audit"] == []
    files = members(await county.parts.evidence(number))
    manifest = json.loads(files["manifest.json"])
    assert manifest["number"] == number
    assert {leg["number"]: leg["part"] for leg in manifest["legs"]} == {number: 0, first: 1, second: 2}
    report = verify.members(files, Report())
    assert [one for one in report.against() if one.check in ("audit", "manifest", "messages", "papers")] == []
    assert len(manifest["messages"]) == 3


async def test_a_part_that_we_forgot_to_have_begun_comes_back_from_its_handler(county: County) -> None:
    """We were restored from a backup of the moment before: the second stage had been said, and its handler has it."""
    number, (_, second) = await filed(county, THEN)
    joint = {"lead": ZAOYANG, "part": 2, "stage": 2, "does": EVERYTHING}
    matter = {"name": "三地联办事项", "origin_code": CODE, "handler_code": CODE}
    data = first_word(county, agreement="three", matter=matter, mode="joint", joint=joint, answers=filing()["answers"])
    back = ours(county, "application.submitted", data, 1, subject=second, to=JINGSHAN)
    await county.hears(back, partner=JINGSHAN)
    leg = await county.leg(second)
    assert (leg.state, leg.begun_at is not None) == ("SUBMITTED", True)
    await county.hears(county.jingshan.says("application.decided", second, decided(county.clock())), partner=JINGSHAN)
    assert [one["state"] for one in (await whole(county, number))["legs"]] == ["SUBMITTED", "DECIDED"]
    (row,) = await county.outgoing(second, JINGSHAN)
    assert row.message_id == back.id


async def test_a_joint_case_is_not_filed_at_a_line_whose_data_is_wrong(county: County) -> None:
    await agree(county, {"parts": [{"at": "nowhere"}]})
    with pytest.raises(Invalid) as told:
        await county.parts.case_room.submit(CLERK, filing(), source=1)
    assert [(one.pointer, one.code) for one in told.value.findings] == [("/matter", "no_route")]
    assert MATTER in {one.id for one in county.parts.library.index.matters()}
