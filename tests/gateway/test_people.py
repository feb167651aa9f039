"""People at the window: absence, phrases, the day's ledger, the shift's hand-over, grades, numbers elsewhere, fees."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.applications.clocks import local_day
from gateway.applications.errors import Forbidden, Invalid, NotFound, WrongState
from gateway.applications.tables import Application
from gateway.audit import queries as audit
from gateway.auth.passwords import Passwords
from gateway.auth.tables import User
from gateway.auth.users import Person, Users
from gateway.coordination.absences import Absences
from gateway.coordination.errors import Refused
from gateway.web import daily_shown
from tests.county import (
    AUDITOR,
    CLERK,
    COORDINATOR,
    HOME,
    OFFICER,
    OPERATORS,
    OTHER_CLERK,
    TONGBAI,
    ZAOYANG,
    County,
    accepted,
    asking,
    decided,
    note,
    plain_answers,
)  # fmt: skip
from tests.gateway.conftest import QUICK

PEOPLE = {"zhangsan": "张三", "qianqi": "钱七"}


@pytest.fixture
async def absences(county: County) -> Absences:
    users = Users(Passwords(QUICK), county.clock)
    for actor in (CLERK, OTHER_CLERK, OFFICER):
        person = Person(str(actor.username), actor.name, str(actor.role), HOME, window=actor.window)
        await users.add(person, "correct-horse-battery")
    return Absences(HOME, county.clock)


async def test_what_an_absent_clerk_looks_after_is_shown_taken_over_and_given_away(
    county: County, absences: Absences
) -> None:
    room, today = county.parts.case_room, local_day(county.clock())
    first, second = await county.file(), await county.file()
    with pytest.raises(WrongState, match="张三"):
        await room.take(OTHER_CLERK, first)
    assert (await room.counts(COORDINATOR))["absent"] == 0
    await absences.set(CLERK, "zhangsan", today + timedelta(days=2))
    assert (await room.counts(COORDINATOR))["absent"] == 2
    assert {row["number"] for row in (await room.listing(OTHER_CLERK, view="absent"))["items"]} == {first, second}
    assert list(await absences.here("clerk")) == ["qianqi"]
    await room.take(OTHER_CLERK, first)
    assert (await room.events(CLERK, first))["items"][-1]["text"] == "钱七接手（张三不在岗）"
    await room.assign(COORDINATOR, second, {"to": "qianqi", "reason": "张三休假"}, await absences.here("clerk"))
    assert (await county.leg(second)).owner == "qianqi"
    assert len((await room.listing(COORDINATOR, owner="qianqi"))["items"]) == 2
    with pytest.raises(Forbidden):
        await room.assign(OTHER_CLERK, second, {"to": "zhangsan", "reason": "还给他"}, PEOPLE)
    county.clock.move(days=3)
    assert await absences.until(CLERK) is None, "back by itself when the day is over"
    lines = [line["what"] for line in await audit.lines_of("house")]
    assert lines.count("absence.set") == 1


async def test_absence_is_ones_own_to_say_or_the_coordinators(county: County, absences: Absences) -> None:
    today = local_day(county.clock())
    with pytest.raises(Refused, match="清单协调员"):
        await absences.set(CLERK, "qianqi", today)
    for day in (today - timedelta(days=1), today + timedelta(days=400)):
        with pytest.raises(Refused, match="日期"):
            await absences.set(CLERK, "zhangsan", day)
    with pytest.raises(Refused, match="没有这个人"):
        await absences.set(COORDINATOR, "nobody", today)
    await absences.set(COORDINATOR, "qianqi", today)
    assert [one.username for one in await absences.people() if one.away] == ["qianqi"]
    await absences.set(COORDINATOR, "qianqi", None)
    await User.filter(username="qianqi").update(disabled=True)
    assert [one.username for one in await absences.people() if one.away] == ["qianqi"], "who left counts as away"


async def test_phrases_are_ones_own_or_the_windows_and_hold_nobodys_number(county: County) -> None:
    phrases, neighbour = county.parts.phrases, replace(OTHER_CLERK, window="1号窗口")
    await phrases.keep(CLERK, "note", "  请查收\n附件 ", shared=False)
    await phrases.keep(CLERK, "contact", "请带身份证原件来窗口", shared=True)
    assert [(one.text, one.shared) for one in await phrases.all(CLERK)] == [
        ("请查收 附件", False),
        ("请带身份证原件来窗口", True),
    ]
    assert [one.text for one in await phrases.all(neighbour)] == ["请带身份证原件来窗口"]
    assert await phrases.all(OTHER_CLERK) == []
    assert await phrases.all(CLERK, "supplement") == []
    for text in ("电话 13000000001", "421321200001019998", "", "话" * 501):
        with pytest.raises(Invalid):
            await phrases.keep(CLERK, "note", text, shared=False)
    own, shared = await phrases.all(CLERK)
    with pytest.raises(NotFound):
        await phrases.drop(neighbour, own.id)
    await phrases.drop(neighbour, shared.id)
    assert [one.id for one in await phrases.all(CLERK)] == [own.id]
    with pytest.raises(Forbidden):
        await phrases.all(AUDITOR)


async def test_the_ledger_counts_a_day_by_kind_and_window_without_anybodys_name(county: County) -> None:
    number, other = await county.file(), await county.file(OTHER_CLERK)
    (letter,) = await county.outgoing(number)
    await county.relay()
    await county.hears(county.zaoyang.got(letter))
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    await county.parts.case_room.hand_over(CLERK, number, {"method": "window", "to": "李四测试"})
    await county.parts.case_room.note_vertical(CLERK, number, {"system": "人社", "number": "RS-1"})
    ledger, today = county.parts.ledger, local_day(county.clock())
    day = await ledger.of_day(CLERK, today)
    assert day.totals == {"received": 2, "sent": 1, "answered": 2, "handed_over": 1}
    assert (day.cases, day.more) == (2, False)
    assert {line.vertical for line in day.lines if line.number == number} == {"人社 RS-1"}
    assert "李四测试" not in repr(day)
    county.clock.day("2026-11-25", hour=1)
    late = await county.file()
    assert [line.number for line in (await ledger.of_day(CLERK, local_day(county.clock()))).lines] == [late], (
        "before eight"
    )
    own = await ledger.of_day(OTHER_CLERK, today, "2号窗口")
    assert [(line.number, line.kind) for line in own.lines] == [(other, "received")]
    assert (await ledger.of_day(COORDINATOR, today - timedelta(days=1))).lines == []
    with pytest.raises(Forbidden):
        await ledger.of_day(OPERATORS[TONGBAI], today)
    await ledger.exported(CLERK, day)
    assert (await audit.lines_of("house"))[-1]["what"] == "ledger.exported"


def test_no_cell_of_an_export_is_a_formula() -> None:
    for text in ("=1+1", "+1", "-1", "@x", "\tx", "\rx"):
        assert daily_shown.cell(text) == "'" + text
    assert daily_shown.cell("收件") == "收件"
    assert daily_shown.day("no", date(2026, 11, 24)) == date(2026, 11, 24)


async def test_a_shift_is_handed_on_as_it_stood_and_confirmed_once_by_somebody_else(county: County) -> None:
    number = await county.file()
    await county.file(OTHER_CLERK)
    await county.hears(county.zaoyang.says("supplement.requested", number, asking(None)))
    shifts, taker = county.parts.shifts, replace(OTHER_CLERK, window="1号窗口")
    now = await shifts.standing_now(CLERK)
    assert (now["open"], [row["number"] for row in now["unreached"]]) == (1, [number])
    given = await shifts.give(CLERK, "上午已打过一次电话")
    await county.parts.case_room.log_contact(CLERK, number, {"way": "phone", "reached": True})
    kept = await shifts.one(taker, given)
    assert (kept.note, [row["number"] for row in kept.lists["unreached"]]) == ("上午已打过一次电话", [number])
    assert (await shifts.standing_now(CLERK))["unreached"] == []
    with pytest.raises(WrongState, match="自己接班"):
        await shifts.take(CLERK, given)
    with pytest.raises(NotFound):
        await shifts.take(OTHER_CLERK, given)
    await shifts.take(taker, given)
    with pytest.raises(WrongState, match="已经有人"):
        await shifts.take(replace(taker, username="third"), given)
    assert [(one.id, one.taken_name) for one in await shifts.recent(taker)] == [(given, "钱七")]
    assert [line["what"] for line in await audit.lines_of("house")][-2:] == ["shift.given", "shift.taken"]
    with pytest.raises(Invalid):
        await shifts.give(CLERK, "话" * 1001)
    assert await shifts.purge() == 0
    county.clock.move(days=200)
    assert (await shifts.purge(), await shifts.recent(taker)) == (1, [])
    with pytest.raises(Forbidden):
        await shifts.recent(OFFICER)


async def test_grades_reach_supervisors_and_nobody_who_was_rated(county: County) -> None:
    room, number = county.parts.case_room, await county.file()
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    await room.rate(CLERK, number, {"window": 5, "handler": 1, "text": "等了太久，联系 13000000001"})
    inbound = await county.inbound()
    await room.decide(OFFICER, inbound, {"outcome": "granted"})
    await county.hears(county.zaoyang.says("application.rated", inbound, {"handler": 4}))
    assert (await Application.get(number=inbound)).rated_handler == 4
    ratings = county.parts.ratings
    assert [(row.name, list(row.grades)) for row in await ratings.windows(AUDITOR, 30)] == [
        ("1号窗口", [1, 0, 0, 0, 0])
    ]
    assert {row.name: (list(row.grades), row.good) for row in await ratings.handlers(AUDITOR, 30)} == {
        "枣阳市": ([0, 0, 0, 0, 1], "0.0%"),
        "随县": ([0, 1, 0, 0, 0], "100.0%"),
    }
    (low,) = await ratings.low(COORDINATOR, 30)
    assert (low.number, low.window, low.handler, low.text) == (number, 5, 1, "等了太久，联系 ……")
    assert [one.text for one in await ratings.low(AUDITOR, 30)] == [""]
    for actor in (CLERK, OFFICER):
        with pytest.raises(Forbidden):
            await ratings.windows(actor, 30)
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.type, said.data) == ("application.rated", {"handler": 1})


async def test_the_number_of_another_system_is_kept_found_and_private(county: County) -> None:
    document = plain_answers(TONGBAI, matterCode="000511009001")
    number = await county.file(matter="tongbai.000511009001", answers=document)
    room, operator = county.parts.case_room, OPERATORS[TONGBAI]
    before = len(await county.outgoing(number, TONGBAI))
    await room.note_vertical(CLERK, number, {"system": "公安", "number": "GA-2026-7"})
    assert (await room.view(CLERK, number))["vertical"] == {"system": "公安", "number": "GA-2026-7"}
    assert [row["number"] for row in (await room.listing(CLERK, q="GA-2026-7"))["items"]] == [number]
    assert len(await county.outgoing(number, TONGBAI)) == before
    assert [one["type"] for one in (await room.events(operator, number))["items"]] == ["application.submitted"]
    for body in (
        {"system": "公安"},
        {"number": "1"},
        {"system": "公安", "number": "a b"},
        {"system": "字" * 17, "number": "1"},
    ):
        with pytest.raises(Invalid):
            await room.note_vertical(CLERK, number, body)
    await room.note_vertical(CLERK, number, {"system": "", "number": ""})
    assert (await room.view(CLERK, number))["vertical"] is None
    with pytest.raises(Forbidden):
        await room.note_vertical(operator, number, {"system": "公安", "number": "1"})


async def test_a_result_that_nobody_fetches_is_reminded_of(county: County) -> None:
    number = await county.file()
    await county.hears(county.zaoyang.says("application.decided", number, decided(county.clock())))
    room = county.parts.case_room
    assert (await room.counts(CLERK))["uncollected"] == 0
    county.clock.move(days=16)
    assert (await room.counts(CLERK))["uncollected"] == 1
    shown = await room.view(CLERK, number)
    assert shown["with"]["text"].startswith("结果已到 16 天")
    assert "再次联系" in shown["next_step"]


async def test_the_handlers_fee_notice_is_shown_and_the_voucher_becomes_a_material(county: County) -> None:
    number, room = await county.file(), county.parts.case_room
    await county.hears(county.zaoyang.says("note.sent", number, note("缴费通知：工本费 10 元，11 月 30 日前缴纳")))
    case = await room.open(CLERK, number)
    assert case.said["fee"]["notice"]["text"] == "工本费 10 元，11 月 30 日前缴纳"
    with pytest.raises(Invalid):
        await room.tell_of_fee(CLERK, number, {"text": "票据 1 号", "attachments": []})
    scan = await county.put()
    await room.tell_of_fee(CLERK, number, {"text": "票据 1 号", "attachments": [{"sha256": scan}]})
    last = (await room.view(CLERK, number))["materials"][-1]
    assert (last["name"], last["source"], last["attachment"]["sha256"]) == ("缴费凭证 票据 1 号", "缴费凭证", scan)
    said = await county.said((await county.outgoing(number))[-1])
    assert (said.type, said.data["text"]) == ("note.sent", "缴费凭证：票据 1 号")
    inbound = await county.inbound()
    await room.tell_of_fee(OFFICER, inbound, {"text": "工本费 10 元", "attachments": []})
    said = await county.said((await county.outgoing(inbound))[-1])
    assert said.data["text"] == "缴费通知：工本费 10 元"
    assert (await room.open(OFFICER, inbound)).said["fee"]["notice"]["text"] == "工本费 10 元"


async def test_an_agents_authority_has_to_be_among_the_materials(county: County) -> None:
    agent = {
        "name": "王代办", "idNumber": "421321200001019998", "mobile": "13000000002", "relation": "亲属", "authorization": "M09",
    }  # fmt: skip
    document = plain_answers(ZAOYANG, byAgent=True, agent=agent)
    checked = await county.parts.case_room.check(CLERK, {"matter": "zaoyang.002036004001", "answers": document})
    assert "/answers/agent/authorization" in {one["pointer"] for one in checked["warnings"]}
