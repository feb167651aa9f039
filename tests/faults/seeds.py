"""How many seeds a run has, and the seed's name on whatever goes wrong under it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

SEEDS = int(os.environ.get("FAULT_SEEDS", "2"))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Whatever fails inside tells the seed that repeats it."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
