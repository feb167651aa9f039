"""We were restored from a backup: what a partner gives back of ours is ours again, has its effect, and our numbers go on."""

import hashlib
from typing import Any

from gateway.audit.tables import AuditLine
from messaging import envelope, restored
from messaging.tables import Incoming, Outgoing
from messaging.unit_of_work import Connection, run_tx
from partners import signing
from tests.county import CLERK, HOME, SCAN, ZAOYANG, County, Letter, accepted, answers, decided, note, person

LOST = "421321202611242000007J"  # filed after the backup


def ours(
    county: County,
    type_: str,
    data: dict[str, Any],
    sequence: int,
    *,
    subject: str = LOST,
    seen: int = 0,
    to: str = ZAOYANG,
) -> Letter:
    """A message that we once said, as the partner kept it."""
    id_, at = f"once-{subject[-4:]}-{sequence}-{type_[-4:]}", county.clock()
    body = envelope.build(
        id=id_, source=HOME, type=type_, subject=subject, time=at, recipient=to, sequence=sequence, seen=seen, data=data
    )
    signed = signing.sign(body, county.parts.key, iss=HOME, aud=to, jti=id_, iat=int(at.timestamp()))
    return Letter(id_, body, signed)


def first_word(county: County, **changes: Any) -> dict[str, Any]:
    """`data` of a case that we filed."""
    document = answers()
    applicant = {
        "kind": "person",
        "name": "张三",
        "id_type": "居民身份证",
        "id_number": "421321200001019998",
        "phone": "13000000001",
    }
    return {
        "agreement": "zaoyang", "version": 1,
        "matter": {"name": "社会保险参保缴费记录查询", "origin_code": "002014006001", "handler_code": "002014006001"},
        "mode": "online", "received_at": envelope.rfc3339(county.clock()), "applicant": applicant, "answers": document,
        "materials": [{"name": "居民身份证", "kind": "电子证照", "certificate": "1.2.156.3005.2.TEST-M01"}],
        "originals": [], "result_delivery": "电子证照",
        "window": {"name": "1号窗口", "clerk": "张三", "phone": "07220000001"}, "notice_version": "2026-01", **changes,
    }  # fmt: skip


async def waiting(county: County, number: str) -> list[tuple[str, str | None]]:
    rows = await Incoming.filter(subject=number).order_by("id")
    return [(row.state, row.reason) for row in rows]


async def test_a_case_that_was_lost_begins_anew_under_its_number(county: County) -> None:
    first = ours(county, "application.submitted", first_word(county), 1)
    await county.hears(first)
    case = await county.parts.case_room.cases.one(CLERK, LOST)
    assert (case.state, case.is_origin, case.person["name"]) == ("SUBMITTED", True, "张三")
    assert case.document["answers"] == answers()
    [row] = await county.outgoing(LOST)
    assert (row.message_id, row.sequence, row.sha256, await county.body(row)) == (first.id, 1, first.sha256, first.body)
    assert (await county.talk(LOST)).next_out == 2
    await county.tell()
    assert [(one["id"], one["outcome"]) for one in await county.told()] == [(first.id, "applied")]


async def test_both_sides_words_have_their_effect_in_the_order_in_which_they_were_said(county: County) -> None:
    said = accepted(county.clock())
    theirs = [county.zaoyang.says("application.accepted", LOST, said, seen=1)]
    theirs += [county.zaoyang.says("application.decided", LOST, decided(county.clock()), seen=2)]
    back = [
        ours(county, "application.submitted", first_word(county), 1),
        ours(county, "application.urged", {"text": "请尽快"}, 2, seen=1),
        ours(county, "result.handed_over", {"at": envelope.rfc3339(county.clock()), "method": "window", "to": "张三"}, 3, seen=2),
    ]  # fmt: skip
    for letter in (theirs[1], back[2], back[1], theirs[0], back[0]):
        await county.hears(letter)
    assert (await county.leg(LOST)).state == "HANDED_OVER"
    assert {state for state, _ in await waiting(county, LOST)} == {"applied"}
    page = await county.parts.case_room.events(CLERK, LOST, limit=200)
    told = [item["type"] for item in page["items"]]
    assert told == [
        "application.submitted",
        "application.accepted",
        "application.urged",
        "application.decided",
        "result.handed_over",
    ]


async def test_a_word_that_knows_more_of_us_than_we_do_waits_and_ours_are_asked_for(county: County) -> None:
    await county.hears(county.zaoyang.says("application.accepted", LOST, accepted(county.clock()), seen=1))
    assert await waiting(county, LOST) == [("held", "ours_missing")]
    await county.look_again()
    [request] = [await county.said(row) for row in await county.outgoing(LOST)]
    assert (request.type, request.data["from"], request.data["since"][:4]) == ("resend.requested", 1, "2000")
    await county.hears(ours(county, "application.submitted", first_word(county), 1))
    assert (await county.leg(LOST)).state == "ACCEPTED"


async def test_what_never_comes_back_is_waited_for_a_minute(county: County) -> None:
    await county.hears(county.zaoyang.says("note.sent", LOST, note(), seen=1))
    county.clock.move(seconds=61)
    await county.look_again()
    assert await waiting(county, LOST) == [("parked", "no_such_case")]


async def test_a_number_used_again_gives_way_and_its_word_goes_on(county: County) -> None:
    number = await county.file()
    await county.parts.case_room.urge(CLERK, number, {"text": "恢复以后说的"})
    lost = ours(county, "note.sent", note("备份以后说的"), 2, subject=number)
    await county.hears(lost)
    rows = await county.outgoing(number)
    live = {row.sequence: (await county.said(row)).data.get("text") for row in rows if row.outcome != "superseded"}
    assert live == {1: None, 2: "备份以后说的", 3: "恢复以后说的"}
    [gone] = [row for row in rows if row.outcome == "superseded"]
    assert (gone.sequence, gone.state, gone.due_at, gone.closed_by) == (2, "closed", None, "system")
    assert (await county.talk(number)).next_out == 4
    assert await AuditLine.filter(chain=number, what="post.said_again").count() == 1


async def test_the_same_word_said_twice_is_said_once(county: County) -> None:
    number = await county.file()
    await county.parts.case_room.urge(CLERK, number, {"text": "请尽快"})
    await county.hears(ours(county, "application.urged", {"text": "请尽快"}, 2, subject=number))
    rows = await county.outgoing(number)
    assert [row.sequence for row in rows if row.outcome != "superseded"] == [1, 2]


async def test_what_was_in_our_books_all_the_time_changes_nothing(county: County) -> None:
    number = await county.file()
    await county.relay()
    [row] = await county.outgoing(number)
    version = (await county.leg(number)).version
    await county.hears(Letter(row.message_id, await county.body(row), str((await Outgoing.get(id=row.id)).signature)))
    assert (await county.leg(number)).version == version
    assert len(await county.outgoing(number)) == 1
    await county.tell()
    assert [one["id"] for one in await county.told()] == [row.message_id]


async def test_a_receipt_for_what_came_back_goes_again_when_it_comes_again(county: County) -> None:
    first = ours(county, "application.submitted", first_word(county), 1)
    for _ in range(2):
        await county.hears(first)
        await county.tell()
    assert [one["id"] for one in await county.told()] == [first.id, first.id]


async def test_a_number_that_two_citizens_have_is_for_people(county: County) -> None:
    number = await county.file()
    before = (await county.parts.case_room.cases.one(CLERK, number)).person
    other = first_word(county, applicant=first_word(county)["applicant"] | {"name": "李四"})
    await county.hears(ours(county, "application.submitted", other, 1, subject=number))
    assert await waiting(county, number) == [("parked", "number_given_twice")]
    assert (await county.parts.case_room.cases.one(CLERK, number)).person == before


async def test_a_partner_cannot_make_words_of_ours(county: County) -> None:
    """Signed by its own key, by nobody, or meant for somebody else."""
    said = ours(county, "application.submitted", first_word(county), 1)
    forged = signing.sign(
        said.body, county.zaoyang.key, iss=HOME, aud=ZAOYANG, jti=said.id, iat=int(county.clock().timestamp())
    )
    elsewhere = ours(county, "application.submitted", first_word(county), 1, subject=LOST[:-1] + "K", to="420882")
    for letter in (Letter(said.id, said.body, forged), elsewhere):
        try:
            await county.arrives(letter)
        except Exception as error:
            assert type(error).__name__ == "Unverified"  # noqa: PT017
        else:
            raise AssertionError("it was believed")
    assert await Incoming.all().count() == 0


async def test_a_scan_that_was_lost_holds_nothing_up(county: County) -> None:
    scan = {
        "sha256": hashlib.sha256(SCAN).hexdigest(),
        "size": len(SCAN),
        "name": "a.pdf",
        "media_type": "application/pdf",
    }
    materials = [{"name": "居民身份证", "kind": "扫描上传", "attachment": scan}]
    await county.hears(ours(county, "application.submitted", first_word(county, materials=materials), 1))
    assert (await county.leg(LOST)).state == "SUBMITTED"


async def test_the_request_for_everything_is_repeated_and_then_rests(county: County) -> None:
    since = county.clock()
    await run_tx(lambda tx: ask(tx, county, since))
    for _ in range(8):
        await county.relay()
        county.clock.move(seconds=30)
        await county.ask()
    assert (await county.talk("")).gap_asked_at is None
    [row] = [row for row in await county.outgoing("") if row.type == "resend.requested"]
    assert row.attempts == restored.ASKS
    assert (await county.said(row)).subject == restored.LINK


async def ask(tx: Connection, county: County, since: Any) -> None:
    await restored.ask_for_everything(tx, county.parts.tools.sender, ZAOYANG, since, county.clock())


async def test_a_partner_that_asks_with_since_gets_all_of_both_sides(county: County) -> None:
    before = await county.file()
    county.clock.move(hours=2)
    since = county.clock()
    after = await county.file(answers=answers(applicant=person(name="李四")))
    word = county.zaoyang.says("application.accepted", after, accepted(county.clock()))
    await county.hears(word)
    await Outgoing.all().update(due_at=None, state="closed", outcome="applied")
    asked = {"from": 1, "to": restored.LAST, "since": envelope.rfc3339(since)}
    await county.hears(county.zaoyang.says("resend.requested", restored.LINK, asked, sequence=None))
    assert [row.message_id for row in await county.outgoing(after) if row.sequence is None] == [word.id]
    assert all(row.due_at is not None for row in await county.outgoing(after))
    assert [row.due_at for row in await county.outgoing(before)] == [None]
