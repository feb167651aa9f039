"""The post room's desk for coordinators: what is stuck and why, its content masked, and exits that the case shows."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.audit import queries
from gateway.coordination import post_causes, post_payload
from gateway.coordination.errors import Forbidden, NotFound, Refused
from messaging import contract
from messaging.tables import Incoming, Outgoing
from partners import signing
from tests.county import AUDITOR, CLERK, COORDINATOR, OPERATORS, ZAOYANG, County, note

ADMINISTRATOR = replace(COORDINATOR, role="administrator", username="zhoujiu", name="周九")
ROOT = Path(__file__).resolve().parents[2]


async def parked(county: County, number: str) -> str:
    """A message of 枣阳's that cannot be applied; how the post room calls it."""
    letter = county.zaoyang.says("note.sent", number, {"text": ""})
    await county.hears(letter)
    return f"i{(await county.incoming(letter)).id}"


async def test_what_is_parked_says_why_and_what_would_mend_it(county: County) -> None:
    number = await county.file()
    ref = await parked(county, number)
    rows, following = await county.parts.post_room.listing(COORDINATOR, "parked")
    assert [(one.id, one.number, one.partner_name) for one in rows] == [(ref, number, "枣阳市")]
    assert (rows[0].cause.text, rows[0].type_text, following) == ("内容不符合报文格式", "窗口间留言", None)
    assert rows[0].said == "/attachments:required /author:required /text:minLength"
    assert (await county.parts.post_room.counts(COORDINATOR))["parked"] == 1


async def test_messages_are_grouped_by_county_and_cause(county: County) -> None:
    number = await county.file()
    for data in ({"text": ""}, {"text": "x" * 5000}):
        await county.hears(county.zaoyang.says("note.sent", number, data))
    await county.hears(county.jingshan.says("note.sent", county.jingshan.number(), note(), seen=0), partner="420882")
    groups = await county.parts.post_room.groups(COORDINATOR, "parked")
    assert [(one.partner, one.cause.code, one.count) for one in groups] == [
        (ZAOYANG, "schema", 2),
        ("420882", "no_such_case", 1),
    ]
    refs = await county.parts.post_room.all_of(COORDINATOR, "parked", ZAOYANG, "schema")
    assert len(refs) == 2


async def test_pages_of_what_is_stuck_go_on_where_the_last_one_ended(county: County) -> None:
    number = await county.file()
    every = [await parked(county, number) for _ in range(3)]
    first, after = await county.parts.post_room.listing(COORDINATOR, "parked", limit=2)
    second, end = await county.parts.post_room.listing(COORDINATOR, "parked", limit=2, after=after)
    assert [one.id for one in (*first, *second)] == every[::-1]
    assert end is None


async def test_a_preview_leaves_everything_as_it_was(county: County) -> None:
    number = await county.file()
    ref = await parked(county, number)
    results = await county.parts.post_room.settle(COORDINATOR, "set_aside", [ref], "看看", dry_run=True)
    assert [(one.ok, one.text) for one in results] == [(True, "可以搁置")]
    assert (await Incoming.get(id=int(ref[1:]))).state == "parked"
    assert (await queries.house_lines())["items"] == []


async def test_a_bulk_deed_settles_each_by_itself_and_says_what_became_of_each(county: County) -> None:
    number = await county.file()
    refs = [await parked(county, number) for _ in range(2)]
    await county.parts.post_room.settle(COORDINATOR, "set_aside", refs[:1], "重复")
    results = await county.parts.post_room.settle(COORDINATOR, "set_aside", [*refs, "i1", "x9"], "重复")
    assert [(one.ok, one.text) for one in results] == [
        (False, "不能处理：这份报文已经搁置"),
        (True, "已搁置"),
        (False, "没有这份报文"),
        (False, "没有这份报文"),
    ]
    lines = (await queries.house_lines())["items"]
    assert [(line["who"], line["what"], line["why"]) for line in lines] == [
        ("person:421321:孙八", "post.set_aside", "重复"),
        ("person:421321:孙八", "post.set_aside", "重复"),
    ]


async def test_a_replayed_message_is_applied_and_shown_on_its_case(county: County) -> None:
    number = await county.file()
    letter = county.zaoyang.says("note.sent", number, note("请补交原件"))
    await county.hears(letter)
    row = await county.incoming(letter)
    row.state, row.reason = "parked", "apply_failed ValueError"
    await row.save()
    assert (await county.talk(number)).next_in == 2
    await county.parts.post_room.settle(COORDINATOR, "replay", [f"i{row.id}"], "已修复")
    await county.apply()
    assert (await county.incoming(letter)).state == "applied"
    assert (await county.talk(number)).next_in == 2


async def test_an_old_view_of_a_replayed_message_is_not_taken_for_a_restored_backup(county: County) -> None:
    number = await county.file()
    spoilt = county.zaoyang.says("note.sent", number, note(), seen=0)
    await county.hears(spoilt, county.zaoyang.says("note.sent", number, note(), seen=1))
    row = await county.incoming(spoilt)
    row.state, row.reason = "parked", "apply_failed ValueError"
    await row.save()
    sent = (await county.outgoing(number))[0]
    await Outgoing.filter(id=sent.id).update(state="closed", due_at=None, outcome="applied")
    await county.parts.post_room.settle(COORDINATOR, "replay", [f"i{row.id}"], "已修复")
    await county.apply()
    assert (await county.incoming(spoilt)).state == "applied"
    assert (await Outgoing.get(id=sent.id)).due_at is None


async def test_a_message_of_ours_closed_by_name_shows_on_the_case_and_its_time_line(county: County) -> None:
    number = await county.file()
    await county.relay()
    county.clock.move(minutes=10)
    rows, _ = await county.parts.post_room.listing(COORDINATOR, "outgoing")
    assert [(one.number, one.cause.code) for one in rows] == [(number, "unreceipted")]
    await county.parts.post_room.settle(COORDINATOR, "close", [rows[0].id], "已电话告知")
    leg = await county.leg(number)
    assert (leg.delivery, leg.delivery_reason) == ("set_aside", "已电话告知")
    events = (await county.parts.case_room.events(CLERK, number))["items"]
    assert events[-1]["text"] == "本地关闭了发给枣阳市的报文，不再等待回执：已电话告知"
    assert (await county.parts.post_room.listing(COORDINATOR, "outgoing"))[0] == []


async def test_what_the_partner_could_not_verify_is_sent_again_and_receipted(county: County) -> None:
    number = await county.file()
    await county.relay()
    letter = (await county.outgoing(number))[0]
    await county.hears(county.zaoyang.got(letter, "quarantined", reason="unknown_key"))
    assert (await county.leg(number)).delivery == "quarantined"
    await county.parts.post_room.settle(COORDINATOR, "send_again", [f"o{letter.id}"])
    assert (await county.leg(number)).delivery == "sent"
    assert await county.relay() == 1
    await county.hears(county.zaoyang.got(letter))
    assert (await county.leg(number)).delivery == "receipted"


async def test_content_is_masked_and_its_revealing_is_a_line_in_the_audit(county: County) -> None:
    number = await county.file()
    letter = (await county.outgoing(number))[0]
    shown = await county.parts.post_room.masked(COORDINATOR, f"o{letter.id}")
    assert shown is not None
    assert "421321200001019998" not in shown
    assert number in shown
    text = await county.parts.post_room.reveal(COORDINATOR, f"o{letter.id}", "与对方核对")
    assert json.loads(text) == json.loads(await county.body(letter))
    (line,) = (await queries.house_lines())["items"]
    assert (line["what"], line["why"], line["detail"]["sha256"]) == ("post.revealed", "与对方核对", letter.sha256)


async def test_the_administrator_sees_no_content_the_auditor_changes_nothing_and_others_see_nothing(
    county: County,
) -> None:
    room, number = county.parts.post_room, await county.file()
    ref = await parked(county, number)
    assert await room.masked(ADMINISTRATOR, ref) is None
    with pytest.raises(Forbidden):
        await room.reveal(ADMINISTRATOR, ref, "看看")
    with pytest.raises(Forbidden):
        await room.settle(AUDITOR, "replay", [ref], "看看")
    for stranger in (CLERK, OPERATORS[ZAOYANG], replace(COORDINATOR, jurisdiction=ZAOYANG)):
        with pytest.raises(Forbidden):
            await room.listing(stranger, "parked")


async def test_a_reason_is_asked_for_and_an_unknown_deed_or_message_is_told(county: County) -> None:
    room, number = county.parts.post_room, await county.file()
    ref = await parked(county, number)
    for reason in ("", "  ", "x" * 201):
        with pytest.raises(Refused):
            await room.settle(COORDINATOR, "set_aside", [ref], reason)
    with pytest.raises(Refused):
        await room.settle(COORDINATOR, "set_aside", [], "重复")
    with pytest.raises(NotFound):
        await room.settle(COORDINATOR, "burn", [ref], "重复")
    with pytest.raises(NotFound):
        await room.one(COORDINATOR, "i0")
    (result,) = await room.settle(COORDINATOR, "send_again", [ref], "重复")
    assert (result.ok, result.text) == (False, "这类报文不能再次发送")


def test_every_reason_that_the_case_room_and_the_post_room_give_has_words() -> None:
    said: set[str] = set()
    for path in [*ROOT.glob("gateway/applications/**/*.py"), *ROOT.glob("messaging/*.py")]:
        source = path.read_text(encoding="utf-8")
        said |= set(re.findall(r"Unmappable\(\"(\w+)\"\)", source))
        said |= set(re.findall(r"settle\(row, \"held\", \"(\w+)\"", source))
        if path.name == "hearing.py":
            said |= set(re.findall(r"return \"(\w+)\"", source))
    assert said
    assert said - post_causes.INCOMING.keys() == set()
    for reason in signing.REASONS:
        assert post_causes.quarantined(reason).text


@pytest.mark.parametrize("type_", sorted(contract.KNOWN))
def test_masked_content_keeps_its_shape_and_hides_every_word_about_people(type_: str) -> None:
    data = contract.example(type_)
    shown = json.loads(post_payload.masked(json.dumps({"type": type_, "data": data})))
    assert _shape(shown["data"]) == _shape(data)
    assert set(_leaves(shown["data"].pop("answers", {}))) <= {post_payload.HIDDEN}
    assert set(_personal(shown["data"])) <= {post_payload.HIDDEN}


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    return [_shape(part) for part in value] if isinstance(value, list) else None


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _personal(value: Any) -> list[Any]:
    """Names, numbers, telephones, free texts, wherever they stand."""
    told = (
        "name",
        "id_number",
        "phone",
        "text",
        "clerk",
        "note",
        "reason",
        "waybill",
        "number",
        "to",
        "problem",
        "wanted",
    )
    if isinstance(value, dict):
        own = [part for name, part in value.items() if name in told and isinstance(part, str)]
        return own + [one for part in value.values() for one in _personal(part)]
    return [one for part in value for one in _personal(part)] if isinstance(value, list) else []
