"""Scenarios that must hold: each is tried by a test of its own, and must fail under the bug that it is there for.

`tests/faults/test_mutants.py` applies the bugs.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from gateway.applications.errors import NotFound
from gateway.applications.tables import Application
from messaging import envelope
from messaging.inbox import Unverified
from messaging.tables import Incoming, Mail, Outgoing
from partners import signing
from tests.county import CLERK, HOME, JINGSHAN, OPERATORS, ZAOYANG, County, Letter, accepted, decided, filing, note

Scenario = Callable[[County], Awaitable[None]]


async def effects(county: County, number: str) -> list[str]:
    """What happened in a case, without what the transport said of it."""
    page = await county.parts.case_room.events(CLERK, number, limit=200)
    return [item["type"] for item in page["items"] if not item["type"].startswith("delivery.")]


async def once(county: County) -> None:
    """However often a message comes, it has one effect and one row, and each coming gets the same answer."""
    number = await county.file()
    letter = county.zaoyang.says("note.sent", number, note())
    answers = []
    for _ in range(3):
        answers.append(await county.arrives(letter))
        await county.apply()
    assert await effects(county, number) == ["application.submitted", "note.sent"]
    assert await Incoming.filter(subject=number).count() == 1
    assert [answer.duplicate for answer in answers] == [False, True, True]


async def in_order(county: County) -> None:
    """What comes before its turn waits for it."""
    number = await county.file()
    first = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    second = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.hears(second)
    assert (await county.leg(number)).state == "SUBMITTED"
    await county.hears(first)
    assert await effects(county, number) == ["application.submitted", "application.accepted", "application.decided"]
    assert await county.states(number) == {1: "applied", 2: "applied"}


async def until_receipted(county: County) -> None:
    """A message whose receipt does not come goes again, and is not shown as received."""
    number = await county.file()
    await county.relay()
    await Mail.all().delete()  # the partner's disk is lost
    county.clock.move(seconds=61)
    await county.relay()
    assert [item.id for item in await county.parts.mailbox.hand_out(ZAOYANG, 10)] != []
    (row,) = await county.outgoing(number)
    assert (row.state, row.outcome) == ("confirmed", None)
    assert (await county.leg(number)).delivery == "sent"


async def nothing_left_behind(county: County) -> None:
    """A message that was held is never forgotten, whatever happens while it is put away."""
    number = await county.file()
    first = county.zaoyang.says("note.sent", number, note("一"))
    second = county.zaoyang.says("note.sent", number, note("二"))
    await county.hears(second)
    await county.hears(first)
    assert await county.states(number) == {1: "applied", 2: "applied"}
    await county.look_again()
    assert await effects(county, number) == ["application.submitted", "note.sent", "note.sent"]


async def one_number_one_message(county: County) -> None:
    """Two messages under one number, arriving together: one has it, the other is a conflict."""
    number = await county.file()
    letters = [county.zaoyang.says("note.sent", number, note(text), sequence=1) for text in ("一", "二")]
    await asyncio.gather(*(county.arrives(letter) for letter in letters))
    await county.apply()
    assert await Incoming.filter(subject=number).count() == 1
    assert [apart.outcome for apart in await county.apart()] == ["conflict"]


async def the_very_bytes(county: County) -> None:
    """What was signed are bytes: others that mean the same are not believed, unusual ones that were signed are."""
    number = await county.file()
    letter = county.zaoyang.says("application.accepted", number, accepted(county.clock()))
    spaced = json.dumps(json.loads(letter.body), indent=1).encode()
    with pytest.raises(Unverified):
        await county.arrives(Letter(letter.id, spaced, letter.signature))
    own = county.zaoyang.sign(spaced, letter.id, int(county.clock().timestamp()))
    assert (await county.arrives(own)).sha256 == envelope.sha256_hex(spaced)


async def the_wall(county: County) -> None:
    """A county sees nothing of another's cases."""
    number = await county.file()
    stranger, room = OPERATORS[JINGSHAN], county.parts.case_room
    for question in (room.view, room.events):
        with pytest.raises(NotFound):
            await question(stranger, number)
    assert (await room.listing(stranger))["items"] == []
    assert (await room.counts(stranger))["all"] == 0
    assert len((await room.listing(OPERATORS[ZAOYANG]))["items"]) == 1


async def no_word_in_anothers_case(county: County) -> None:
    """A county's word has no effect on a case of another, not even when both are drained together."""
    number = await county.file()
    await county.arrives(county.zaoyang.says("note.sent", number, note()))
    stranger = county.jingshan.says("application.decided", number, decided(county.clock()))
    await county.arrives(stranger, partner=JINGSHAN)
    await county.apply()
    assert (await county.leg(number)).state == "SUBMITTED"
    assert (await county.incoming(stranger)).state == "parked"


async def by_its_digest(county: County) -> None:
    """A receipt for other bytes than ours closes nothing."""
    number = await county.file()
    await county.relay()
    (row,) = await county.outgoing(number)
    await county.hears(county.zaoyang.got(row, sha256="0" * 64))
    assert (await Outgoing.get(id=row.id)).state == "confirmed"
    assert (await county.leg(number)).delivery == "sent"


async def durable_when_answered(county: County) -> None:
    """A door answers when the message is on the disk, not before."""
    number = await county.file()
    letter = county.zaoyang.says("note.sent", number, note())
    await county.arrives(letter)
    assert await Incoming.filter(message_id=letter.id).exists()


async def the_same_bytes_again(county: County) -> None:
    """Every sending is of the same bytes under the same signature."""
    await county.file()
    sent = []
    for _ in range(3):
        await county.relay()
        items = await county.parts.mailbox.hand_out(ZAOYANG, 10)
        sent += [(item.body, item.signature) for item in items]
        await Mail.all().delete()
        county.clock.move(hours=1)
    assert (len(sent), len(set(sent))) == (3, 1)
    proven = signing.verify(sent[0][0].encode(), sent[0][1], county.parts.key.public_jwk())
    assert proven.iss == f"urn:jurisdiction:{HOME}"


async def one_case_for_one_request(county: County) -> None:
    """The same request again is the same case."""
    answers = [await county.parts.case_room.submit(CLERK, filing(), source=1, key="k") for _ in range(3)]
    assert len({answer.body["number"] for answer in answers}) == 1
    assert await Application.all().count() == 1


async def a_number_for_each(county: County) -> None:
    """Cases that are filed together have each a number of their own."""
    filed: list[str | BaseException] = []
    for together in (1, 5, 2):
        filed += await asyncio.gather(*(county.file() for _ in range(together)), return_exceptions=True)
    assert [one for one in filed if not isinstance(one, str)] == []
    assert len(set(filed)) == 8


ALL: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        once, in_order, until_receipted, nothing_left_behind, one_number_one_message, the_very_bytes, the_wall,
        no_word_in_anothers_case, by_its_digest, durable_when_answered, the_same_bytes_again, one_case_for_one_request,
        a_number_for_each,
    )
}  # fmt: skip
