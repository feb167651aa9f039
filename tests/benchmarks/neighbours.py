"""What a partner that is 1,000 times slower, or dead, does to the others: p99 with and without it, in interleaved pairs."""

from pathlib import Path
from statistics import median

import orjson

from tests.benchmarks import house, load
from tests.benchmarks.house import House, Stack
from tests.benchmarks.load import percentile
from tests.county import JINGSHAN, ZAOYANG, answers

PAIRS = 5
SLOW = 60.0  # seconds before the slow county answers; a quick one needs a few hundredths
LINES = 32


async def measured(folder: Path, stack: Stack, rate: float, seconds: float) -> tuple[float, list[tuple[float, float]]]:
    """(median of p99 with the slow county / p99 without it, each pair of p99 in ms): POST to visible at the quick one."""
    pairs = []
    async with house.running(folder, stack, delays={ZAOYANG: 0.0, JINGSHAN: SLOW}, clerks=2 * LINES) as one:
        await load.open_loop(rate, 2.0, one.file, one.shown, one.gateway, LINES)
        for _ in range(PAIRS):
            alone = await load.open_loop(rate, seconds, one.file, one.shown, one.gateway, LINES)
            beside = await _beside(one, rate, seconds)
            pairs.append((percentile(alone.visible, 0.99) * 1e3, percentile(beside.visible, 0.99) * 1e3))
    return median(beside / alone for alone, beside in pairs), pairs


async def _beside(one: House, rate: float, seconds: float) -> load.Measured:
    """The same load, and every fourth case more goes to the slow county."""
    turn = 0

    async def file(place: int) -> str:
        nonlocal turn
        turn += 1
        if turn % 4 == 0:
            body = house.case() | {"matter": "jingshan.002014006001", "answers": answers(targetRegion=JINGSHAN)}
            status, said = await one.lines[LINES + place].post_json(
                "/api/v1/applications", body, Idempotency_Key=f"{house.RUN}-slow-{id(one)}-{house.turn()}"
            )
            assert status == 201, orjson.loads(said)
        return await one.file(place)

    return await load.open_loop(rate, seconds, file, one.shown, one.gateway, LINES)
