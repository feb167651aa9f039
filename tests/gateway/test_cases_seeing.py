"""Who sees what: the tenant's wall, the mask and its one exception, the search, and the pages of a list."""

import asyncio
from functools import partial
from typing import Any

import pytest

from gateway.applications import queries
from gateway.applications.errors import Forbidden, Invalid, NotFound
from gateway.applications.tables import Leg, SearchTerm, Step
from gateway.audit import queries as audit
from gateway.audit.tables import AuditLine
from gateway.auth.actor import Actor
from matters_map import codes
from messaging import ids
from tests.county import (
    AUDITOR,
    CLERK,
    COORDINATOR,
    HOME,
    JINGSHAN,
    OFFICER,
    OPERATORS,
    PROGRAM,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    decided,
    person,
)

SIGNATORY = Actor("person", HOME, "周九", "zhoujiu", role="signatory")
ADMINISTRATOR = Actor("person", HOME, "吴十", "wushi", role="administrator")


async def two_counties(county: County) -> tuple[str, str]:
    """A case that 枣阳 decides and one that 京山 decides."""
    ours = await county.file(answers=answers(applicant=person()))
    theirs = await county.file(
        matter="jingshan.002014006001", answers=answers(targetRegion=JINGSHAN, applicant=person(name="张三丰"))
    )
    return ours, theirs


async def found(county: County, q: str, actor: Actor = CLERK) -> list[str]:
    page = await county.parts.case_room.listing(actor, q=q)
    return [item["number"] for item in page["items"]]


# the wall


async def test_an_operator_sees_only_the_own_countys_cases(county: County) -> None:
    ours, theirs = await two_counties(county)
    room = county.parts.case_room
    assert [item["number"] for item in (await room.listing(OPERATORS[ZAOYANG]))["items"]] == [ours]
    assert [item["number"] for item in (await room.listing(OPERATORS[JINGSHAN]))["items"]] == [theirs]
    assert (await room.view(OPERATORS[ZAOYANG], ours))["number"] == ours
    assert (await room.counts(OPERATORS[ZAOYANG]))["all"] == 1


async def test_what_is_another_countys_is_not_there_at_all(county: County) -> None:
    ours, theirs = await two_counties(county)
    room, stranger = county.parts.case_room, OPERATORS[ZAOYANG]
    for question in (room.view, room.events, partial(room.reveal, pointer="/applicant/name", reason="核对申请人身份")):
        with pytest.raises(NotFound):
            await question(stranger, theirs)
    for q in (theirs, theirs[-6:], "张三丰", "zsf", person()["idNumber"], person()["mobile"]):
        assert theirs not in await found(county, q, stranger), q
    seen = await county.parts.feed.after(stranger, "0", 100)
    assert {change.data["number"] for change in seen} == {ours}


async def test_the_cases_of_both_directions_are_behind_the_same_wall(county: County) -> None:
    inbound = await county.inbound()
    room = county.parts.case_room
    assert (await room.view(OPERATORS[ZAOYANG], inbound))["number"] == inbound
    with pytest.raises(NotFound):
        await room.view(OPERATORS[JINGSHAN], inbound)


async def test_a_partners_reference_never_opens_a_case_of_another(county: County) -> None:
    """京山 calls its case by the number of 枣阳's: who asks for that number still gets 枣阳's."""
    ours, theirs = await two_counties(county)
    await county.hears(
        county.jingshan.says("application.accepted", theirs, accepted(county.clock(), reference=ours)),
        partner=JINGSHAN,
    )
    assert (await county.leg(theirs)).their_number == ours
    assert (await county.parts.case_room.view(CLERK, ours))["number"] == ours
    shown = await county.parts.case_room.urge(CLERK, ours, {"text": "请尽快"})
    assert (shown["number"], len(await county.outgoing(ours))) == (ours, 2)


MAY_SEE = [CLERK, OFFICER, AUDITOR, COORDINATOR, PROGRAM, OPERATORS[ZAOYANG]]
MAY_NOT_SEE = [
    SIGNATORY,
    ADMINISTRATOR,
    Actor("system", ZAOYANG, "zaoyang", client_id="z", scopes=frozenset({"messages"})),
]


async def test_who_may_see_cases_and_who_may_not(county: County) -> None:
    number, _ = await two_counties(county)
    room = county.parts.case_room
    for actor in MAY_SEE:
        assert (await room.view(actor, number))["number"] == number
        assert (await room.listing(actor))["items"] != []
    for actor in MAY_NOT_SEE:
        for about_one in (room.view, room.events):
            with pytest.raises(Forbidden):
                await about_one(actor, number)
        for about_all in (room.listing, room.counts):
            with pytest.raises(Forbidden):
                await about_all(actor)


async def test_a_number_that_is_none_is_not_found(county: County) -> None:
    for number in ("", "x" * 65, "x" * 200, "%", "编号"):
        with pytest.raises(NotFound):
            await county.parts.case_room.view(CLERK, number)


# the mask


async def test_identifiers_are_always_masked_and_names_outside_the_case(county: County) -> None:
    number, _ = await two_counties(county)
    room = county.parts.case_room
    masked = {"id_number": "421***********9998", "phone": "130****0001"}
    for actor in (CLERK, OFFICER, PROGRAM, OPERATORS[ZAOYANG]):
        assert (await room.view(actor, number))["applicant"] == {"name": "张三", **masked}
    for actor in (AUDITOR, COORDINATOR):
        assert (await room.view(actor, number))["applicant"] == {"name": "张*", **masked}
    for actor in MAY_SEE:
        item = (await room.listing(actor))["items"][-1]
        assert item["applicant"] == {"name": "张*", **masked}


async def test_nothing_of_the_applicant_stands_in_lists_time_lines_and_streams(county: County) -> None:
    """Also not what a supplement corrects, nor to whom a result was handed."""
    secrets = ["421321200001019998", "13000000001", "421321199003079876"]
    inbound = await county.inbound()
    await county.parts.case_room.request_supplement(OFFICER, inbound, asking("/answers/applicant/idNumber"))
    at = accepted(county.clock())["accepted_at"]
    await county.hears(
        county.zaoyang.says(
            "application.supplemented",
            inbound,
            {"answers": {"/answers/applicant/idNumber": secrets[2]}, "materials": [], "received_at": at},
        )
    )
    await county.parts.case_room.decide(OFFICER, inbound, {"outcome": "granted"})
    await county.hears(
        county.zaoyang.says("result.handed_over", inbound, {"at": at, "method": "window", "to": "张三丰"})
    )
    ours, _ = await two_counties(county)
    for number in (inbound, ours):
        shown: list[Any] = [
            await county.parts.case_room.view(AUDITOR, number),
            await county.parts.case_room.listing(AUDITOR),
        ]
        shown.append(await county.parts.case_room.events(AUDITOR, number, limit=200))
        shown += [change.data for change in await county.parts.feed.after(CLERK, "0", 200)]
        text = str(shown)
        assert [secret for secret in [*secrets, "张三丰"] if secret in text] == []


async def test_one_value_is_revealed_with_one_reason_and_one_audit_line(county: County) -> None:
    number, _ = await two_counties(county)
    before = await AuditLine.filter(chain=number).count()
    value = await county.parts.case_room.reveal(CLERK, number, "/applicant/id_number", "核对申请人身份")
    assert value == "421321200001019998"
    lines = await AuditLine.filter(chain=number).order_by("-sequence")
    assert len(lines) == before + 1
    assert (lines[0].what, lines[0].why, lines[0].detail) == (
        "reveal",
        "核对申请人身份",
        {"pointer": "/applicant/id_number"},
    )
    assert "421321200001019998" not in str([line.detail for line in lines])
    assert (await county.leg(number)).version == 1


async def test_a_value_of_the_form_is_revealed_by_its_pointer(county: County) -> None:
    number, _ = await two_counties(county)
    reveal = county.parts.case_room.reveal
    assert await reveal(CLERK, number, "/answers/applicant/mobile", "联系申请人") == "13000000001"
    assert await reveal(CLERK, number, "/answers/materials/0/certId", "联系申请人") == "1.2.156.3005.2.TEST-M01"


NO_VALUES = ["", "/", "/applicant", "/answers", "/answers/applicant", "/answers/materials", "/answers/materials/9/name"]


@pytest.mark.parametrize("pointer", [*NO_VALUES, "/answers/nothing", "/person/name", "/answers/materials/²/name"])
async def test_only_one_value_at_a_time_and_none_that_is_not_there(county: County, pointer: str) -> None:
    number, _ = await two_counties(county)
    before = await AuditLine.all().count()
    with pytest.raises(NotFound):
        await county.parts.case_room.reveal(CLERK, number, pointer, "核对申请人身份")
    assert await AuditLine.all().count() == before


async def test_who_may_not_reveal(county: County) -> None:
    number, _ = await two_counties(county)
    for actor in (AUDITOR, COORDINATOR, ADMINISTRATOR, PROGRAM):
        with pytest.raises(Forbidden):
            await county.parts.case_room.reveal(actor, number, "/applicant/name", "核对申请人身份")


# search

QUESTIONS = ["张三", "张", "zhang", "zhangsan", "ZhangSan", "zs", "421321200001019998", "13000000001", " 张三 "]


@pytest.mark.parametrize("q", QUESTIONS)
async def test_a_case_is_found_by_person(county: County, q: str) -> None:
    ours, _ = await two_counties(county)
    await county.file(
        answers=answers(applicant=person(name="李四", idNumber="420683199002029986", mobile="13000000002"))
    )
    assert ours in await found(county, q)
    assert len(await found(county, q)) <= 2


async def test_a_case_is_found_by_number_its_ends_and_the_partners_reference(county: County) -> None:
    ours, _ = await two_counties(county)
    await county.hears(
        county.zaoyang.says("application.accepted", ours, accepted(county.clock(), reference="枣社〔2026〕7号"))
    )
    for q in (ours, ours.lower(), ours[-4:], ours[-4:].lower(), "枣社〔2026〕7号"):
        assert await found(county, q) == [ours], q
    assert (await county.parts.case_room.view(CLERK, "枣社〔2026〕7号"))["number"] == ours
    assert len(await found(county, ours[:14])) == 2


async def test_an_id_number_ends_in_a_small_or_a_large_x_when_searched(county: County) -> None:
    number = await county.file(answers=answers(applicant=person(idNumber=_with_x())))
    assert await found(county, _with_x().lower()) == [number]


def _with_x() -> str:
    return next(text for n in range(1000) if codes.valid_id_number(text := f"42132120000101{n:03}X"))


@pytest.mark.parametrize("q", ["%", "_", "张%", "'; DROP TABLE case_leg; --", "\\", "no such person", "𠮷", "x" * 200])
async def test_what_is_typed_is_taken_as_it_is(county: County, q: str) -> None:
    await two_counties(county)
    assert await found(county, q) == []


async def test_names_and_numbers_are_not_readable_in_the_index(county: County) -> None:
    await two_counties(county)
    terms = [bytes(term.term) for term in await SearchTerm.all()]
    assert len(terms) > 4
    assert {len(term) for term in terms} == {32}


# lists


async def test_pages_follow_each_other_newest_first_and_miss_nothing(county: County) -> None:
    numbers = [await county.file() for _ in range(7)]
    seen: list[str] = []
    after = None
    while True:
        page = await county.parts.case_room.listing(CLERK, limit=3, after=after)
        seen += [item["number"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == numbers[::-1]


async def test_a_list_is_narrowed_by_state_handler_view_and_time(county: County) -> None:
    ours, theirs = await two_counties(county)
    county.clock.move(hours=1)
    await county.hears(county.zaoyang.says("supplement.requested", ours, asking()))
    room = county.parts.case_room

    async def numbers(**narrow: Any) -> list[str]:
        return [item["number"] for item in (await room.listing(CLERK, **narrow))["items"]]

    assert await numbers(state="SUPPLEMENT") == [ours]
    assert await numbers(handler=JINGSHAN) == [theirs]
    assert await numbers(view="supplement") == [ours]
    assert await numbers(since="2026-11-24T10:30:00+08:00") == [ours]
    for wrong in ({"state": "DONE"}, {"view": "none"}, {"since": "昨天"}, {"since": "2026-11-24"}, {"after": "x"}):
        with pytest.raises(Invalid):
            await numbers(**wrong)


async def test_the_views_hold_what_waits_for_somebody_and_nothing_else(county: County) -> None:
    ours, theirs = await two_counties(county)
    inbound = await county.inbound()
    counts = await county.parts.case_room.counts(CLERK)
    assert (counts["all"], counts["SUBMITTED"], counts["undelivered"]) == (3, 3, 2)
    assert "等待随县受理" in (await county.parts.case_room.view(OFFICER, inbound))["with"]["text"]
    await county.relay()
    for number, code, neighbour in ((ours, ZAOYANG, county.zaoyang), (theirs, JINGSHAN, county.jingshan)):
        (row,) = await county.outgoing(number, code)
        await county.hears(neighbour.got(row), partner=code)
    assert (await county.parts.case_room.counts(CLERK))["undelivered"] == 0
    await county.hears(county.zaoyang.says("application.decided", ours, decided(county.clock())))
    await county.parts.case_room.withdraw(CLERK, theirs, {"reason": "不办了"})
    counts = await county.parts.case_room.counts(CLERK)
    assert (counts["to_hand_over"], counts["withdrawal"], counts["undelivered"]) == (1, 1, 1)


async def test_the_time_line_comes_oldest_first_in_pages(county: County) -> None:
    number = await county.file()
    for text in "一二三四":
        await county.parts.case_room.urge(CLERK, number, {"text": text})
    first = await county.parts.case_room.events(CLERK, number, limit=3)
    second = await county.parts.case_room.events(CLERK, number, limit=3, after=first["next"])
    assert [item["type"] for item in first["items"]] == ["application.submitted"] + ["application.urged"] * 2
    assert (len(second["items"]), second["next"]) == (2, None)
    with pytest.raises(Invalid):
        await county.parts.case_room.events(CLERK, number, after="x")


async def test_every_step_says_who_when_from_where_and_by_which_message(county: County) -> None:
    number = await county.file()
    word = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    await county.hears(word)
    mine, theirs = (await county.parts.case_room.events(CLERK, number))["items"]
    assert mine["actor"] == {"jurisdiction": HOME, "kind": "person", "name": "张三"}
    assert theirs["actor"] == {"jurisdiction": ZAOYANG, "kind": "partner", "name": "王五"}
    assert theirs["message_id"] == word.id
    assert (theirs["state"], theirs["at"]) == ("ACCEPTED", "2026-11-24T09:30:00+08:00")


async def test_the_feed_is_read_by_cursor_and_misses_nothing(county: County) -> None:
    feed = county.parts.feed
    start = await feed.latest()
    number = await county.file()
    first = await feed.after(CLERK, start, 100)
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    second = await feed.after(CLERK, first[-1].cursor, 100)
    assert [change.data["type"] for change in [*first, *second]] == ["application.submitted", "application.accepted"]
    assert [change.data["state"] for change in second] == ["ACCEPTED"]
    assert await feed.after(CLERK, second[-1].cursor, 100) == []


async def test_the_audit_chain_holds_after_looking(county: County) -> None:
    number, _ = await two_counties(county)
    await county.parts.case_room.reveal(CLERK, number, "/applicant/name", "核对申请人身份")
    heads = {leg.number: (leg.audit_sequence, leg.audit_hash) for leg in await Leg.all()}
    assert await audit.verify_all(heads) == []


async def test_the_numbers_on_the_tabs_are_counted_no_further_than_they_are_shown(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MANY", 2)
    for _ in range(3):
        await county.file()
    counts = await county.parts.case_room.counts(CLERK)
    assert (counts["SUBMITTED"], counts["undelivered"], counts["DECIDED"]) == (2, 2, 0)


async def test_a_change_of_which_nobody_told_is_noticed_by_looking(county: County) -> None:
    """As when the process that committed it died before it could wake the others."""
    feed = county.parts.feed
    await feed.look()
    waiting = asyncio.create_task(feed.wait(30.0))
    await asyncio.sleep(0)
    last = await Step.all().order_by("-id").first()
    assert last is None
    await Step.create(
        id=ids.row_id(), application_id=1, number="421321202611242000001G", at=county.clock(), type="note.sent",
        state="SUBMITTED", actor={}, version=1, delivery="sent",
    )  # fmt: skip
    assert not waiting.done()
    await feed.look()
    await asyncio.wait_for(waiting, 1.0)
    quiet = asyncio.create_task(feed.wait(0.2))
    await asyncio.sleep(0)
    await feed.look()
    await asyncio.sleep(0)
    assert not quiet.done(), "nothing new rings nobody"
    await quiet
