"""Routing and forms, answered from memory: microseconds of one look. `python -m tests.benchmarks.lookups` prints JSON."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import county as counties
from tests.county import MATTER, ZAOYANG

TIMES = 5000


def _each(look: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(TIMES):
        look()
    return (time.perf_counter() - begun) / TIMES * 1e6


async def _measured(folder: Path) -> dict[str, float]:
    async with counties.opened(folder, counties.Clock()) as county:
        lists = county.parts.lists
        code = MATTER.partition(".")[2]
        return {
            "routing": _each(lambda: lists.index.route(MATTER, ZAOYANG)),
            "form": _each(lambda: lists.forms.for_basic_code(code)),
        }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as name:
        counties.furnish(Path(name) / "county")
        sys.stdout.write(json.dumps(asyncio.run(_measured(Path(name) / "county"))) + "\n")
