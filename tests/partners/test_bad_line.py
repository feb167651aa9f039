"""Property: over a line that loses, doubles and disorders, each message has its effect once, in order, on both sides."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.partners.two_counties import CASES, SUIXIAN, WORDS, ZAOYANG, Pair

CODES = st.sampled_from([SUIXIAN, ZAOYANG])
SPEECHES = st.tuples(st.just("say"), CODES, st.sampled_from(CASES), st.sampled_from(WORDS))
STEPS = st.tuples(st.just("step"), st.integers(1, 6))
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


async def act(pair: Pair, action: tuple[object, ...]) -> None:
    if action[0] == "say":
        await pair.both[str(action[1])].say(str(action[2]), str(action[3]))
        return
    for _ in range(int(str(action[1]))):
        await pair.step()


async def assert_all_said_is_applied_once_in_order(pair: Pair) -> None:
    for speaker, listener in ((pair.suixian, pair.zaoyang), (pair.zaoyang, pair.suixian)):
        for case in CASES:
            last, _ = await speaker.numbers(case)
            assert await listener.applied(case) == list(range(1, last + 1))
        assert {state[2:] for state in await speaker.states()} <= {("closed", "applied")}
        assert await speaker.apart() == []


@given(seed=st.integers(0, 2**32), actions=st.lists(st.one_of(SPEECHES, STEPS), max_size=25))
@SLOW
def test_everything_arrives_once_and_in_order(seed: int, actions: list[tuple[object, ...]]) -> None:
    async def story() -> None:
        async with Pair(seed) as pair:
            for action in actions:
                await act(pair, action)
            await pair.settle()
            await assert_all_said_is_applied_once_in_order(pair)

    asyncio.run(story())


@given(
    seed=st.integers(0, 2**32),
    before=st.lists(st.one_of(SPEECHES, STEPS), max_size=12),
    lost=st.lists(st.one_of(SPEECHES, STEPS), max_size=12),
    after=st.lists(st.one_of(SPEECHES, STEPS), max_size=8),
)
@SLOW
def test_a_county_restored_from_a_backup_is_mended_by_the_other(
    seed: int, before: list[tuple[object, ...]], lost: list[tuple[object, ...]], after: list[tuple[object, ...]]
) -> None:
    async def story() -> None:
        async with Pair(seed) as pair:
            with tempfile.TemporaryDirectory() as folder:
                backup = Path(folder) / "yesterday.sqlite3"
                for action in before:
                    await act(pair, action)
                await pair.zaoyang.ledger.dump(backup)
                for action in lost:
                    await act(pair, action)
                await pair.settle()  # everything was applied and receipted before the disk broke
                await pair.zaoyang.ledger.restore(backup)
            pair.line.bad = True
            for action in after:
                await act(pair, action)
            for case in CASES:  # the next word of either side is what shows that the books are old
                await pair.suixian.say(case, "application.urged")
                await pair.zaoyang.say(case, "application.urged")
            await pair.settle()
            for case in CASES:
                said_there, applied_there = await pair.zaoyang.numbers(case)
                said_here, applied_here = await pair.suixian.numbers(case)
                assert (said_there, applied_there) == (applied_here, said_here)
                assert await pair.suixian.applied(case) == list(range(1, applied_here + 1))
                assert await pair.zaoyang.applied(case) == list(range(1, said_here + 1))
            assert {state[2] for state in await pair.zaoyang.states()} <= {"closed", "superseded"}
            assert {state[2] for state in await pair.suixian.states()} <= {"closed"}

    asyncio.run(story())
