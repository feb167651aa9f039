"""How many seeds a run has, and the seed's name on whatever goes wrong under it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SEEDS = int(os.environ.get("FAULT_SEEDS", "2"))
LONG = SEEDS > 2  # `make faults`; otherwise a selection that fits into `make test`


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Whatever fails inside tells the seed that repeats it."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise


def under_seeds(*stories: object, short: range = range(1), most: int = SEEDS) -> pytest.MarkDecorator:
    """Play stories under every seed of a long run, at most `most`, and under those of `short` in a short one."""
    seeds = range(min(SEEDS, most)) if LONG else short
    return pytest.mark.parametrize(("story", "seed"), [(story, seed) for story in stories for seed in seeds])
