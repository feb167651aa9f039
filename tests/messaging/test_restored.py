"""A partner restored from yesterday's backup is recognised, gets again what it lost, and its numbers go on."""

import json

from messaging.tables import Outgoing
from tests.county import CLERK, ZAOYANG, County, Letter, accepted, answers, note


async def three_days(county: County) -> tuple[str, list[Letter]]:
    """A case in which both sides said three things and everything was applied; 枣阳's backup holds only its first."""
    number = await county.file()
    for text in ("一", "二"):
        await county.parts.case_room.urge(CLERK, number, {"text": text})
    await county.relay()
    words = [county.zaoyang.says("application.accepted", number, accepted(county.clock()), seen=1)]
    words += [county.zaoyang.says("note.sent", number, note(text), seen=3) for text in ("甲", "乙")]
    await county.hears(*words)
    for row in await county.outgoing(number):
        await county.hears(county.zaoyang.got(row))
    await county.tell()
    await county.relay()
    while await county.parts.mailbox.hand_out(ZAOYANG, 50):
        for row in await county.outgoing(number):
            await county.parts.mailbox.settle(ZAOYANG, row.message_id)
    county.zaoyang.next_out[number] = 2
    return number, words


async def due(county: County, number: str) -> list[int | None]:
    return [row.sequence for row in await county.outgoing(number) if row.due_at is not None]


async def test_a_number_used_anew_is_a_conflict_and_brings_the_lost_messages_back(county: County) -> None:
    number, words = await three_days(county)
    anew = county.zaoyang.says("note.sent", number, note("重新写的"), seen=1)
    await county.hears(anew)
    assert [apart.outcome for apart in await county.apart()] == ["conflict"]
    assert await due(county, number) == [2, 3, None, None]
    await county.relay()
    got = {json.loads(item.body)["id"]: item for item in await county.parts.mailbox.hand_out(ZAOYANG, 50)}
    for word in words[1:]:
        assert (got[word.id].body.encode(), got[word.id].signature) == (word.body, word.signature)


async def test_its_numbers_go_on_where_they_were(county: County) -> None:
    number, _ = await three_days(county)
    await county.hears(county.zaoyang.says("note.sent", number, note("重新写的"), seen=1))
    county.zaoyang.next_out[number] = 4
    await county.hears(county.zaoyang.says("note.sent", number, note("又来"), seen=1))
    assert await county.states(number) == {1: "applied", 2: "applied", 3: "applied", 4: "applied"}


async def test_our_numbers_and_bytes_stay_as_they_were(county: County) -> None:
    number, _ = await three_days(county)
    before = {row.message_id: row.sha256 for row in await county.outgoing(number)}
    await county.hears(county.zaoyang.says("note.sent", number, note("重新写的"), seen=1))
    await county.relay()
    after = {row.message_id: row.sha256 for row in await county.outgoing(number) if row.sequence is not None}
    assert after == before
    assert (await county.talk(number)).next_out == 4


async def test_a_view_that_fell_back_brings_ours_again(county: County) -> None:
    """Its own numbers were not lost, what it had heard of us was."""
    number, _ = await three_days(county)
    county.zaoyang.next_out[number] = 4
    await county.hears(county.zaoyang.says("note.sent", number, note("又来"), seen=1))
    assert await due(county, number) == [2, 3]
    assert (await county.talk(number)).their_seen == 1


async def test_who_asks_for_what_it_had_applied_gets_its_own_words_too(county: County) -> None:
    number, words = await three_days(county)
    await county.hears(county.zaoyang.says("resend.requested", number, {"from": 1, "to": 3}, sequence=None))
    assert await due(county, number) == [1, 2, 3, None, None, None]
    given_back = {row.message_id for row in await county.outgoing(number) if row.sequence is None}
    assert given_back == {word.id for word in words}


async def test_who_asks_again_gets_its_words_again_and_no_second_copy(county: County) -> None:
    number, _ = await three_days(county)
    for _ in range(2):
        await county.hears(county.zaoyang.says("resend.requested", number, {"from": 1, "to": 3}, sequence=None))
        await county.relay()
    assert await Outgoing.filter(subject=number, sequence__isnull=True).count() == 3


async def test_the_effects_are_had_once(county: County) -> None:
    number, words = await three_days(county)
    version = (await county.leg(number)).version
    await county.hears(county.zaoyang.says("note.sent", number, note("重新写的"), seen=1))
    await county.hears(*words)
    page = await county.parts.case_room.events(CLERK, number, limit=200)
    assert [item["type"] for item in page["items"]].count("note.sent") == 2
    assert (await county.leg(number)).version == version


async def test_two_partners_that_number_their_messages_alike_are_both_helped(county: County) -> None:
    for neighbour, agreement in ((county.zaoyang, "zaoyang"), (county.jingshan, "jingshan")):
        document = answers(targetRegion=neighbour.code)
        number = await county.file(matter=f"{agreement}.002014006001", answers=document)
        lost = neighbour.says("application.accepted", number, accepted(county.clock()), id_="message-1")
        await county.hears(lost, partner=neighbour.code)
        neighbour.next_out[number] = 1  # restored from a backup that does not hold it
        await county.hears(neighbour.says("note.sent", number, note("二")), partner=neighbour.code)
        again = await Outgoing.filter(message_id=lost.id, partner=neighbour.code, subject=number)
        assert [row.sha256 for row in again] == [lost.sha256]
