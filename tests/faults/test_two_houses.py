"""Two whole houses as each other's partners over a bad line: both databases end in the same state, by the checker too."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import tortoise.context
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from gateway import resources, worker
from gateway.auth.actor import Actor
from tests.county import Clock
from tests.faults.both_lists import SUIXIAN, ZAOYANG
from tests.faults.checker import check
from tests.faults.deeds import HANDLER, ORIGIN, rotated
from tests.faults.full_counties import Pair, Place, as_guest, furnish
from tests.faults.seeds import LONG, SEEDS
from tests.faults.test_two_counties import SAME
from tests.faults.world import Gateway, World, read_gateway

pytestmark = pytest.mark.faults
COUNTIES, ANY = st.sampled_from((SUIXIAN, ZAOYANG)), st.integers(0, 99)
ACTIONS = st.one_of(
    st.tuples(st.just("file"), COUNTIES),
    st.tuples(st.just("window"), ANY, ANY),
    st.tuples(st.just("officer"), ANY, ANY),
    st.tuples(st.just("officer"), ANY, ANY),
    st.tuples(st.just("loop"), COUNTIES, st.sampled_from(("_apply", "_receipts", "_gaps", "_relay", "_second_looks"))),
    st.tuples(st.just("exchange"), st.integers(0, 3)),
    st.tuples(st.just("exchange"), st.integers(0, 3)),
    st.tuples(st.just("time"), st.sampled_from((1, 6, 70))),
    st.tuples(st.just("crash"), COUNTIES),
)


async def act(pair: Pair, action: tuple[object, ...]) -> None:
    match action:
        case ("file", str(who)) if len(pair.cases) < 4:
            pair.cases.append((who, await pair.at[who].file()))
        case ("window", int(case), int(first)) if pair.cases:
            origin, number = pair.cases[case % len(pair.cases)]
            await do(pair.at[origin], pair.at[origin].clerk, number, rotated(sorted(ORIGIN), first))
        case ("officer", int(case), int(first)) if pair.cases:
            origin, number = pair.cases[case % len(pair.cases)]
            handler = pair.at[pair.at[origin].other]
            await do(handler, handler.officer, number, rotated(sorted(HANDLER), first))
        case ("loop", str(who), str(name)):
            await pair.at[who].loop(name)
        case ("exchange", int(left)):
            await exchange(pair, left)
        case ("time", int(seconds)):
            pair.clock.move(seconds=seconds)
        case ("crash", str(who)):
            await pair.at[who].crash()


async def do(place: Place, actor: Actor, number: str, names: Sequence[str]) -> None:
    """The first of these deeds that may be done now."""
    for name in names:
        if await place.deed(actor, number, name):
            return


async def exchange(pair: Pair, left: int) -> None:
    """Both fetch, and all but a few of what is on the line arrives, in no order; what arrived is applied or not."""
    for home in pair.at:
        await pair.at[home].loop("_relay")
        await pair.fetch(home)
    while len(pair.line) > left:
        post = pair.line.pop()
        await pair.at[post.to].takes(post)
    for home in pair.at:
        for name in pair.dice.sample(("_apply", "_receipts", "_gaps"), pair.dice.randint(1, 3)):
            await pair.at[home].loop(name)


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


@given(seed=ANY, actions=st.lists(ACTIONS, min_size=20, max_size=40))
@settings(
    max_examples=3 * SEEDS if LONG else 6,
    deadline=None,
    derandomize=not LONG,
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
        event(str(shown(ends[SUIXIAN], number)["state"]))
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
