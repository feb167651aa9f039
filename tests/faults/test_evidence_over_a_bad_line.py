"""Evidence of cases that went over a bad line, with crashes on both sides: each county's package is proven, and both agree."""

import asyncio
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, example, given, settings
from hypothesis import strategies as st

from gateway.proof import verify
from gateway.proof.findings import Report
from tests.county import Clock
from tests.faults.both_lists import SUIXIAN, ZAOYANG
from tests.faults.full_counties import Pair
from tests.faults.seeds import LONG, SEEDS
from tests.faults.test_two_houses import ACTIONS, ANY, act, both, clock

__all__ = ["both", "clock"]  # fixtures
pytestmark = pytest.mark.faults
# Half way through, a decision with its paper waits in Suixian for a word that is still on its way
HELD: list[tuple[object, ...]] = [
    *(("exchange", 0), ("exchange", 1), ("exchange", 1), ("window", 98, 65), ("window", 22, 22), ("window", 60, 44)),
    *(("file", SUIXIAN), ("exchange", 3), ("window", 7, 34), ("crash", SUIXIAN), ("officer", 17, 73)),
    *(("officer", 92, 8), ("loop", SUIXIAN, "_relay"), ("officer", 90, 98), ("exchange", 1), ("file", ZAOYANG)),
    *(("officer", 30, 8), ("file", SUIXIAN), ("exchange", 2), ("officer", 29, 33), ("exchange", 0), ("file", SUIXIAN)),
]
Proven = dict[str, tuple[Report, Report]]  # case -> what its package proves while it was under way, and at the end


@example(seed=30, actions=HELD)
@given(seed=ANY, actions=st.lists(ACTIONS, min_size=20, max_size=40))
@settings(
    max_examples=2 * SEEDS if LONG else 4,
    deadline=None,
    derandomize=not LONG,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
def test_both_counties_evidence_of_a_case_is_proven_and_tells_the_same_messages(
    both: Path,
    clock: Clock,
    seed: int,
    actions: list[tuple[object, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock.at = Clock().at
        found = asyncio.run(story(both, Path(folder) / "pair", clock, seed, actions))
    assert set(found[SUIXIAN]) == set(found[ZAOYANG]) != set()
    for home in found:
        for number, (midway, end) in found[home].items():
            assert wrong(midway) <= {"order"}, (home, number, [*midway.against()])  # what is on the line is missing
            assert [*end.against()] == [], (home, number)
    for number, (_, ours) in found[SUIXIAN].items():
        event(f"{len(ours.confirmations)} confirmations")
        theirs = found[ZAOYANG][number][1]
        assert confirmed(ours) == confirmed(theirs) != set()


def wrong(report: Report) -> set[str]:
    """Names of the checks that found something."""
    return {one.check for one in report.against()}


def confirmed(report: Report) -> set[tuple[str, str, str]]:
    """Which message was confirmed by whom with which outcome."""
    return {(one.message, one.by, one.outcome) for one in report.confirmations}


async def story(
    both: Path,
    folder: Path,
    clock: Clock,
    seed: int,
    actions: list[tuple[object, ...]],
) -> dict[str, Proven]:
    pair = await Pair.begin(both, folder, clock, seed)
    for action in [("file", SUIXIAN), *actions]:
        await act(pair, action)
    midway = await packages(pair)
    await pair.settle()
    end = await packages(pair)
    await pair.end()
    return {
        home: {number: (midway[home].get(number, end[home][number]), end[home][number]) for number in end[home]}
        for home in end
    }


async def packages(pair: Pair) -> dict[str, dict[str, Report]]:
    """What each county's package of each case proves; a case that has not arrived has none."""
    found: dict[str, dict[str, Report]] = {home: {} for home in pair.at}
    for home, place in pair.at.items():
        await place.run(lambda parts: parts.roots.once())
        for origin, number in pair.cases:
            if origin == home or await place.knows(number):
                raw = await place.run(lambda parts, number=number: parts.evidence(number))  # type: ignore[misc]
                with zipfile.ZipFile(io.BytesIO(raw)) as package:
                    files = {name: package.read(name) for name in package.namelist() if not name.endswith("/")}
                found[home][number] = verify.members(files, Report())
    return found
