"""Two whole houses as each other's partners over a bad line: both databases end in the same state, by the checker too."""

import asyncio
import tempfile
from pathlib import Path

import pytest
import tortoise.context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import resources, worker
from tests.county import Clock
from tests.faults.checker import check
from tests.faults.deeds import HANDLER, ORIGIN
from tests.faults.full_counties import Pair, as_guest, furnish
from tests.faults.pure_counties import SUIXIAN, ZAOYANG
from tests.faults.seeds import SEEDS
from tests.faults.test_two_counties import SAME
from tests.faults.world import Gateway, World, read_gateway

pytestmark = pytest.mark.faults
COUNTIES, ANY = st.sampled_from((SUIXIAN, ZAOYANG)), st.integers(0, 99)
ACTIONS = st.one_of(
    st.tuples(st.just("file"), COUNTIES),
    st.tuples(st.just("window"), ANY, st.sampled_from(sorted(ORIGIN))),
    st.tuples(st.just("officer"), ANY, st.sampled_from(sorted(HANDLER))),
    st.tuples(st.just("loop"), COUNTIES, st.sampled_from(("_apply", "_receipts", "_gaps", "_relay", "_second_looks"))),
    st.tuples(st.just("round"), COUNTIES),
    st.tuples(st.just("fetch"), COUNTIES),
    st.tuples(st.just("arrive"), st.integers(1, 4)),
    st.tuples(st.just("time"), st.sampled_from((1, 6, 70))),
    st.tuples(st.just("crash"), COUNTIES),
)


async def act(pair: Pair, action: tuple[object, ...]) -> None:
    match action:
        case ("file", str(who)) if len(pair.cases) < 4:
            pair.cases.append((who, await pair.at[who].file()))
        case ("window", int(case), str(deed)) if pair.cases:
            origin, number = pair.cases[case % len(pair.cases)]
            await pair.at[origin].deed(pair.at[origin].clerk, number, deed)
        case ("officer", int(case), str(deed)) if pair.cases:
            origin, number = pair.cases[case % len(pair.cases)]
            handler = pair.at[pair.at[origin].other]
            await handler.deed(handler.officer, number, deed)
        case ("loop", str(who), str(name)):
            await pair.at[who].loop(name)
        case ("round", str(who)):
            await pair.at[who].round()
        case ("fetch", str(who)):
            await pair.fetch(who)
        case ("arrive", int(count)):
            for post in [pair.line.pop() for _ in range(min(count, len(pair.line)))]:
                await pair.at[post.to].takes(post)
        case ("time", int(seconds)):
            pair.clock.move(seconds=seconds)
        case ("crash", str(who)):
            await pair.at[who].crash()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two furnished data folders."""
    folder = tmp_path_factory.mktemp("both")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tortoise.context, "set_global_context", lambda context: None)
        asyncio.run(furnish(folder))
    return folder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock for both houses; and each finds its database by its own context alone."""
    clock = Clock()
    monkeypatch.setattr(resources, "now", clock)
    monkeypatch.setattr(worker, "now", clock)
    monkeypatch.setattr(tortoise.context, "set_global_context", lambda context: None)
    return clock


@given(seed=ANY, actions=st.lists(ACTIONS, min_size=5, max_size=40))
@settings(
    max_examples=8 if SEEDS <= 2 else 4 * SEEDS,
    deadline=None,
    derandomize=SEEDS <= 2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
def test_two_houses_end_in_the_same_state(
    both: Path, clock: Clock, seed: int, actions: list[tuple[object, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock.at = Clock().at
        cases = asyncio.run(story(both, Path(folder) / "pair", clock, seed, actions))
        ends = {home: read_gateway(Path(folder) / "pair" / home, home) for home in (SUIXIAN, ZAOYANG)}
    for home, other in ((SUIXIAN, ZAOYANG), (ZAOYANG, SUIXIAN)):
        world = World(ends[home], {other: as_guest(other, ends[other])}, drained_in=0.0)
        assert check(world) == []
    for _, number in cases:
        assert shown(ends[SUIXIAN], number) == shown(ends[ZAOYANG], number)


async def story(
    both: Path, folder: Path, clock: Clock, seed: int, actions: list[tuple[object, ...]]
) -> list[tuple[str, str]]:
    pair = await Pair.begin(both, folder, clock, seed)
    for action in [("file", SUIXIAN), *actions]:
        await act(pair, action)
    await pair.settle()
    await pair.end()
    return pair.cases


def shown(gateway: Gateway, number: str) -> dict[str, object]:
    leg = next(leg for leg in gateway["legs"] if leg["number"] == number)
    return {name: leg[name] for name in SAME}
