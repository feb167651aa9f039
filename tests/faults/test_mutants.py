"""The suite is tried itself: under each deliberate bug the scenario that is there for it must fail."""

import random
from pathlib import Path

import pytest

from tests import county as counties
from tests.faults.mutants import FURTHER, NAMED
from tests.faults.seeds import SEEDS
from tests.messaging import scenarios

pytestmark = pytest.mark.faults

MUTANTS = NAMED | FURTHER
SOME = [*NAMED, *random.Random(SEEDS).sample(list(FURTHER), 2)] if SEEDS < 10 else list(MUTANTS)
CAUGHT = (AssertionError, pytest.fail.Exception)  # an expectation that was not met, and an error that did not come


@pytest.mark.parametrize("name", SOME)
async def test_the_suite_catches_it(county_folder: Path, name: str) -> None:
    mutate, scenario = MUTANTS[name]
    async with counties.opened(county_folder, counties.Clock()) as county:
        with pytest.MonkeyPatch.context() as patch:
            mutate(patch)
            with pytest.raises(CAUGHT):
                await scenario(county)


def test_every_scenario_has_a_bug_that_it_is_there_for() -> None:
    assert {scenario.__name__ for _, scenario in MUTANTS.values()} == set(scenarios.ALL)
