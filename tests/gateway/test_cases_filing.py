"""Filing: one number, one message, one answer, whatever comes in between, and nothing at all when something is wrong."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.applications import works
from gateway.applications.errors import IdempotencyReused, InFlight, Invalid, NotFound
from gateway.applications.tables import Application, Leg, NumberCounter, SearchTerm, Step, StoredAnswer
from gateway.audit import queries as audit
from gateway.audit.tables import AuditLine
from matters_map import codes
from messaging import contract
from messaging.tables import Conversation, DataKey, Outgoing
from messaging.unit_of_work import Connection, Work
from tests.county import CLERK, OTHER_CLERK, PROGRAM, ZAOYANG, County, answers, filing


async def nothing_was_filed(county: County) -> bool:
    models = (Application, Leg, Conversation, Outgoing, Step, SearchTerm, StoredAnswer, AuditLine)
    return not any([await model.all().exists() for model in models])


# the case that begins


async def test_a_case_is_filed_with_its_message_step_audit_line_and_clock(county: County) -> None:
    answer = await county.parts.case_room.submit(CLERK, filing(), source=1)
    number = answer.body["number"]
    assert (answer.status, answer.location) == (201, f"/api/v1/applications/{number}")
    assert (answer.body["state"], answer.body["delivery"]["state"]) == ("SUBMITTED", "waiting")
    assert [(clock["kind"], clock["due"]) for clock in answer.body["clocks"]] == [("reply", "2026-12-01")]
    (row,) = await county.outgoing(number)
    assert (row.type, row.sequence, row.partner) == ("application.submitted", 1, ZAOYANG)
    (step,) = await Step.filter(number=number)
    assert (step.type, step.message_id) == ("application.submitted", row.message_id)
    (line,) = await AuditLine.filter(chain=number)
    assert (line.detail or {})["sent"] == [{"message": row.message_id, "sha256": row.sha256}]


async def test_the_message_is_what_the_contract_says_and_carries_the_answers_as_given(county: County) -> None:
    number = await county.file()
    said = await county.said((await county.outgoing(number))[0])
    assert contract.check_outgoing(said.type, said.data) == []
    assert said.data["answers"] == answers()
    assert said.data["received_at"] == "2026-11-24T09:30:00+08:00"
    assert (said.data["window"]["name"], said.data["window"]["clerk"]) == ("1号窗口", "张三")


async def test_everything_of_a_case_is_sealed_under_its_own_key(county: County) -> None:
    numbers = [await county.file() for _ in range(2)]
    keys = [(await Application.get(number=number)).key_id for number in numbers]
    assert len(set(keys)) == 2
    for number, key in zip(numbers, keys, strict=True):
        assert (await county.talk(number)).key_id == key
        assert (await county.outgoing(number))[0].key_id == key
        row = await Application.get(number=number)
        assert "李四测试".encode() not in bytes(row.person) + bytes(row.answers)


async def test_the_servers_members_are_filled_in_when_absent(county: County) -> None:
    document = {name: value for name, value in answers().items() if name not in {"targetRegion", "acceptRegion"}}
    number = await county.file(answers=document)
    said = await county.said((await county.outgoing(number))[0])
    assert (said.data["answers"]["targetRegion"], said.data["answers"]["acceptRegion"]) == (ZAOYANG, "421321")


async def test_a_small_x_at_the_end_of_an_id_number_is_raised_and_nothing_else(county: County) -> None:
    number = "42132120000101" + next(f"{n:03}x" for n in range(1000) if codes.valid_id_number(f"42132120000101{n:03}X"))
    case = await county.file(answers=answers(applicant=answers()["applicant"] | {"idNumber": number}))
    said = await county.said((await county.outgoing(case))[0])
    assert said.data["applicant"]["id_number"] == number.upper()


async def test_a_scan_must_have_been_put_and_goes_with_the_case(county: County) -> None:
    scan = {"code": "M01", "name": "居民身份证", "source": "扫描上传", "sm3": "a" * 64, "pages": 1}
    document = answers(materials=[scan, answers()["materials"][1]])
    with pytest.raises(Invalid) as told:
        await county.file(answers=document)
    assert [(one.pointer, one.code) for one in told.value.findings] == [("/answers/materials/0", "file_missing")]
    digest = await county.put()
    number = await county.file(answers=document, attachments=[{"material": "M01", "sha256": digest}])
    said = await county.said((await county.outgoing(number))[0])
    assert said.data["materials"][0]["attachment"]["sha256"] == digest
    await county.parts.attachments.open(digest, ZAOYANG)


async def test_a_file_that_another_county_put_cannot_be_filed(county: County) -> None:
    digest = await county.put(by=ZAOYANG)
    with pytest.raises(Invalid) as told:
        await county.file(attachments=[{"material": "M01", "sha256": digest}])
    assert [one.code for one in told.value.findings] == ["file_missing"]


WRONG: dict[str, dict[str, Any]] = {
    "an unknown member": {"surplus": 1},
    "a matter that nobody knows": {"matter": "zaoyang.nothing"},
    "a form that is not filled": {"answers": {}},
    "a reference too long": {"reference": "x" * 65},
    "another county than the route": {"answers": answers(targetRegion="420882")},
}


@pytest.mark.parametrize("what", list(WRONG))
async def test_nothing_is_kept_of_what_is_refused_and_no_number_is_used(county: County, what: str) -> None:
    with pytest.raises(Invalid):
        await county.file(key="k", **WRONG[what])
    assert await nothing_was_filed(county)
    assert await county.file() == _numbered(1)


UNSAYABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a name longer than the wire allows": ({"name": "材" * 201}, "/answers/materials/0/name"),
    "an identifier longer than the wire allows": ({"certId": "1" * 129}, "/answers/materials/0/certId"),
}


@pytest.mark.parametrize("what", list(UNSAYABLE))
async def test_what_the_form_allows_and_the_wire_does_not_leaves_no_half_case(county: County, what: str) -> None:
    change, pointer = UNSAYABLE[what]
    materials = [answers()["materials"][0] | change, answers()["materials"][1]]
    with pytest.raises(Invalid) as told:
        await county.file(key="k", answers=answers(materials=materials))
    assert {one.pointer for one in told.value.findings} == {pointer}
    assert await nothing_was_filed(county)
    number = await county.file(key="k2")
    assert (await county.leg(number)).version == 1


async def test_an_answer_too_large_for_a_message_is_the_requests_fault(county: County) -> None:
    many = [
        {"code": f"M{n:02}", "name": "证明" * 9_999, "source": "电子证照", "certId": "1" * 100} for n in range(1, 31)
    ]
    with pytest.raises(Invalid) as told:
        await county.file(answers=answers(materials=many))
    assert ("", "too_large") in {(one.pointer, one.code) for one in told.value.findings}
    assert await nothing_was_filed(county)


# numbers


def _numbered(running: int, source: int = 1, day: str = "20261124") -> str:
    text = f"421321{day}{source}{running:06d}"
    return text + codes.check_character(text)


async def test_numbers_count_per_day_over_all_sources_and_bear_their_check_character(county: County) -> None:
    numbers = [
        await county.file(),
        await county.file(PROGRAM, source=2, reference="A-1"),
        await county.file(source=4),
    ]
    assert numbers == [_numbered(1), _numbered(2, 2), _numbered(3, 4)]
    assert all(codes.valid_number(number) for number in numbers)


async def test_the_day_is_that_of_shanghai(county: County) -> None:
    county.clock.at = county.clock.at.replace(hour=15, minute=59)
    assert await county.file() == _numbered(1)
    county.clock.move(minutes=1)
    assert await county.file() == _numbered(1, day="20261125")


async def test_many_at_once_have_each_its_own_number_without_a_hole(county: County) -> None:
    numbers = await asyncio.gather(*(county.file() for _ in range(40)))
    assert sorted(numbers) == sorted(_numbered(running) for running in range(1, 41))
    assert (await NumberCounter.get(day="20261124")).running == 40


async def test_a_refused_one_among_many_leaves_the_others(county: County) -> None:
    bad = answers(materials=[answers()["materials"][0] | {"name": "材" * 201}])
    results = await asyncio.gather(
        *(county.file(answers=bad if n == 3 else answers()) for n in range(8)), return_exceptions=True
    )
    filed = [result for result in results if isinstance(result, str)]
    assert (len(filed), len(set(filed)), await Application.all().count()) == (7, 7, 7)
    assert [type(result) for result in results if not isinstance(result, str)] == [Invalid]


async def test_a_batch_that_breaks_gives_every_case_one_number_all_the_same(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try of each batch is lost before its commit, as when a row cannot be written."""
    give = works._give_numbers

    async def breaking(batch: Any, filings: Sequence[works.Filing]) -> None:
        await give(batch, filings)
        if len(filings) > 1:
            raise RuntimeError("one row is bad")

    monkeypatch.setattr(works, "_give_numbers", breaking)
    numbers = await asyncio.gather(*(county.file(key=f"k{n}") for n in range(10)))
    assert len(set(numbers)) == 10
    assert await StoredAnswer.all().count() == 10
    for n, number in enumerate(numbers):
        again = await county.parts.case_room.submit(CLERK, filing(), source=1, key=f"k{n}")
        assert (again.body["number"], again.replayed) == (number, True)


# the same request again


async def test_the_same_key_and_body_are_answered_as_before_and_file_nothing(county: County) -> None:
    first = await county.parts.case_room.submit(CLERK, filing(), source=1, key="k")
    await county.relay()
    county.clock.move(days=6)
    again = await county.parts.case_room.submit(CLERK, filing(), source=1, key="k")
    assert (again.replayed, again.status, again.body, again.location) == (True, 201, first.body, first.location)
    assert await Application.all().count() == 1


async def test_the_order_of_members_is_no_other_body(county: County) -> None:
    body = filing(reference="A-1")
    await county.parts.case_room.submit(CLERK, body, source=1, key="k")
    turned = dict(reversed(list(body.items())))
    assert (await county.parts.case_room.submit(CLERK, turned, source=1, key="k")).replayed


async def test_the_same_key_with_another_body_is_refused(county: County) -> None:
    await county.file(key="k")
    with pytest.raises(IdempotencyReused):
        await county.file(key="k", reference="A-2")
    assert await Application.all().count() == 1


async def test_a_key_is_its_clients_own_and_its_routes(county: County) -> None:
    first = await county.file(key="k")
    assert await county.file(OTHER_CLERK, key="k") != first
    room = county.parts.case_room
    await room.urge(CLERK, first, {"text": "请尽快"}, key="k")
    await room.note(CLERK, first, {"text": "请查收"}, key="k")
    assert [row.type for row in await county.outgoing(first)][1:] == ["application.urged", "note.sent"]


async def test_a_key_is_forgotten_after_seven_days(county: County) -> None:
    first = await county.file(key="k")
    county.clock.move(days=7, seconds=1)
    assert await county.file(key="k") != first


async def test_a_refusal_is_not_remembered(county: County) -> None:
    with pytest.raises(Invalid):
        await county.file(key="k", reference="x" * 65)
    assert await county.file(key="k") == _numbered(1)


async def test_a_request_that_is_still_running_is_in_flight(county: County) -> None:
    gate = _Gate(county)
    first = asyncio.create_task(county.file(key="k"))
    await gate.reached()
    with pytest.raises(InFlight):
        await county.file(key="k")
    gate.open()
    number = await first
    assert await county.file(key="k") == number


async def test_a_caller_who_left_is_still_in_flight_and_files_one_case(county: County) -> None:
    gate = _Gate(county)
    first = asyncio.create_task(county.file(key="k"))
    await gate.reached()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    with pytest.raises(InFlight):
        await county.file(key="k")
    gate.open()
    number = await _when_landed(county)
    assert number == _numbered(1)
    assert await Application.all().count() == 1


async def _when_landed(county: County) -> str:
    for _ in range(100):
        try:
            return await county.file(key="k")
        except InFlight:
            await asyncio.sleep(0.01)
    raise AssertionError("in flight for ever")


class _Gate:
    """Holds the writer before it writes."""

    def __init__(self, county: County) -> None:
        self._arrived, self._opened = asyncio.Event(), asyncio.Event()
        self._perform = county.parts.writer._perform
        county.parts.writer._perform = self._wait

    async def _wait(self, connection: Connection, batch: Sequence[Work]) -> Sequence[Any]:
        self._arrived.set()
        await self._opened.wait()
        return await self._perform(connection, batch)

    async def reached(self) -> None:
        await self._arrived.wait()

    def open(self) -> None:
        self._opened.set()


async def test_a_deed_with_the_same_key_is_done_once(county: County) -> None:
    number = await county.file()
    room = county.parts.case_room
    first = await room.urge(CLERK, number, {"text": "请尽快"}, key="u")
    again = await room.urge(CLERK, number, {"text": "请尽快"}, key="u")
    assert again == first
    assert len(await county.outgoing(number)) == 2
    with pytest.raises(IdempotencyReused):
        await room.urge(CLERK, number, {"text": "再催"}, key="u")


async def test_a_kept_answer_is_sealed_under_the_cases_key(county: County) -> None:
    number = await county.file(key="k")
    (row,) = await StoredAnswer.all()
    assert row.key_id == (await Application.get(number=number)).key_id
    assert number.encode() not in bytes(row.body)


# checking, drafts


async def test_checking_stores_nothing_and_tells_what_filing_would(county: County) -> None:
    before = await DataKey.all().count()
    told = await county.parts.case_room.check(CLERK, filing(answers={"purpose": "购房"}))
    assert not told["ok"]
    assert {one["pointer"] for one in told["errors"]} >= {"/answers/applicant", "/answers/materials"}
    assert (await county.parts.case_room.check(CLERK, filing()))["ok"]
    assert await nothing_was_filed(county)
    assert await DataKey.all().count() == before


async def test_each_clerk_has_drafts_of_their_own(county: County) -> None:
    drafts = county.parts.case_room.drafts
    mine = await drafts.save(CLERK, None, filing()["matter"], ZAOYANG, answers())
    assert (await drafts.one(CLERK, mine))["answers"] == answers()
    assert [draft["applicant"] for draft in await drafts.all(CLERK)] == ["李***"]
    assert await drafts.all(OTHER_CLERK) == []
    with pytest.raises(NotFound):
        await drafts.one(OTHER_CLERK, mine)
    with pytest.raises(NotFound):
        await drafts.save(OTHER_CLERK, mine, "x", None, {})
    with pytest.raises(NotFound):
        await drafts.delete(OTHER_CLERK, mine)


async def test_a_draft_is_changed_in_its_place_and_goes_with_its_key(county: County) -> None:
    drafts = county.parts.case_room.drafts
    mine = await drafts.save(CLERK, None, "a", None, {"purpose": "购房"})
    assert await drafts.save(CLERK, mine, "b", ZAOYANG, {"purpose": "落户"}) == mine
    assert (await drafts.one(CLERK, mine))["answers"] == {"purpose": "落户"}
    await drafts.delete(CLERK, mine)
    with pytest.raises(NotFound):
        await drafts.one(CLERK, mine)
    assert await DataKey.filter(wrapped__isnull=True).count() == 1


async def test_old_drafts_are_thrown_away_with_their_keys(county: County) -> None:
    drafts = county.parts.case_room.drafts
    await drafts.save(CLERK, None, "a", None, {"purpose": "购房"})
    county.clock.move(days=31)
    kept = await drafts.save(CLERK, None, "b", None, {})
    await drafts.purge()
    assert [draft["id"] for draft in await drafts.all(CLERK)] == [kept]
    assert await DataKey.filter(wrapped__isnull=True).count() == 1


async def test_the_audit_chain_holds_after_all_of_it(county: County) -> None:
    numbers = await asyncio.gather(*(county.file(key=f"k{n}") for n in range(5)))
    for number in numbers:
        await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    heads = {leg.number: (leg.audit_sequence, leg.audit_hash) for leg in await Leg.all()}
    assert await audit.verify_all(heads) == []
    assert set(heads) == set(numbers)
