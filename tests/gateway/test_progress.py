"""What an applicant is told who has the slip, and what everybody else is told."""

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.applications import progress_room, query_codes
from gateway.applications.errors import NotFound
from gateway.applications.tables import QueryCode
from gateway.audit import queries
from gateway.auth.actor import Actor
from messaging.sealing import Sealer
from tests.county import (
    CLERK,
    HOME,
    TONGBAI,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    decided,
    note,
)

FRONT = Actor("system", HOME, "front", client_id="front", scopes=frozenset({"progress"}))
STRANGER = Actor("system", TONGBAI, "front", client_id="front", scopes=frozenset({"progress"}))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is held back, but where that is what is tested."""
    monkeypatch.setattr(progress_room, "NO_AFTER", 0.0)


async def printed(county: County, number: str) -> str:
    """The code that the slip shows."""
    case = await county.parts.case_room.open(CLERK, number)
    return await county.parts.progress_room.code(CLERK, case)


async def told(county: County, number: str) -> dict[str, Any]:
    """What the applicant is told."""
    return await county.parts.progress_room.ask(FRONT, number, await printed(county, number))


async def receipted(county: County, number: str, outcome: str = "applied", **changes: Any) -> None:
    """枣阳 has it."""
    await county.relay()
    (sent,) = await county.outgoing(number)
    await county.hears(county.zaoyang.got(sent, outcome, **changes))


# the code


async def test_a_slip_that_is_printed_again_shows_the_same_code_and_the_first_print_is_noted(county: County) -> None:
    number = await county.file()
    first, again = await printed(county, number), await printed(county, number)
    assert first == again
    assert re.fullmatch(f"[{query_codes.LETTERS}]{{5}}-[{query_codes.LETTERS}]{{5}}", first)
    lines = [line for line in await queries.lines_of(number) if line["what"] == "query_code.made"]
    assert [(line["who"], line["detail"]) for line in lines] == [("person:421321:张三", {})]
    assert await queries.verify_all({number: (2, (await county.leg(number)).audit_hash)}) == []


async def test_the_code_is_kept_nowhere_and_another_index_key_gives_another(county: County) -> None:
    number = await county.file()
    code = query_codes.normal(await printed(county, number))
    row = await QueryCode.get(number=number)
    assert code.encode() not in bytes(row.salt)
    assert len(bytes(row.salt)) == query_codes.SALT_BYTES
    other = Sealer(b"s" * 32, b"i" * 32, "sm4-gcm")
    assert query_codes.of(county.parts.sealer, number, bytes(row.salt)) == code
    assert query_codes.of(other, number, bytes(row.salt)) != code


async def test_two_cases_have_two_codes_and_a_new_salt_ends_the_old_one(county: County) -> None:
    number, other = await county.file(), await county.file()
    code = await printed(county, number)
    assert code != await printed(county, other)
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(FRONT, other, code)
    await QueryCode.filter(number=number).delete()
    assert await printed(county, number) != code
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(FRONT, number, code)


def test_no_letter_of_a_code_is_taken_for_another() -> None:
    for group in ("0O", "0Q", "OQ", "1I", "1L", "IL", "2Z", "5S", "8B", "UV"):
        assert not set(group) <= set(query_codes.LETTERS), group
    assert not set("0O1IL2Z5S8BUV") & set(query_codes.LETTERS)
    assert len(query_codes.LETTERS) ** query_codes.LENGTH > 2**44


@given(
    st.text(alphabet=query_codes.LETTERS, min_size=10, max_size=10), st.sampled_from(["-", " ", "", "—", "  ", "－"])
)
def test_a_code_is_taken_as_people_type_it(code: str, gap: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for typed in (code, code.lower(), wide, f" {code[:5]}{gap}{code[5:]}\n"):
        assert query_codes.normal(typed) == code


# everybody else


async def test_an_unknown_number_and_a_wrong_code_get_the_same_answer_in_the_same_time(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_room, "NO_AFTER", 0.15)
    number, without = await county.file(), await county.file()
    await printed(county, number)
    room, spent = county.parts.progress_room, []
    for asked, code in (
        (number, "AAAAA-AAAAA"),
        ("421321202611249999999Z", "AAAAA-AAAAA"),
        (without, ""),
        ("", "x" * 40),
    ):
        begun = time.perf_counter()
        with pytest.raises(NotFound) as caught:
            await room.ask(FRONT, asked, code)
        spent.append(time.perf_counter() - begun)
        assert caught.type is NotFound
    assert min(spent) >= 0.149
    assert max(spent) - min(spent) < 0.1


async def test_a_case_without_a_printed_slip_answers_nobody(county: County) -> None:
    number = await county.file()
    for code in ("", "AAAAA-AAAAA", query_codes.of(county.parts.sealer, number, query_codes._NOBODY)):
        with pytest.raises(NotFound):
            await county.parts.progress_room.ask(FRONT, number, code)


async def test_another_countys_program_is_told_nothing(county: County) -> None:
    number = await county.file()
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(STRANGER, number, await printed(county, number))


async def test_the_handlers_reference_does_not_stand_for_the_number(county: County) -> None:
    number = await county.file()
    code = await printed(county, number)
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(FRONT, "ZY-1", code)


# where it stands


async def test_received_sent_and_receipted_are_three_words(county: County) -> None:
    number = await county.file()
    assert (await told(county, number))["state_text"] == "已收件"
    await county.relay()
    assert (await told(county, number))["state_text"] == "已转送"
    await receipted(county, number)
    found = await told(county, number)
    assert (found["state_text"], found["waits_for"]) == ("对方已接收", "等待枣阳市告知是否受理")
    assert [step["name"] for step in found["steps"] if step["done"]] == ["已收件", "已转送", "对方已接收"]
    assert found["clocks"] == [
        {
            "label": "告知是否受理的期限",
            "due": "2026-12-01",
            "working_days_left": 5,
            "state": "running",
            "provisional": False,
        }
    ]


async def test_a_later_message_of_ours_does_not_take_the_receipt_back(county: County) -> None:
    number = await county.file()
    await receipted(county, number)
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    assert (await told(county, number))["state_text"] == "对方已接收"


@pytest.mark.parametrize("outcome", ["parked", "held", "conflict"])
async def test_what_the_handler_could_not_take_is_not_called_received(county: County, outcome: str) -> None:
    number = await county.file()
    await receipted(county, number, outcome, reason="张三的申请读不出来")
    found = await told(county, number)
    assert (found["state_text"], found["waits_for"]) == ("已转送", "窗口正在与枣阳市核对，您不必做什么")


async def test_acceptance_decision_and_hand_over_come_in_their_own_words(county: County) -> None:
    number = await county.file()
    await county.relay()
    say, now = county.zaoyang.says, county.clock
    await county.hears(say("application.accepted", number, accepted(now())))
    found = await told(county, number)
    assert (found["state_text"], found["waits_for"]) == ("已受理", "枣阳市正在办理")
    assert ("承诺办结的期限", "2026-12-08") in [(clock["label"], clock["due"]) for clock in found["clocks"]]
    assert [step["done"] for step in found["steps"]] == [True, True, True, True, False, False]
    await county.hears(say("application.decided", number, decided(now())))
    found = await told(county, number)
    assert (found["state_text"], found["clocks"]) == ("已办结·准予", [])
    await county.parts.case_room.hand_over(
        CLERK, number, {"method": "window", "to": "张三", "at": "2026-11-24T09:30:00+08:00"}
    )
    found = await told(county, number)
    assert found["state_text"] == "已办结·准予，已送达申请人"
    assert all(step["done"] for step in found["steps"])


async def test_for_a_supplement_it_says_what_to_bring_in_general_words(county: County) -> None:
    number = await county.file()
    case = await county.parts.case_room.open(CLERK, number)
    assert case.matter is not None
    known = case.matter.materials[0].name
    items = [
        {"material": known, "problem": "张三的照片不清", "wanted": "重拍"},
        {"material": "张三的离婚证", "problem": "缺", "wanted": "补"},
        {"material": "居民户口簿", "problem": "缺", "wanted": "补"},
        {"pointer": "/answers/purpose", "problem": "写的是贷款", "wanted": "写明用途"},
    ]
    await county.hears(county.zaoyang.says("supplement.requested", number, asking() | {"items": items}))
    found = await told(county, number)
    assert (found["state_text"], found["waits_for"]) == ("待补正", "等待您补正，请看下面要带的东西")
    assert found["supplement"]["due_by"] == "2026-12-15"
    bring = found["supplement"]["bring"]
    assert bring[:3] == [f"材料：{known}", "一份材料（请向窗口查询是哪一份）", "材料：居民户口簿"]
    assert re.fullmatch("申请表中的“.+”", bring[3])
    assert [clock["label"] for clock in found["clocks"]] == ["补正的截止日"]


async def test_our_own_mending_asks_nothing_of_the_applicant(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("supplement.requested", number, asking(to="window")))
    found = await told(county, number)
    assert (found["state_text"], found["supplement"]) == ("退回窗口更正", None)


@pytest.mark.parametrize(
    ("type_", "data", "text"),
    [
        ("application.declined", {"reason": "other", "text": "张三不符合", "legal_basis": "条例"}, "不予受理"),
        ("application.decided", {"outcome": "refused", "text": "张三不符合", "legal_basis": "条例", "remedy": "可复议"}, "已办结·不予"),
        ("application.decided", {"outcome": "terminated", "text": "张三死亡"}, "已办结·终止"),
    ],
)  # fmt: skip
async def test_how_it_ended_is_said_without_the_reason(
    county: County, type_: str, data: dict[str, Any], text: str
) -> None:
    number = await county.file()
    full = decided(county.clock(), certificates=[]) | data if type_ == "application.decided" else data
    await county.hears(county.zaoyang.says(type_, number, full))
    found = await told(county, number)
    assert found["state_text"] == text
    assert "张三" not in json.dumps(found, ensure_ascii=False)


async def test_a_special_procedure_stops_the_clock_and_an_overdue_one_says_so(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    procedure = {"kind": "hearing", "from": "2026-11-24", "until": "2026-12-03", "basis": "行政许可法"}
    await county.hears(county.zaoyang.says("procedure.suspended", number, procedure))
    found = await told(county, number)
    assert (found["state_text"], found["waits_for"]) == (
        "特别程序中",
        "枣阳市正在进行听证，期间不计入办理时限",
    )
    assert {clock["state"] for clock in found["clocks"]} == {"stopped"}
    other = await county.file()
    county.clock.at += timedelta(days=30)
    clocks = (await told(county, other))["clocks"]
    assert [(clock["state"], clock["working_days_left"]) for clock in clocks] == [("overdue", None)]


async def test_no_personal_value_and_no_word_of_the_handler_is_ever_told(county: County) -> None:
    """Every value that somebody typed, in every state that a case goes through."""
    number = await county.file()
    typed = {text for text in _texts(answers()) if len(text) > 3} | {"13000000001", "421321200001019998", "张三"}
    typed -= {HOME, ZAOYANG, "002014006001"}
    said: list[str] = [json.dumps(await told(county, number), ensure_ascii=False)]
    for type_, data in (
        ("supplement.requested", asking()),
        ("application.accepted", accepted(county.clock())),
        ("note.sent", note("张三请来")),
        ("application.decided", decided(county.clock())),
    ):
        await county.hears(county.zaoyang.says(type_, number, data))
        said.append(json.dumps(await told(county, number), ensure_ascii=False))
    for text in said:
        assert [value for value in typed if value in text and value not in ("居民身份证",)] == []
        assert "ZY-1" not in text
        assert "用途不明确" not in text


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


async def test_a_case_that_came_from_another_county_is_not_ours_to_tell(county: County) -> None:
    number = await county.inbound()
    salt, _ = await county.tx(lambda connection: query_codes.made(connection, number, county.clock()))
    with pytest.raises(NotFound):
        await county.parts.progress_room.ask(FRONT, number, query_codes.of(county.parts.sealer, number, salt))
