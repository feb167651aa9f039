"""The clocks of a case, against the law's scenarios: silence, one notice, special procedures, and years to come."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.applications import lifecycle, silence
from gateway.applications.errors import WrongState
from gateway.audit.tables import AuditLine
from matters_map.tables import CalendarDay
from tests.county import (
    CLERK,
    JINGSHAN,
    OFFICER,
    TONGBAI,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    decided,
    plain_answers,
)

FILE = Path(__file__).resolve().parents[1] / "data" / "deadline_cases.json"
SCENARIOS = {one["id"]: one for one in json.loads(FILE.read_text(encoding="utf-8"))["scenarios"]}
LICENCE = "jingshan.000123006002"  # 行政许可, twenty working days by law
FIFTEEN = "000511009001"  # a line of 枣阳's list with fifteen promised days


async def licence(county: County) -> str:
    return await county.file(matter=LICENCE, answers=plain_answers(JINGSHAN, matterCode="000123006002"))


async def clocks(county: County, number: str) -> dict[str, tuple[str, str, str]]:
    """Start, due day and state by kind, the last of each kind, as shown today."""
    shown = await county.parts.case_room.view(CLERK, number)
    return {clock["kind"]: (clock["start"], clock["due"], clock["state"]) for clock in shown["clocks"]}


async def inbound_of(county: County, code: str) -> str:
    matter = {"name": "事项", "origin_code": code, "handler_code": code}
    return await county.inbound(matter=matter)


# the first scenario: silence


async def test_five_silent_working_days_count_as_accepted_from_the_day_of_receipt(county: County) -> None:
    scenario = SCENARIOS["S01"]
    county.clock.day(scenario["received"])
    number = await licence(county)
    assert (await clocks(county, number))["reply"] == (scenario["received"], scenario["notice_deadline"], "running")
    await county.relay()
    (row,) = await county.outgoing(number, JINGSHAN)
    await county.hears(county.jingshan.got(row), partner=JINGSHAN)
    county.clock.day(scenario["notice_deadline"], hour=23)
    await county.mark_silence()
    assert (await county.leg(number)).deemed_accepted_on is None
    county.clock.day(scenario["deemed_known_from"], hour=0)
    await county.mark_silence()
    shown = await county.parts.case_room.view(CLERK, number)
    assert (shown["deemed_accepted_on"], shown["state"]) == (scenario["deemed_accepted_on"], "SUBMITTED")
    assert (await clocks(county, number))["statutory"] == (scenario["received"], scenario["decision_due"], "running")
    line = await AuditLine.filter(chain=number).order_by("-sequence").first()
    assert line is not None
    assert line.what == "clock.deemed_accepted"


async def test_it_is_marked_once(county: County) -> None:
    number = await licence(county)
    county.clock.day("2026-12-02")
    for _ in range(3):
        await county.mark_silence()
    page = await county.parts.case_room.events(CLERK, number)
    assert [item["type"] for item in page["items"]].count("clock.deemed_accepted") == 1


async def test_silence_on_what_is_no_licence_is_only_late(county: County) -> None:
    number = await county.file()
    county.clock.day("2026-12-02")
    await county.mark_silence()
    leg = await county.leg(number)
    assert (leg.deemed_accepted_on, leg.silent_since) == (None, date(2026, 12, 1))
    shown = await county.parts.case_room.view(CLERK, number)
    assert (shown["deemed_accepted_on"], shown["state"]) == (None, "SUBMITTED")
    assert (await county.parts.case_room.counts(CLERK))["silent"] == 1


async def test_while_the_link_is_down_the_mark_says_that_it_is_provisional(county: County) -> None:
    down, up = await county.file(), await county.file()
    await county.relay()
    (row,) = await county.outgoing(up)
    await county.hears(county.zaoyang.got(row))
    county.clock.day("2026-12-02")
    await county.mark_silence()
    said = {}
    for number in (down, up):
        page = await county.parts.case_room.events(CLERK, number)
        said[number] = page["items"][-1]["text"]
    assert "暂记" in said[down]
    assert "暂记" not in said[up]


async def test_a_word_that_was_said_in_time_and_comes_late_clears_the_alarm(county: County) -> None:
    for make, neighbour, code in ((licence, county.jingshan, JINGSHAN), (_plain_case, county.zaoyang, ZAOYANG)):
        number = await make(county)
        county.clock.day("2026-11-30")
        in_time = neighbour.says("supplement.requested", number, asking(None, due_by="2026-12-20"))
        county.clock.day("2026-12-03")
        await county.mark_silence()
        assert (await county.parts.case_room.counts(CLERK))["silent"] == 1
        await county.hears(in_time, partner=code)
        leg = await county.leg(number)
        assert (leg.state, leg.deemed_accepted_on, leg.silent_since) == ("SUPPLEMENT", None, None)
        assert (await clocks(county, number))["reply"][2] == "met"
        county.clock.day("2026-11-24")


async def _plain_case(county: County) -> str:
    return await county.file()


async def test_a_notice_that_was_said_too_late_does_not_undo_what_the_law_made_of_the_silence(county: County) -> None:
    number = await licence(county)
    county.clock.day("2026-12-02")
    await county.mark_silence()
    await county.hears(county.jingshan.says("supplement.requested", number, asking(None)), partner=JINGSHAN)
    leg = await county.leg(number)
    assert (leg.state, leg.deemed_accepted_on) == ("SUPPLEMENT", date(2026, 11, 24))


async def test_a_case_that_was_returned_to_the_window_is_still_owed_its_answer(county: County) -> None:
    """退回窗口更正 tells the applicant nothing: the five days go on, and what the law makes of them is marked."""
    number, told = await licence(county), await licence(county)
    says = county.jingshan.says
    await county.hears(says("supplement.requested", number, asking(None, to="window")), partner=JINGSHAN)
    await county.hears(says("supplement.requested", told, asking(None)), partner=JINGSHAN)
    county.clock.day("2026-12-02")
    await county.mark_silence()
    assert (await county.leg(number)).deemed_accepted_on == date(2026, 11, 24)
    assert (await county.leg(told)).deemed_accepted_on is None


async def test_a_late_acceptance_stands_and_ends_the_alarm(county: County) -> None:
    number = await licence(county)
    county.clock.day("2026-12-04")
    await county.mark_silence()
    await county.hears(county.jingshan.says("application.accepted", number, accepted(county.clock())), partner=JINGSHAN)
    assert (await county.leg(number)).state == "ACCEPTED"
    shown = await clocks(county, number)
    assert shown["reply"][2] == "overdue"
    assert shown["statutory"][0] == "2026-12-04"
    assert (await county.parts.case_room.counts(CLERK))["silent"] == 0


async def test_many_cases_that_cannot_be_marked_do_not_hide_one_that_can(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their limit runs into a year whose calendar is not here."""
    await CalendarDay.filter(date__gte="2026-12-01").delete()
    await county.parts.reload_lists()
    provisional = [await county.file() for _ in range(5)]
    county.clock.day("2026-11-20")
    number = await county.file()
    county.clock.day("2026-12-10")
    legs = silence.silent_legs
    monkeypatch.setattr(silence, "silent_legs", lambda now, after=0: legs(now, after, 2))
    await county.mark_silence()
    assert {(await county.leg(one)).silent_since for one in provisional} == {None}
    assert (await county.leg(number)).silent_since == date(2026, 11, 27)


# S02: one notice in time, the acceptance counts from the day on which all was there


async def test_after_a_supplement_the_promise_counts_from_the_day_on_which_all_was_there(county: County) -> None:
    scenario = SCENARIOS["S02"]
    county.clock.day(scenario["received"])
    number = await inbound_of(county, FIFTEEN)
    assert (await clocks(county, number))["reply"][1] == scenario["notice_deadline"]
    county.clock.day(scenario["notice_sent"])
    await county.parts.case_room.request_supplement(OFFICER, number, asking(due_by="2026-05-25"))
    assert (await clocks(county, number))["reply"][2] == "met"
    county.clock.day(scenario["supplement_complete"])
    at = accepted(county.clock())["accepted_at"]
    supplement = {"answers": {"/answers/purpose": "落户"}, "materials": [], "received_at": at}
    await county.hears(county.zaoyang.says("application.supplemented", number, supplement))
    assert (await clocks(county, number))["reply"] == (scenario["supplement_complete"], "2026-05-27", "running")
    county.clock.day("2026-05-22")
    await county.parts.case_room.accept(OFFICER, number, {})
    said = await county.said((await county.outgoing(number))[-1])
    assert said.data["promised_by"] == scenario["promise_due"]
    assert (await clocks(county, number))["promised"][:2] == (scenario["accepted_on"], scenario["promise_due"])
    assert (await clocks(county, number))["statutory"][0] == scenario["accepted_on"]


async def test_at_the_window_the_same_days_are_counted(county: County) -> None:
    scenario = SCENARIOS["S02"]
    county.clock.day(scenario["received"])
    number = await licence(county)
    county.clock.day(scenario["notice_sent"])
    notice = asking("/answers/remarks", due_by="2026-05-25")
    await county.hears(county.jingshan.says("supplement.requested", number, notice), partner=JINGSHAN)
    county.clock.day(scenario["supplement_complete"])
    await county.parts.case_room.supplement(CLERK, number, {"answers": {"/answers/remarks": "补充说明"}})
    assert (await clocks(county, number))["supplement"][2] == "met"
    assert (await clocks(county, number))["reply"][0] == scenario["supplement_complete"]
    county.clock.day("2026-05-22")
    word = accepted(county.clock(), promised_by=scenario["promise_due"])
    await county.hears(county.jingshan.says("application.accepted", number, word), partner=JINGSHAN)
    shown = await clocks(county, number)
    assert shown["promised"] == (scenario["accepted_on"], scenario["promise_due"], "running")
    assert shown["statutory"][0] == scenario["accepted_on"]


# S04: a second notice


async def test_a_second_notice_is_refused_by_its_name(county: County) -> None:
    scenario = SCENARIOS["S04"]
    county.clock.day(scenario["received"])
    number = await county.inbound()
    county.clock.day(scenario["notice_sent"])
    await county.parts.case_room.request_supplement(OFFICER, number, asking(due_by="2026-07-20"))
    at = accepted(county.clock())["accepted_at"]
    supplement = {"answers": {}, "materials": [], "received_at": at}
    await county.hears(county.zaoyang.says("application.supplemented", number, supplement))
    county.clock.day(scenario["second_notice"])
    with pytest.raises(WrongState, match=scenario["alert"]):
        await county.parts.case_room.request_supplement(OFFICER, number, asking(due_by="2026-07-30"))
    assert (await county.leg(number)).supplements == 1


# special procedures and extensions


def procedure(first: str, last: str) -> dict[str, Any]:
    return {"kind": "expert_review", "from": first, "until": last, "basis": "行政许可法第四十五条"}


async def test_the_days_of_a_special_procedure_do_not_count_however_many_there_are(county: County) -> None:
    """T08 of the cases, and then a second procedure: no day of either counts."""
    county.clock.day("2026-11-02")
    number = await county.inbound()
    room = county.parts.case_room
    await room.accept(OFFICER, number, {"promised_by": "2026-11-16"})
    county.clock.day("2026-11-05")
    await room.suspend(OFFICER, number, procedure("2026-11-05", "2026-11-19"))
    assert (await clocks(county, number))["promised"][2] == "stopped"
    assert (await county.leg(number)).next_due is None
    county.clock.day("2026-11-19")
    await room.resume(OFFICER, number, {})
    assert (await clocks(county, number))["promised"][1:] == ("2026-12-01", "running")
    county.clock.day("2026-11-23")
    await room.suspend(OFFICER, number, procedure("2026-11-23", "2026-11-27"))
    county.clock.day("2026-11-27")
    await room.resume(OFFICER, number, {})
    assert (await clocks(county, number))["promised"][1:] == ("2026-12-08", "running")


async def test_the_limit_of_the_law_stands_still_too_and_forgets_no_procedure(county: County) -> None:
    county.clock.day("2026-11-02")
    number = await inbound_of(county, "001018010001")
    room = county.parts.case_room
    await room.accept(OFFICER, number, {})
    before = (await clocks(county, number))["statutory"][1]
    dues = [before]
    for first, last in (("2026-11-03", "2026-11-04"), ("2026-11-10", "2026-11-12")):
        county.clock.day(first)
        await room.suspend(OFFICER, number, procedure(first, last))
        county.clock.day(last)
        await room.resume(OFFICER, number, {})
        dues.append((await clocks(county, number))["statutory"][1])
    assert dues == ["2026-11-30", "2026-12-02", "2026-12-07"]


async def test_a_procedure_from_the_first_day_on_leaves_the_whole_limit(county: County) -> None:
    """T17 of the cases, with the procedure told on the day of acceptance."""
    county.clock.day("2026-11-09")
    number = await county.inbound()
    room = county.parts.case_room
    await room.accept(OFFICER, number, {"promised_by": "2026-11-12"})
    await room.suspend(OFFICER, number, procedure("2026-11-09", "2026-11-13"))
    county.clock.day("2026-11-13")
    await room.resume(OFFICER, number, {})
    assert (await clocks(county, number))["promised"][1] == "2026-11-18"


async def test_a_limit_that_had_run_out_stays_run_out(county: County) -> None:
    number = await county.inbound()
    room = county.parts.case_room
    await room.accept(OFFICER, number, {"promised_by": "2026-11-24"})
    county.clock.day("2026-11-26")
    await room.suspend(OFFICER, number, procedure("2026-11-26", "2026-11-27"))
    county.clock.day("2026-11-27")
    await room.resume(OFFICER, number, {})
    assert (await clocks(county, number))["promised"][1:] == ("2026-11-24", "overdue")


async def test_an_extension_during_a_procedure_leaves_one_promised_day(county: County) -> None:
    number = await county.inbound()
    room = county.parts.case_room
    await room.accept(OFFICER, number, {"promised_by": "2026-12-01"})
    await room.suspend(OFFICER, number, procedure("2026-11-25", "2026-11-27"))
    await room.extend_limit(OFFICER, number, {"working_days": 5, "reason": "案情复杂", "approved_by": "王局长"})
    promised = [clock for clock in (await county.leg(number)).clocks if clock["kind"] == "promised"]
    assert [(clock["due"], clock["state"]) for clock in promised] == [("2026-12-08", "stopped")]
    county.clock.day("2026-11-27")
    await room.resume(OFFICER, number, {})
    promised = [clock for clock in (await county.leg(number)).clocks if clock["kind"] == "promised"]
    assert [(clock["due"], clock["state"]) for clock in promised] == [("2026-12-11", "running")]


# what ends clocks


async def test_a_decision_ends_every_clock_in_time_or_late(county: County) -> None:
    number = await licence(county)
    await county.hears(
        county.jingshan.says("application.accepted", number, accepted(county.clock(), promised_by="2026-11-26")),
        partner=JINGSHAN,
    )
    county.clock.day("2026-11-30")
    await county.hears(county.jingshan.says("application.decided", number, decided(county.clock())), partner=JINGSHAN)
    shown = {kind: clock[2] for kind, clock in (await clocks(county, number)).items()}
    assert shown == {"reply": "met", "promised": "overdue", "statutory": "met", "transit": "running"}
    assert (await county.leg(number)).next_due == date(2026, 12, 14)


@pytest.mark.parametrize("type_", ["application.declined", "withdrawal.granted"])
async def test_a_case_that_ended_otherwise_has_no_running_clock(county: County, type_: str) -> None:
    number = await county.file()
    data = {
        "application.declined": {"reason": "other", "text": "不属于本事项", "legal_basis": "行政许可法第三十二条"},
        "withdrawal.granted": {"at": accepted(county.clock())["accepted_at"]},
    }[type_]
    await county.hears(county.zaoyang.says(type_, number, data))
    assert (await county.leg(number)).next_due is None
    assert "running" not in {clock["state"] for clock in (await county.leg(number)).clocks}
    assert lifecycle.State((await county.leg(number)).state) in lifecycle.CLOSED


async def test_a_running_clock_past_its_day_is_shown_overdue_and_found(county: County) -> None:
    number = await county.file()
    county.clock.day("2026-12-01", hour=23)
    assert (await clocks(county, number))["reply"][2] == "running"
    assert (await county.parts.case_room.counts(CLERK))["due_soon"] == 1
    county.clock.day("2026-12-02", hour=0)
    assert (await clocks(county, number))["reply"][2] == "overdue"
    counts = await county.parts.case_room.counts(CLERK)
    assert (counts["due_soon"], counts["overdue"]) == (0, 1)


async def test_a_limit_into_a_year_without_a_calendar_is_provisional_and_deems_nothing(county: County) -> None:
    county.clock.day("2026-12-29")
    number = await licence(county)
    shown = await county.parts.case_room.view(CLERK, number)
    assert [(clock["kind"], clock["provisional"]) for clock in shown["clocks"]] == [("reply", True)]
    county.clock.day("2027-02-01")
    await county.mark_silence()
    assert (await county.leg(number)).deemed_accepted_on is None


async def test_the_desk_county_has_the_same_clocks(county: County) -> None:
    number = await county.file(matter="tongbai.002014006001", answers=answers(targetRegion=TONGBAI))
    assert (await clocks(county, number))["reply"] == ("2026-11-24", "2026-12-01", "running")
