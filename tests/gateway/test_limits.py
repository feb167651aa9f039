"""Limits that are counted anew, lengthened, and the ladder of alarms that they climb."""

import json
from datetime import date
from pathlib import Path

import pytest

from gateway.applications import recount
from gateway.applications.errors import WrongState
from gateway.applications.tables import Leg
from gateway.coordination import working_days
from gateway.coordination.working_days import WorkingDays
from matters_map import calendar_years
from messaging.unit_of_work import run_tx
from tests.county import CLERK, COORDINATOR, JINGSHAN, OFFICER, County, accepted, asking, decided, plain_answers
from tests.rules.test_calendar_years import year

FILE = Path(__file__).resolve().parents[1] / "data" / "deadline_cases.json"
CASES = {one["id"]: one for group in json.loads(FILE.read_text(encoding="utf-8")).values() if isinstance(group, list) for one in group}  # fmt: skip
LICENCE = "jingshan.000123006002"  # 行政许可, twenty working days by law


async def licence(county: County) -> str:
    return await county.file(matter=LICENCE, answers=plain_answers(JINGSHAN, matterCode="000123006002"))


async def clock(county: County, number: str, kind: str) -> tuple[str, bool, str]:
    """Last day, provisional, state of the last clock of a kind."""
    shown = await county.parts.case_room.view(CLERK, number)
    found = [one for one in shown["clocks"] if one["kind"] == kind][-1]
    return found["due"], found["provisional"], found["state"]


async def load(county: County, content: bytes) -> None:
    """As the command does, in another process: the house hears of it by itself."""
    checked = await WorkingDays(county.parts.connection, county.clock).check(content)
    await run_tx(lambda tx: working_days.put(tx, checked, "命令行", "system:command line", county.clock()))
    await county.worker._lists()


async def types(county: County, number: str) -> list[str]:
    page = await county.parts.case_room.events(CLERK, number)
    return [item["type"] for item in page["items"]]


# counted anew


async def test_a_provisional_limit_is_counted_anew_when_the_year_is_loaded(county: County) -> None:
    county.clock.day("2026-12-29")
    number = await licence(county)
    before = await clock(county, number, "reply")
    assert before == ("2027-01-06", True, "running")
    days_off = {f"d010{day}": "0" for day in (1, 4, 5)}
    await load(county, year(2027, **days_off))
    await county.worker._recount()
    assert await clock(county, number, "reply") == ("2027-01-08", False, "running")
    assert (await county.leg(number)).next_due == date(2027, 1, 8)
    (told,) = [
        item["text"]
        for item in (await county.parts.case_room.events(CLERK, number))["items"]
        if item["type"] == "clock.recounted"
    ]
    assert told == "工作日历已更新，答复时限由 2027-01-06 改为 2027-01-08"


async def test_what_ended_is_not_counted_anew_and_nothing_is_told_twice(county: County) -> None:
    county.clock.day("2026-12-29")
    answered, waiting = await licence(county), await licence(county)
    word = accepted(county.clock(), promised_by="2027-01-20")
    await county.hears(county.jingshan.says("application.accepted", answered, word), partner=JINGSHAN)
    await load(county, year(2027))
    for _ in range(2):
        await county.worker._recount()
    assert await clock(county, answered, "reply") == ("2027-01-06", True, "met")
    assert (await types(county, answered)).count("clock.recounted") == 1, "the law's limit, which runs"
    assert (await types(county, waiting)).count("clock.recounted") == 1
    assert await clock(county, answered, "promised") == ("2027-01-20", False, "running"), "a date that was told stands"


async def test_a_limit_with_a_procedure_in_it_keeps_the_procedure_when_it_is_counted_anew(county: County) -> None:
    county.clock.day("2026-12-15")
    number = await county.inbound(
        matter={"name": "事项", "origin_code": "001018010001", "handler_code": "001018010001"}
    )
    room = county.parts.case_room
    await room.accept(OFFICER, number, {})
    law = await clock(county, number, "statutory")
    county.clock.day("2026-12-21")
    procedure = {"kind": "hearing", "from": "2026-12-21", "until": "2026-12-25", "basis": "行政许可法第四十五条"}
    await room.suspend(OFFICER, number, procedure)
    county.clock.day("2026-12-25")
    await room.resume(OFFICER, number, {})
    moved = await clock(county, number, "statutory")
    await load(county, year(2027))
    await county.worker._recount()
    counted = await clock(county, number, "statutory")
    assert (law[0], moved) == ("2027-01-13", ("2027-01-20", True, "running"))
    assert counted == ("2027-01-19", False, "running"), "2027-01-01 is a Friday that this file calls a working day"


async def test_at_the_start_of_the_loops_everything_is_counted_once(county: County, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    await licence(county)
    looked: list[int] = []
    ticking = recount.ticking_legs

    async def watched(after: int = 0) -> list[Leg]:
        looked.append(after)
        return list(await ticking(after))

    monkeypatch.setattr(recount, "ticking_legs", watched)
    await county.worker._recount()
    await county.worker._recount()
    assert looked[0] == 0
    assert looked.count(0) == 1


# lengthened


async def test_an_extension_takes_the_limit_of_the_law_with_it(county: County) -> None:
    """T14 of the cases: twenty working days and ten more are thirty."""
    case = CASES["T14"]
    county.clock.day(case["start"])
    number = await county.inbound(
        matter={"name": "事项", "origin_code": "001018010001", "handler_code": "001018010001"}
    )
    room = county.parts.case_room
    await room.accept(OFFICER, number, {})
    await Leg.filter(number=number).update(
        clocks=[
            {"kind": "promised", "start": case["start"], "due": "2026-03-30", "working_days": None, "state": "running"},
            {"kind": "statutory", "start": case["start"], "due": "2026-03-30", "working_days": 20, "state": "running"},
        ]
    )
    await room.extend_limit(OFFICER, number, {"working_days": 10, "reason": "案情复杂", "approved_by": "王局长"})
    assert await clock(county, number, "promised") == (case["expect"]["due"], False, "running")
    assert await clock(county, number, "statutory") == (case["expect"]["due"], False, "running")


async def test_an_extension_of_the_promise_inside_the_limit_of_the_law_leaves_the_law_alone(county: County) -> None:
    number = await county.inbound(
        matter={"name": "事项", "origin_code": "001018010001", "handler_code": "001018010001"}
    )
    room = county.parts.case_room
    await room.accept(OFFICER, number, {"promised_by": "2026-11-27"})
    law = await clock(county, number, "statutory")
    await room.extend_limit(OFFICER, number, {"working_days": 2, "reason": "案情复杂", "approved_by": "王局长"})
    assert (await clock(county, number, "promised"))[0] == "2026-12-01"
    assert await clock(county, number, "statutory") == law


async def test_a_second_extension_is_refused_here_and_marked_when_it_comes(county: County) -> None:
    number = await county.inbound()
    room, body = county.parts.case_room, {"working_days": 3, "reason": "案情复杂", "approved_by": "王局长"}
    await room.accept(OFFICER, number, {"promised_by": "2026-12-01"})
    await room.extend_limit(OFFICER, number, body)
    with pytest.raises(WrongState, match="SECOND_EXTENSION"):
        await room.extend_limit(OFFICER, number, body)
    ours = await county.file()
    says = county.zaoyang.says
    word = {"reason": "案情复杂", "approved_by": "王局长", "working_days": 5}
    await county.hears(says("application.accepted", ours, accepted(county.clock(), promised_by="2026-12-01")))
    await county.hears(says("limit.extended", ours, word | {"promised_by": "2026-12-08"}))
    assert (await county.leg(ours)).irregular is None
    await county.hears(says("limit.extended", ours, word | {"promised_by": "2026-12-15"}))
    assert (await county.leg(ours)).irregular == "再次延期（法定只可延长一次）"
    assert (await clock(county, ours, "promised"))[0] == "2026-12-15"


async def test_the_applicant_is_to_have_the_result_within_ten_working_days(county: County) -> None:
    case = CASES["S05"]
    county.clock.day(case["decided"])
    number = await licence(county)
    await county.hears(county.jingshan.says("application.decided", number, decided(county.clock())), partner=JINGSHAN)
    assert await clock(county, number, "transit") == (case["delivery_due"], False, "running")
    county.clock.day("2026-10-13")
    assert await clock(county, number, "transit") == (case["delivery_due"], False, "overdue")
    await county.parts.case_room.hand_over(CLERK, number, {"method": "window", "to": "张三"})
    assert (await clock(county, number, "transit"))[2] == "overdue"


# the ladder


async def test_a_limit_climbs_the_ladder_once_for_each_step_and_the_other_side_is_urged_at_last(county: County) -> None:
    number = await county.file()  # answered by 2026-12-01
    seen = []
    for day in ("2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03"):
        county.clock.day(day)
        for _ in range(2):
            await county.worker._alarms()
        seen.append((await county.leg(number)).alarm)
    assert seen == [0, 1, 2, 2, 4, 4]
    texts = [
        item["text"]
        for item in (await county.parts.case_room.events(CLERK, number))["items"]
        if item["type"] == "clock.alarm"
    ]
    assert texts == [
        "答复时限临近（2026-12-01）",
        "答复时限即将到期（2026-12-01），转清单协调员督办",
        "答复时限已超期（2026-12-01），已提醒对方",
    ]
    urged = [row for row in await county.outgoing(number) if row.type == "application.urged"]
    assert len(urged) == 1
    assert "2026-12-01" in (await county.said(urged[0])).data["text"]


async def test_what_is_red_stands_in_the_coordinators_view_until_it_is_answered(county: County) -> None:
    number = await county.file()
    county.clock.day("2026-11-30")
    await county.worker._alarms()
    room = county.parts.case_room
    assert (await room.counts(COORDINATOR))["escalated"] == 1
    (row,) = (await room.listing(COORDINATOR, view="escalated"))["items"]
    assert row["number"] == number
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    leg = await county.leg(number)
    assert (leg.alarm, leg.alarm_for) == (0, None)
    assert (await room.counts(COORDINATOR))["escalated"] == 0


async def test_the_next_limit_begins_at_the_foot_of_the_ladder(county: County) -> None:
    number = await county.file()
    county.clock.day("2026-11-30")
    await county.worker._alarms()
    await county.hears(county.zaoyang.says("supplement.requested", number, asking(None, due_by="2026-12-20")))
    await county.worker._alarms()
    assert (await county.leg(number)).alarm == 0
    county.clock.day("2026-12-18")
    await county.worker._alarms()
    assert (await county.leg(number)).alarm == 2
    assert not [row for row in await county.outgoing(number) if row.type == "application.urged"]


async def test_a_limit_no_longer_than_a_step_does_not_alarm_on_the_day_it_begins(county: County) -> None:
    number = await county.file()
    word = accepted(county.clock(), promised_by="2026-11-24")
    await county.hears(county.zaoyang.says("application.accepted", number, word))
    await county.worker._alarms()
    assert (await county.leg(number)).alarm == 0
    county.clock.day("2026-11-25")
    await county.worker._alarms()
    assert (await county.leg(number)).alarm == 4


async def test_a_provisional_day_urges_nobody(county: County) -> None:
    county.clock.day("2026-12-29")
    number = await licence(county)
    county.clock.day("2027-01-12")
    await county.worker._alarms()
    assert (await county.leg(number)).alarm == 4
    assert not [row for row in await county.outgoing(number, JINGSHAN) if row.type == "application.urged"]
    (told,) = [
        item["text"]
        for item in (await county.parts.case_room.events(CLERK, number))["items"]
        if item["type"] == "clock.alarm"
    ]
    assert told == "答复时限已超期（2027-01-06）"


def test_years_of_the_test_file_are_whole() -> None:
    assert calendar_years.read(year(2027))[0].working == 261
