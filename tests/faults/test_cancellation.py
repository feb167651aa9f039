"""Requests cancelled at every step: the connection and its lock stay whole, and the same request made again is done once."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from gateway.applications.errors import InFlight
from gateway.applications.tables import Application
from gateway.attachments.tables import Attachment
from messaging.tables import Incoming, Mail, Outgoing
from messaging.unit_of_work import run_tx
from partners.couriers import polling
from tests.county import PROGRAM, ZAOYANG, County, accepted, filing
from tests.faults.checker import check
from tests.faults.seeds import LONG
from tests.faults.world import World, read_gateway
from tests.services import stack

pytestmark = pytest.mark.faults
STEPS = 200 if LONG else 40  # steps of the loop, and as many slices of time, after which a request is cancelled
SLICE = 0.0003  # seconds
SOON = 10.0  # seconds in which the next request has to be done
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n%"

Request = Callable[[int], Awaitable[Any]]


async def cut_and_again(request: Request, n: int, *, slices: bool) -> Any:
    """Begin the n-th request, cut it after n steps or n slices of time, and make it again until it is answered."""
    task = asyncio.ensure_future(request(n))
    if slices:
        await asyncio.sleep(n * SLICE)
    else:
        for _ in range(n):
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    async with asyncio.timeout(SOON):
        while True:
            try:
                return await request(n)
            except InFlight:
                await asyncio.sleep(0.001)


async def every_way(request: Request) -> list[Any]:
    """Cut at every step, then at every slice; the answers in the end."""
    by_step = [await cut_and_again(request, n, slices=False) for n in range(STEPS)]
    return by_step + [await cut_and_again(request, n + STEPS, slices=True) for n in range(STEPS)]


def nothing_broken(county: County) -> bool:
    """What the checker says of the database; nobody answers here, so messages of ours stay open."""
    settings = county.parts.settings
    database = settings.database_url if stack.ON_POSTGRES else None
    world = World(read_gateway(settings.data, database=database), drained_in=0.0)
    assert [broken for broken in check(world) if broken.invariant != "I6"] == []
    return True


async def seal(county: County) -> None:
    """Every line under a root."""
    while await county.parts.roots.once():
        pass


async def test_a_filing_that_is_cut_is_one_case(county: County) -> None:
    async def file(n: int) -> Any:
        answer = await county.parts.case_room.submit(PROGRAM, filing(reference=f"key-{n}"), source=2, key=f"key-{n}")
        return answer.body["number"]

    numbers = await every_way(file)
    filed = Counter(await Application.all().values_list("reference", flat=True))
    assert set(filed.values()) == {1}
    assert len(filed) == len(set(numbers)) == 2 * STEPS
    await seal(county)
    assert nothing_broken(county)


async def test_a_deed_that_is_cut_is_said_once(county: County) -> None:
    number = await county.file()

    async def note(n: int) -> Any:
        await county.parts.case_room.note(PROGRAM, number, {"text": f"note {n}"}, key=f"key-{n}")

    await every_way(note)
    assert await Outgoing.filter(subject=number, type="note.sent").count() == 2 * STEPS
    await seal(county)
    assert nothing_broken(county)


async def test_a_message_whose_request_is_cut_is_stored_once(county: County) -> None:
    number = await county.file()
    letters = {}

    async def arrive(n: int) -> Any:
        if n not in letters:
            letters[n] = county.zaoyang.says("note.sent", number, {"text": "x", "attachments": [], "author": AUTHOR})
        await county.arrives(letters[n])

    await every_way(arrive)
    await county.apply()
    assert await Incoming.filter(subject=number, state="applied").count() == 2 * STEPS
    await seal(county)
    assert nothing_broken(county)


AUTHOR = {"name": "王五", "phone": "07100000001"}


async def test_a_receipt_whose_request_is_cut_settles_its_delivery(county: County) -> None:
    numbers = [await county.file() for _ in range(20)]
    await county.relay()
    rows = [(await county.outgoing(number))[0] for number in numbers]
    mailbox, store = county.parts.mailbox, county.parts.inbox.store

    async def receipt(n: int) -> Any:
        row = rows[n % len(rows)]
        letter = county.zaoyang.got(row)
        await polling.settle(mailbox, store, ZAOYANG, row.message_id, letter.body, letter.signature)

    await every_way(receipt)
    await county.apply()
    assert await Mail.filter(state="waiting").count() == 0
    assert set(await Outgoing.filter(subject__in=numbers).values_list("state", "outcome")) == {("closed", "applied")}
    await seal(county)
    assert nothing_broken(county)


async def test_a_file_whose_upload_is_cut_is_kept_once(county: County) -> None:
    await county.parts.attachments.start()

    async def put(n: int) -> Any:
        kept, _ = await county.parts.attachments.put("421321", "test", _pieces(n), "scan.pdf", "application/pdf")
        return kept["sha256"]

    digests = await every_way(put)
    assert digests == [hashlib.sha256(PDF + str(n).encode()).hexdigest() for n in range(2 * STEPS)]
    assert await Attachment.all().count() == 2 * STEPS


async def _pieces(n: int) -> AsyncIterator[bytes]:
    yield PDF
    await asyncio.sleep(0)
    yield str(n).encode()


async def test_long_polls_and_looks_that_are_cut_hold_nothing_back(county: County) -> None:
    number = await county.file()
    await county.relay()

    async def poll(n: int) -> Any:
        return await county.parts.mailbox.wait_and_hand_out(ZAOYANG, 50, 0.0)

    async def look(n: int) -> Any:
        return await county.parts.case_room.view(PROGRAM, number)

    handed = await every_way(poll)
    assert {item.attempt > 0 for items in handed for item in items} == {True}
    assert {seen["number"] for seen in await every_way(look)} == {number}
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    assert (await county.leg(number)).state == "ACCEPTED"


async def test_a_transaction_whose_caller_is_cut_at_any_step_lets_the_next_one_in(county: County) -> None:
    async def slow(n: int) -> Any:
        async def unit(connection: Any) -> int:
            for _ in range(5):
                await connection.execute_query("SELECT 1")
            return n

        return await run_tx(unit)

    assert await every_way(slow) == list(range(2 * STEPS))
