"""Every deed of the window and of the officer: when it is possible, what it says on the wire, and what it refuses."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.applications import lifecycle
from gateway.applications.clocks import local_day
from gateway.applications.errors import Forbidden, Invalid, NotFound, WrongState
from gateway.applications.lifecycle import State
from gateway.applications.tables import Application, Leg
from gateway.audit import queries as audit
from messaging import contract
from tests.county import (
    AUDITOR,
    CLERK,
    COORDINATOR,
    OFFICER,
    OPERATORS,
    PROGRAM,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    decided,
)

BODIES: dict[str, dict[str, Any]] = {
    "supplement": {"answers": {"/answers/purpose": "落户"}},
    "withdraw": {"reason": "不办了"},
    "urge": {"text": "请尽快"},
    "note": {"text": "请查收"},
    "hand_over": {"method": "window", "to": "李四测试"},
    "rate": {"window": 5, "handler": 4, "text": "很好"},
    "accept": {},
    "decline": {"reason": "incomplete", "text": "材料不全", "legal_basis": "行政许可法第三十二条"},
    "request_supplement": asking(),
    "suspend": {"kind": "hearing", "from": "2026-11-25", "until": "2026-11-27", "basis": "行政许可法第四十六条"},
    "resume": {},
    "extend_limit": {"working_days": 5, "reason": "案情复杂", "approved_by": "王局长"},
    "decide": {"outcome": "granted"},
    "grant_withdrawal": {},
    "refuse_withdrawal": {"reason": "已经办结"},
}
TYPES = {
    "supplement": "application.supplemented",
    "withdraw": "application.withdrawn",
    "urge": "application.urged",
    "note": "note.sent",
    "hand_over": "result.handed_over",
    "rate": "application.rated",
    "accept": "application.accepted",
    "decline": "application.declined",
    "request_supplement": "supplement.requested",
    "suspend": "procedure.suspended",
    "resume": "procedure.resumed",
    "extend_limit": "limit.extended",
    "decide": "application.decided",
    "grant_withdrawal": "withdrawal.granted",
    "refuse_withdrawal": "withdrawal.refused",
}
WINDOW = ("supplement", "withdraw", "urge", "note", "hand_over", "rate")
DESK = (*(name for name in BODIES if name not in WINDOW), "note", "hand_over")
STATES = [state for state in State if state is not State.DRAFT]


def deed(county: County, name: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    found: Callable[..., Awaitable[dict[str, Any]]] = getattr(county.parts.case_room, name)
    return found


async def do(county: County, name: str, number: str, actor: Any = None, **changes: Any) -> dict[str, Any]:
    """A deed with a right body, by somebody who may."""
    by = actor or (CLERK if name in WINDOW else OFFICER)
    return await deed(county, name)(by, number, BODIES[name] | changes)


# from each state, on both sides of the wire


async def filed(county: County, state: State) -> str:
    """A case of ours in a state, brought there by 枣阳's words."""
    number, now = await county.file(), county.clock()
    says = county.zaoyang.says
    words: dict[State, list[tuple[str, dict[str, Any]]]] = {
        State.SUBMITTED: [],
        State.ACCEPTED: [("application.accepted", accepted(now))],
        State.SUPPLEMENT: [("supplement.requested", asking())],
        State.SUSPENDED: [("application.accepted", accepted(now)), ("procedure.suspended", BODIES["suspend"])],
        State.DECIDED: [("application.decided", decided(now))],
        State.HANDED_OVER: [("application.decided", decided(now)), ("result.handed_over", _handed_over(county))],
        State.DECLINED: [("application.declined", BODIES["decline"])],
        State.WITHDRAWN: [("withdrawal.granted", {"at": _at(county)})],
        State.EXPIRED: [
            ("supplement.requested", asking()),
            ("application.decided", decided(now, "overdue", certificates=[])),
        ],
    }
    await county.hears(*(says(type_, number, data) for type_, data in words[state]))
    return number


async def taken_in(county: County, state: State) -> str:
    """A case of 枣阳's in a state, brought there by our officer."""
    number = await county.inbound()
    deeds = {
        State.SUBMITTED: [],
        State.ACCEPTED: ["accept"],
        State.SUPPLEMENT: ["request_supplement"],
        State.SUSPENDED: ["accept", "suspend"],
        State.DECIDED: ["decide"],
        State.HANDED_OVER: ["decide", "hand_over"],
        State.DECLINED: ["decline"],
    }
    for name in deeds.get(state, []):
        await do(county, name, number, OFFICER)
    if state is State.EXPIRED:
        await do(county, "request_supplement", number, due_by=f"{local_day(county.clock())}")
        county.clock.move(days=1)
        await do(county, "decide", number, outcome="overdue")
    if state is State.WITHDRAWN:
        await county.hears(_asks_to_withdraw(county, number))
        await do(county, "grant_withdrawal", number)
    return number


def _at(county: County) -> str:
    return str(accepted(county.clock())["accepted_at"])


def _handed_over(county: County) -> dict[str, Any]:
    return {"at": _at(county), "method": "window", "to": "李四测试"}


def _asks_to_withdraw(county: County, number: str) -> Any:
    asked = {"reason": "不办了", "asked_at": _at(county)}
    return county.zaoyang.says("application.withdrawn", number, asked, seen=0)  # it crosses whatever we said


@pytest.mark.parametrize("state", STATES)
async def test_the_window_does_what_the_table_allows_and_nothing_else(county: County, state: State) -> None:
    for name in WINDOW:
        number = await filed(county, state)
        assert (await county.leg(number)).state == state
        before = len(await county.outgoing(number))
        if lifecycle.may_say(state, TYPES[name]):
            await do(county, name, number)
            said = await county.said((await county.outgoing(number))[-1])
            assert (said.type, contract.check_outgoing(said.type, said.data)) == (TYPES[name], [])
        else:
            with pytest.raises(WrongState, match="本件现为"):
                await do(county, name, number)
            assert len(await county.outgoing(number)) == before
    await _the_audit_holds()


@pytest.mark.parametrize("state", STATES)
async def test_the_officer_does_what_the_table_allows_and_nothing_else(county: County, state: State) -> None:
    for name in DESK:
        number = await taken_in(county, state)
        assert (await county.leg(number)).state == state
        if name in {"grant_withdrawal", "refuse_withdrawal"} and state is not State.WITHDRAWN:
            if lifecycle.may_say(state, "application.withdrawn"):
                await county.hears(_asks_to_withdraw(county, number))
            else:
                continue  # nobody can have asked: the next test
        before = len(await county.outgoing(number))
        possible = lifecycle.may_say(state, TYPES[name], outcome=BODIES[name].get("outcome"))
        if possible and state is not State.WITHDRAWN:
            await do(county, name, number, OFFICER)
            said = await county.said((await county.outgoing(number))[-1])
            assert (said.type, contract.check_outgoing(said.type, said.data)) == (TYPES[name], [])
        elif name not in {"note"}:
            with pytest.raises(WrongState):
                await do(county, name, number, OFFICER)
            assert len(await county.outgoing(number)) == before
    await _the_audit_holds()


async def _the_audit_holds() -> None:
    heads = {leg.number: (leg.audit_sequence, leg.audit_hash) for leg in await Leg.all()}
    assert heads
    assert await audit.verify_all(heads) == []


async def test_neither_side_says_what_is_the_other_sides_to_say(county: County) -> None:
    mine, theirs = await county.file(), await county.inbound()
    for name in set(DESK) - set(WINDOW):
        with pytest.raises(WrongState):
            await do(county, name, mine)
    for name in set(WINDOW) - set(DESK):
        with pytest.raises(WrongState):
            await do(county, name, theirs)
    assert [row.type for row in await county.outgoing(mine)] == ["application.submitted"]
    assert await county.outgoing(theirs) == []


async def test_nobody_answers_a_withdrawal_that_was_not_asked_for(county: County) -> None:
    number = await county.inbound()
    for name in ("grant_withdrawal", "refuse_withdrawal"):
        with pytest.raises(WrongState, match="没有等待答复的撤回申请"):
            await do(county, name, number)


ROLES = [
    (AUDITOR, set()),
    (COORDINATOR, set()),
    (PROGRAM, {"supplement", "withdraw", "urge", "note", "hand_over", "rate"}),
    (OPERATORS[ZAOYANG], set()),
    (CLERK, set(WINDOW)),
    (OFFICER, set(DESK)),
]


@pytest.mark.parametrize(("actor", "may"), ROLES)
async def test_each_role_does_only_what_is_its_own(county: County, actor: Any, may: set[str]) -> None:
    """At the desk an operator speaks for the own county; as our own side it does nothing."""
    number = await county.file()
    for name in BODIES:
        if name in may:
            with contextlib.suppress(WrongState):
                await do(county, name, number, actor)
        else:
            with pytest.raises(Forbidden):
                await do(county, name, number, actor)


async def test_a_deed_on_a_case_that_is_not_there_is_not_found(county: County) -> None:
    for name in WINDOW:
        with pytest.raises(NotFound):
            await do(county, name, "421321202611241999999X")


@pytest.mark.parametrize("name", list(BODIES))
async def test_an_unknown_member_is_refused_by_its_pointer(county: County, name: str) -> None:
    number = await (filed if name in WINDOW else taken_in)(county, State.SUBMITTED)
    with pytest.raises((Invalid, WrongState)) as told:
        await do(county, name, number, surplus=1)
    if isinstance(told.value, Invalid):
        assert [(one.pointer, one.code) for one in told.value.findings] == [("/surplus", "unknown")]


# supplement: only what was asked, and all of it


async def asked(county: County, *items: dict[str, Any], **changes: Any) -> str:
    number = await county.file()
    data = asking(**changes) | ({"items": list(items)} if items else {})
    await county.hears(county.zaoyang.says("supplement.requested", number, data))
    assert (await county.leg(number)).state == "SUPPLEMENT"
    return number


def item(**place: str) -> dict[str, Any]:
    return {"problem": "有误", "wanted": "请更正", **place}


async def findings(county: County, number: str, body: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as told:
        await county.parts.case_room.supplement(CLERK, number, body)
    return {(one.pointer, one.code) for one in told.value.findings}


async def test_a_supplement_brings_what_was_asked_and_goes_back_to_where_it_came_from(county: County) -> None:
    number = await asked(county)
    shown = await do(county, "supplement", number)
    assert (shown["state"], shown["supplement"]) == ("SUBMITTED", None)
    case = await county.parts.case_room.open(CLERK, number)
    assert case.document["answers"] == answers(purpose="落户")
    said = await county.said((await county.outgoing(number))[-1])
    assert said.data["answers"] == {"/answers/purpose": "落户"}


async def test_what_was_not_asked_for_is_refused(county: County) -> None:
    number = await asked(county, item(pointer="/answers/purpose"), item(material="居民身份证"))
    digest = await county.put()
    body = {
        "answers": {"/answers/purpose": "落户", "/answers/periodTo": "2026-09", "/applicant/mobile": "13000000009"},
        "materials": [{"material": "居民身份证", "sha256": digest}, {"material": "户口簿", "sha256": digest}],
    }
    assert await findings(county, number, body) == {
        ("/answers/~1answers~1periodTo", "unknown"),
        ("/answers/~1applicant~1mobile", "unknown"),
        ("/materials/1/material", "unknown"),
    }


async def test_all_that_was_asked_for_must_come_at_once(county: County) -> None:
    number = await asked(
        county, item(pointer="/answers/purpose"), item(pointer="/answers/periodTo"), item(material="居民身份证")
    )
    assert await findings(county, number, {}) == {("/answers", "required"), ("/materials", "required")}
    assert len(await findings(county, number, {"answers": {"/answers/purpose": "落户"}})) == 2


async def test_a_file_of_a_supplement_must_have_been_put(county: County) -> None:
    number = await asked(county, item(material="居民身份证"))
    body = {"materials": [{"material": "居民身份证", "sha256": "0" * 64}]}
    assert await findings(county, number, body) == {("/materials/0/sha256", "file_missing")}


async def test_a_supplied_file_is_among_the_materials_and_readable_for_the_handler(county: County) -> None:
    number = await asked(county, item(material="居民身份证"))
    digest = await county.put()
    shown = await do(county, "supplement", number, answers={}, materials=[{"material": "居民身份证", "sha256": digest}])
    assert shown["materials"][-1]["attachment"]["sha256"] == digest
    await county.parts.attachments.open(digest, ZAOYANG)


async def test_a_supplement_is_held_against_the_cases_form(county: County) -> None:
    number = await asked(county, item(pointer="/answers/periodTo"), item(pointer="/answers/applicant"))
    wrong = answers()["applicant"] | {"idNumber": "420683199002029987", "surplus": "x"}
    body = {"answers": {"/answers/periodTo": "2019-01", "/answers/applicant": wrong}}
    found = await findings(county, number, body)
    assert ("/answers/~1answers~1applicant/idNumber", "GB11643") in found
    assert ("/answers/~1answers~1applicant/surplus", "unknown") in found
    assert ("/answers/~1answers~1periodTo", "order") in found
    assert (await county.leg(number)).state == "SUPPLEMENT"


async def test_a_corrected_applicant_is_shown_found_and_sent(county: County) -> None:
    number = await asked(county, item(pointer="/answers/applicant"))
    right = {"name": "张三", "idType": "居民身份证", "idNumber": "421321200001019998", "mobile": "13000000001"}
    shown = await do(county, "supplement", number, answers={"/answers/applicant": right})
    assert shown["applicant"] == {"name": "张三", "id_number": "421***********9998", "phone": "130****0001"}
    for q in ("张三", "zhangsan", "zs", "421321200001019998", "13000000001"):
        page = await county.parts.case_room.listing(CLERK, q=q)
        assert [one["number"] for one in page["items"]] == [number], q


async def test_a_place_that_the_form_does_not_have_is_answered_in_words(county: County) -> None:
    number = await asked(
        county, item(pointer="/answers/photograph"), item(pointer="/answers/materials/9/name"), item(pointer="/purpose")
    )
    body = {"answers": {"/answers/purpose": "落户"}}
    assert await findings(county, number, body) == {("/note", "required")}
    shown = await county.parts.case_room.supplement(CLERK, number, body | {"note": "照片已另行邮寄"})
    assert shown["state"] == "SUBMITTED"


async def test_a_return_to_the_window_is_no_notice_and_does_not_count(county: County) -> None:
    number = await asked(county, to="window")
    leg = await county.leg(number)
    assert (leg.supplements, leg.irregular) == (0, None)
    assert [(clock["kind"], clock["state"]) for clock in leg.clocks] == [
        ("reply", "running"),
        ("supplement", "running"),
    ]
    await do(county, "supplement", number)
    reply = [clock for clock in (await county.leg(number)).clocks if clock["kind"] == "reply"]
    assert [(clock["start"], clock["state"]) for clock in reply] == [("2026-11-24", "running")]


async def test_a_second_notice_is_refused_here_and_shown_when_it_comes_from_there(county: County) -> None:
    mine = await county.inbound()
    await do(county, "request_supplement", mine)
    await county.hears(
        county.zaoyang.says(
            "application.supplemented", mine, {"answers": {}, "materials": [], "received_at": _at(county)}
        )
    )
    with pytest.raises(WrongState, match="SECOND_SUPPLEMENT_NOTICE"):
        await do(county, "request_supplement", mine)
    await do(county, "request_supplement", mine, addressed_to="window")
    theirs = await asked(county)
    await do(county, "supplement", theirs)
    await county.hears(county.zaoyang.says("supplement.requested", theirs, asking()))
    leg = await county.leg(theirs)
    assert (leg.supplements, leg.irregular) == (2, "第二次补正（超出首次告知范围）")


async def test_a_notice_after_acceptance_is_marked_as_what_it_is(county: County) -> None:
    number = await filed(county, State.ACCEPTED)
    await county.hears(county.zaoyang.says("supplement.requested", number, asking()))
    assert (await county.leg(number)).irregular == "受理后补正"
    shown = await do(county, "supplement", number)
    assert shown["state"] == "ACCEPTED"


BAD_NOTICES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "nobody": ({"addressed_to": "everybody"}, ("/addressed_to", "enum")),
    "nothing": ({"items": []}, ("/items", "minItems")),
    "yesterday": ({"due_by": "2026-11-23"}, ("/due_by", "format")),
    "no place": ({"items": [{"problem": "x", "wanted": "y"}]}, ("/items/0", "required")),
    "no words": ({"items": [{"pointer": "/a"}]}, ("/items/0/problem", "required")),
    "no object": ({"items": ["x"]}, ("/items/0", "type")),
    "no day": ({"due_by": "下周"}, ("/due_by", "format")),
    "a paper that is not here": ({"document": {"sha256": "0" * 64}}, ("/document", "file_missing")),
}


@pytest.mark.parametrize("what", list(BAD_NOTICES))
async def test_a_bad_notice_is_refused_with_its_pointer(county: County, what: str) -> None:
    changes, finding = BAD_NOTICES[what]
    number = await county.inbound()
    with pytest.raises(Invalid) as told:
        await do(county, "request_supplement", number, **changes)
    assert finding in {(one.pointer, one.code) for one in told.value.findings}
    assert (await county.leg(number)).state == "SUBMITTED"


# the officer's other words


BAD_WORDS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("accept", {"promised_by": "很快"}, ("/promised_by", "format")),
    ("accept", {"document": {"sha256": "0" * 64}}, ("/document", "file_missing")),
    ("decline", {"reason": "whim"}, ("/reason", "enum")),
    ("decline", {"reason": "not_competent"}, ("/right_authority", "required")),
    ("decline", {"text": ""}, ("/text", "required")),
    ("decline", {"document": {"sha256": "0" * 64}}, ("/document", "file_missing")),
    ("decide", {"outcome": "perhaps"}, ("/outcome", "enum")),
    ("decide", {"outcome": "refused"}, ("/legal_basis", "required")),
    ("decide", {"documents": ["0" * 64]}, ("/documents/0", "file_missing")),
    ("decide", {"certificates": [{"name": "证"}]}, ("/certificates/0/number", "required")),
]


@pytest.mark.parametrize(("name", "changes", "finding"), BAD_WORDS)
async def test_a_bad_word_is_refused_with_its_pointer(
    county: County, name: str, changes: dict[str, Any], finding: tuple[str, str]
) -> None:
    number = await county.inbound()
    with pytest.raises(Invalid) as told:
        await do(county, name, number, **changes)
    assert finding in {(one.pointer, one.code) for one in told.value.findings}
    assert await county.outgoing(number) == []


async def test_a_refusal_tells_the_remedy_also_when_nobody_wrote_it(county: County) -> None:
    number = await county.inbound()
    await do(county, "decide", number, outcome="refused", text="不符合条件", legal_basis="行政许可法第三十八条")
    said = await county.said((await county.outgoing(number))[-1])
    assert "行政复议" in said.data["remedy"]


async def test_a_decision_brings_its_papers_to_the_other_county(county: County) -> None:
    number = await county.inbound()
    digest = await county.put(name="决定书.pdf")
    shown = await do(county, "decide", number, documents=[digest])
    assert (shown["state_text"], shown["result"]["documents"][0]["sha256"]) == ("已办结·准予", digest)
    await county.parts.attachments.open(digest, ZAOYANG)


async def test_only_an_awaited_supplement_can_be_overdue(county: County) -> None:
    number = await county.inbound()
    with pytest.raises(WrongState):
        await do(county, "decide", number, outcome="overdue")
    await do(county, "request_supplement", number)
    county.clock.day("2026-12-15", 23)  # its last day
    with pytest.raises(WrongState, match="补正期限到 2026-12-15"):
        await do(county, "decide", number, outcome="overdue")
    county.clock.move(hours=2)
    assert (await do(county, "decide", number, outcome="overdue"))["state"] == "EXPIRED"


# withdrawal, hand-over, rating


async def test_withdrawing_is_asked_once_until_it_is_answered(county: County) -> None:
    number = await county.file()
    shown = await do(county, "withdraw", number)
    assert (shown["state"], shown["withdrawal"]) == ("SUBMITTED", {"asked_at": _at(county), "answer": None})
    assert shown["with"]["code"] == ZAOYANG
    with pytest.raises(WrongState, match="正在等待"):
        await do(county, "withdraw", number)
    await county.hears(county.zaoyang.says("withdrawal.refused", number, {"at": _at(county), "reason": "正在制证"}))
    leg = await county.leg(number)
    assert (leg.state, leg.withdrawal_answer) == ("SUBMITTED", "refused")
    await do(county, "withdraw", number)
    await county.hears(county.zaoyang.says("withdrawal.granted", number, {"at": _at(county)}))
    leg = await county.leg(number)
    assert (leg.state, leg.withdrawal_answer, leg.next_due) == ("WITHDRAWN", "granted", None)


async def test_a_withdrawal_that_crosses_a_decision_is_answered_and_the_decision_stands(county: County) -> None:
    """At the window: asked for, then the decision that was already on its way, then its refusal."""
    number = await county.file()
    await do(county, "withdraw", number)
    await county.hears(
        county.zaoyang.says("application.decided", number, decided(county.clock())),
        county.zaoyang.says("withdrawal.refused", number, {"at": _at(county), "reason": "本件办结"}),
    )
    leg = await county.leg(number)
    assert (leg.state, leg.outcome, leg.withdrawal_answer) == ("DECIDED", "granted", "refused")


async def test_the_handler_answers_a_withdrawal_that_came_after_its_decision_by_itself(county: County) -> None:
    number = await county.inbound()
    await do(county, "decide", number)
    await county.hears(_asks_to_withdraw(county, number))
    leg = await county.leg(number)
    assert (leg.state, leg.withdrawal_answer) == ("DECIDED", "refused")
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.type, contract.check_outgoing(said.type, said.data)) == ("withdrawal.refused", [])
    page = await county.parts.case_room.events(OFFICER, number)
    late, answer = page["items"][-2:]
    assert (late["type"], late["actor"]["jurisdiction"]) == ("application.withdrawn", ZAOYANG)
    assert (answer["type"], answer["actor"]["jurisdiction"]) == ("withdrawal.refused", "421321")
    assert answer["message_id"] == said.id


async def test_the_result_is_handed_over_with_to_whom_and_how_and_the_proof(county: County) -> None:
    number = await filed(county, State.DECIDED)
    digest = await county.put(name="签收单.pdf")
    county.clock.move(days=1)
    shown = await do(county, "hand_over", number, proof=digest, at="2026-11-25T09:00:00+08:00")
    assert (shown["state"], shown["with"]["text"]) == ("HANDED_OVER", "已结束")
    said = await county.said((await county.outgoing(number))[-1])
    assert said.data == {"at": "2026-11-25T09:00:00+08:00", "method": "window", "to": "李四测试"}
    assert (await Application.get(number=number)).handed_over_at is not None


BAD_HAND_OVERS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"method": "pigeon"}, ("/method", "enum")),
    ({"method": "post"}, ("/waybill", "required")),
    ({"at": "2026-11-24T09:31:00+08:00"}, ("/at", "format")),
    ({"at": "2026-11-24T09:00:00"}, ("/at", "format")),
    ({"at": "昨天"}, ("/at", "format")),
    ({"at": "0001-01-01T00:00:00+08:00"}, ("/at", "format")),
    ({"proof": "0" * 64}, ("/proof", "file_missing")),
    ({"to": "x" * 61}, ("/to", "maxLength")),
]


@pytest.mark.parametrize(("changes", "finding"), BAD_HAND_OVERS)
async def test_a_bad_hand_over_is_refused_with_its_pointer(
    county: County, changes: dict[str, Any], finding: tuple[str, str]
) -> None:
    number = await filed(county, State.DECIDED)
    with pytest.raises(Invalid) as told:
        await do(county, "hand_over", number, **changes)
    assert [(one.pointer, one.code) for one in told.value.findings] == [finding]
    assert (await county.leg(number)).state == "DECIDED"


async def test_a_case_is_rated_once_and_only_the_grade_goes_to_the_handler(county: County) -> None:
    number = await filed(county, State.DECIDED)
    await do(county, "rate", number)
    said = await county.said((await county.outgoing(number))[-1])
    assert said.data == {"handler": 4}
    with pytest.raises(WrongState, match="评价过"):
        await do(county, "rate", number)
    assert len(await county.outgoing(number)) == 2


async def test_a_note_brings_its_files_to_the_other_county(county: County) -> None:
    number = await county.file()
    digest = await county.put()
    await do(county, "note", number, attachments=[digest])
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.data["author"]["name"], said.data["attachments"][0]["sha256"]) == ("张三", digest)
    await county.parts.attachments.open(digest, ZAOYANG)
    with pytest.raises(Invalid):
        await do(county, "note", number, attachments=["0" * 64])


async def test_an_extension_counts_from_the_promised_day_and_never_exceeds_ten(county: County) -> None:
    number = await county.inbound()
    await do(county, "accept", number, promised_by="2026-12-08")
    for days in (0, 11):
        with pytest.raises(Invalid):
            await do(county, "extend_limit", number, working_days=days)
    await do(county, "extend_limit", number)
    said = await county.said((await county.outgoing(number))[-1])
    assert said.data["promised_by"] == "2026-12-15"
    promised = [clock["due"] for clock in (await county.leg(number)).clocks if clock["kind"] == "promised"]
    assert promised == ["2026-12-15"]
