"""撤销提交: a submission waits in the database; undone it is a draft again, left alone it becomes one case, whatever dies."""

import asyncio
from pathlib import Path

import pytest

from gateway.applications.errors import NotFound
from gateway.applications.tables import Application, Draft
from tests.county import CLERK, OTHER_CLERK, Clock, County, filing, opened

KEY = "one-submission"


async def waiting(county: County, key: str = KEY, **changes: object) -> str:
    body = filing(**changes)
    draft = await county.parts.case_room.drafts.save(CLERK, None, body["matter"], "420683", {"pairs": [["a", "b"]]})
    await county.parts.pending.put(CLERK, draft, body, key)
    return draft


async def test_it_is_submitted_when_its_time_is_over_by_whoever_submitted_it(county: County) -> None:
    draft, pending = await waiting(county), county.parts.pending
    assert (await pending.one(CLERK, draft)).seconds == 10
    assert await pending.once() == 0
    assert not await Application.exists()
    county.clock.move(seconds=10)
    assert await pending.once() == 1
    (row,) = await Application.all()
    assert (row.clerk, row.window, row.source) == ("张三", "1号窗口", 1)
    assert (await county.leg(row.number)).owner == "zhangsan"
    assert (await pending.one(CLERK, draft)).number == row.number
    assert await pending.once() == 0
    kept = await Draft.get(id=draft)
    assert (kept.filing, bytes(kept.answers)) == (None, b"")
    assert await county.parts.case_room.drafts.all(CLERK) == []


async def test_undone_it_is_a_draft_again_and_nothing_was_ever_numbered(county: County) -> None:
    draft, pending = await waiting(county), county.parts.pending
    with pytest.raises(NotFound):
        await county.parts.case_room.drafts.one(CLERK, draft)
    assert not await pending.undo(OTHER_CLERK, draft), "nobody undoes another's"
    assert await pending.undo(CLERK, draft)
    county.clock.move(minutes=5)
    assert await pending.once() == 0
    assert not await Application.exists()
    assert (await county.parts.case_room.drafts.one(CLERK, draft))["answers"] == {"pairs": [["a", "b"]]}
    with pytest.raises(NotFound):
        await pending.one(CLERK, draft)


async def test_what_somebody_is_at_cannot_be_undone_and_a_claim_that_led_to_nothing_is_taken_up_once(
    county: County,
) -> None:
    draft, pending = await waiting(county), county.parts.pending
    county.clock.move(seconds=10)
    await Draft.filter(id=draft).update(claimed_at=county.clock())  # its process was killed here
    assert not await pending.undo(CLERK, draft)
    assert await pending.once() == 0
    county.clock.move(seconds=20)
    assert await pending.once() == 1
    assert await Application.all().count() == 1


async def test_killed_between_the_case_and_the_draft_it_stays_one_case(county: County) -> None:
    draft, pending = await waiting(county), county.parts.pending
    answer = await county.parts.case_room.submit(CLERK, filing(), source=1, key=KEY, route="POST /applications/new")
    county.clock.move(seconds=10)
    await asyncio.gather(pending.once(), pending.once(), pending.hurry(CLERK, draft))
    assert await Application.all().count() == 1
    assert (await pending.one(CLERK, draft)).number == answer.body["number"]
    assert await pending.of_key(CLERK, KEY) == draft


async def test_what_is_refused_comes_back_as_a_draft_with_the_reason(county: County) -> None:
    draft, pending = await waiting(county, matter="zaoyang.999999999999"), county.parts.pending
    await pending.hurry(CLERK, draft)
    refused = await pending.one(CLERK, draft)
    assert (refused.number, refused.seconds) == (None, None)
    assert refused.refusal
    (listed,) = await county.parts.case_room.drafts.all(CLERK)
    assert (listed["id"], listed["refusal"]) == (draft, refused.refusal)
    assert not await Application.exists()


async def test_it_survives_the_end_of_its_process(county_folder: Path) -> None:
    clock = Clock()
    async with opened(county_folder, clock) as before:
        draft = await waiting(before)
    clock.move(minutes=1)
    async with opened(county_folder, clock) as after:
        assert await after.parts.pending.once() == 1
        assert (await after.parts.pending.one(CLERK, draft)).number == (await Application.get()).number
