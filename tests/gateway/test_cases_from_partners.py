"""外地来件: what another county's window sends opens here once, under its number, and is decided here."""

from typing import Any

import pytest

from gateway.applications.tables import Application, Leg
from gateway.audit import queries as audit
from matters_map.tables import ListVersion
from messaging.envelope import sha256_hex
from tests.county import (
    CLERK,
    HOME,
    JINGSHAN,
    OFFICER,
    SCAN,
    ZAOYANG,
    County,
    accepted,
    answers,
    asking,
    submitted,
)

DIGEST = sha256_hex(SCAN)
PAPER = {"sha256": DIGEST, "size": len(SCAN), "name": "身份证.pdf", "media_type": "application/pdf"}


async def refused(county: County, number: str, **changes: Any) -> str | None:
    """枣阳 sends a case; why it could not be opened."""
    word = county.zaoyang.says("application.submitted", number, submitted(county.clock(), **changes), seen=0)
    await county.hears(word)
    row = await county.incoming(word)
    assert row.subject not in [one.number for one in await Application.filter(role="handler")]
    return f"{row.state} {row.reason}"


async def test_a_case_opens_under_the_senders_number_with_its_clock_and_step(county: County) -> None:
    number = await county.inbound()
    shown = await county.parts.case_room.view(OFFICER, number)
    assert (shown["number"], shown["state"]) == (number, "SUBMITTED")
    assert (shown["origin"]["code"], shown["handler"]["code"]) == (ZAOYANG, HOME)
    assert shown["matter"]["id"] == "zaoyang.002014006001"
    assert [(clock["kind"], clock["due"]) for clock in shown["clocks"]] == [("reply", "2026-12-01")]
    assert shown["with"] == {"code": HOME, "name": "随县", "text": "等待随县受理，2026-12-01 前"}
    assert shown["delivery"]["state"] == "receipted"
    (step,) = (await county.parts.case_room.events(OFFICER, number))["items"]
    assert (step["type"], step["actor"]) == (
        "application.submitted",
        {"jurisdiction": ZAOYANG, "kind": "partner", "name": "王五"},
    )


async def test_it_is_sealed_masked_and_found_like_our_own(county: County) -> None:
    number = await county.inbound()
    row = await Application.get(number=number)
    assert "李四测试".encode() not in bytes(row.person) + bytes(row.answers)
    assert row.key_id == (await county.talk(number)).key_id
    for q in ("李四测试", "lscs", "420683199002029986"):
        assert [one["number"] for one in (await county.parts.case_room.listing(OFFICER, q=q))["items"]] == [number]


async def test_the_same_case_twice_opens_once(county: County) -> None:
    number = county.zaoyang.number()
    word = county.zaoyang.says("application.submitted", number, submitted(county.clock()), seen=0)
    again = county.zaoyang.says("application.submitted", number, submitted(county.clock()), seen=0)
    await county.hears(word, word, again)
    assert await Leg.filter(number=number).count() == 1
    assert await county.states(number) == {1: "applied", 2: "recorded"}


NOWHERE: dict[str, tuple[dict[str, Any], str]] = {
    "a line that the list does not have": (
        {"matter": {"name": "x", "origin_code": "1", "handler_code": "999999999999"}},
        "parked matter_not_in_list",
    ),
    "a list that is another county's": (
        {"agreement": "jingshan"},
        "parked not_agreed_with_sender",
    ),
    "a list that is not here": ({"agreement": "nowhere"}, "held agreement_version_unknown"),
    "a version that is not here yet": ({"version": 2}, "held agreement_version_unknown"),
}


@pytest.mark.parametrize("what", list(NOWHERE))
async def test_a_case_that_leads_nowhere_opens_nothing(county: County, what: str) -> None:
    changes, reason = NOWHERE[what]
    assert await refused(county, county.zaoyang.number(), **changes) == reason


async def test_a_line_that_is_only_for_our_window_is_not_decided_here(county: County) -> None:
    """仅本地收件: the others decide it."""
    lines = [one for one in county.parts.library.index.matters() if one.direction == "outbound"]
    line = next(one for one in lines if one.agreement == "jingshan")
    matter = {"name": line.name[:200], "origin_code": "1", "handler_code": line.line.local_basic_code}
    number = county.jingshan.number()
    word = county.jingshan.says(
        "application.submitted", number, submitted(county.clock(), agreement="jingshan", matter=matter), seen=0
    )
    await county.hears(word, partner=JINGSHAN)
    assert (await county.incoming(word)).reason == "not_agreed_with_sender"


async def test_a_case_under_a_version_that_comes_later_waits_for_it(county: County) -> None:
    number = county.zaoyang.number()
    assert await refused(county, number, version=2) == "held agreement_version_unknown"
    version = await ListVersion.get(agreement="zaoyang", version=1)
    await ListVersion.create(
        agreement="zaoyang",
        version=2,
        state="in_force",
        effective_from=version.effective_from,
        hash=version.hash,
        text=version.text,
    )
    await county.parts.reload_lists()
    await county.look_again()
    assert (await Application.get(number=number)).agreement_version == 2


FOREIGN = ["421321202611241000001X", "420882202611241000001X", "4206832026112410000017X", "case"]


@pytest.mark.parametrize("number", FOREIGN)
async def test_a_county_gives_only_numbers_of_its_own(county: County, number: str) -> None:
    assert await refused(county, number) == "parked not_their_number"


async def test_a_county_cannot_take_the_number_of_a_case_that_is_here(county: County) -> None:
    number = await county.file()
    word = county.zaoyang.says("application.submitted", number, submitted(county.clock()), seen=0)
    await county.hears(word)
    assert (await county.incoming(word)).reason == "not_their_role"
    assert (await county.leg(number)).role == "origin"


async def test_a_case_waits_for_its_files(county: County) -> None:
    number = county.zaoyang.number()
    material = {"name": "居民身份证", "kind": "扫描上传", "attachment": PAPER}
    assert await refused(county, number, materials=[material]) == "held attachments_missing"
    await county.put(by=ZAOYANG)
    await county.look_again()
    shown = await county.parts.case_room.view(OFFICER, number)
    assert shown["state"] == "SUBMITTED"
    _, pieces = await county.parts.attachments.open(DIGEST, HOME)
    assert b"".join([piece async for piece in pieces]) == SCAN


async def test_our_copy_takes_over_what_a_supplement_brings(county: County) -> None:
    number = await county.inbound()
    await county.parts.case_room.request_supplement(OFFICER, number, asking())
    at = accepted(county.clock())["accepted_at"]
    data = {
        "answers": {"/answers/purpose": "落户", "/answers/applicant/mobile": "13000000009"},
        "materials": [{"name": "户口簿", "kind": "纸质原件"}],
        "received_at": at,
    }
    await county.hears(county.zaoyang.says("application.supplemented", number, data))
    case = await county.parts.case_room.open(OFFICER, number)
    assert (case.document["answers"]["purpose"], case.person["phone"]) == ("落户", "13000000009")
    shown = await county.parts.case_room.view(OFFICER, number)
    assert (shown["state"], shown["materials"][-1]["name"]) == ("SUBMITTED", "户口簿")
    assert (await county.parts.case_room.listing(OFFICER, q="13000000009"))["items"] != []


async def test_a_supplement_that_fits_nowhere_is_parked(county: County) -> None:
    number = await county.inbound()
    await county.parts.case_room.request_supplement(OFFICER, number, asking())
    at = accepted(county.clock())["accepted_at"]
    word = county.zaoyang.says(
        "application.supplemented",
        number,
        {"answers": {"/answers/purpose/deeper": "x"}, "materials": [], "received_at": at},
    )
    await county.hears(word)
    row = await county.incoming(word)
    assert (row.state, row.reason) == ("parked", "pointer")
    assert (await county.leg(number)).state == "SUPPLEMENT"


async def test_a_whole_life_on_both_sides_leaves_chains_that_hold(county: County) -> None:
    """Filed there, decided here, handed over there; and the same the other way round."""
    room, at = county.parts.case_room, accepted(county.clock())["accepted_at"]
    theirs = await county.inbound()
    await room.accept(OFFICER, theirs, {})
    await room.decide(OFFICER, theirs, {"outcome": "granted"})
    handed = {"at": at, "method": "window", "to": "李四测试"}
    await county.hears(
        county.zaoyang.says("result.handed_over", theirs, handed),
        county.zaoyang.says("application.rated", theirs, {"handler": 5}),
    )
    ours = await county.file(answers=answers())
    await county.hears(
        county.zaoyang.says("application.accepted", ours, accepted(county.clock())),
        county.zaoyang.says("note.sent", ours, _note()),
    )
    await county.round()
    assert {leg.number: leg.state for leg in await Leg.all()} == {theirs: "HANDED_OVER", ours: "ACCEPTED"}
    heads = {leg.number: (leg.audit_sequence, leg.audit_hash) for leg in await Leg.all()}
    await county.parts.roots.once()
    assert await audit.verify_all(heads) == []
    events = [item["type"] for item in (await room.events(CLERK, theirs, limit=200))["items"]]
    assert [one for one in events if not one.startswith("delivery.")] == [
        "application.submitted",
        "application.accepted",
        "application.decided",
        "result.handed_over",
        "application.rated",
    ]


def _note() -> dict[str, Any]:
    return {"text": "请查收", "attachments": [], "author": {"name": "王五", "phone": ""}}
