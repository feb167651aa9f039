"""What the scenarios of a run measured, printed at its end: a figure that nobody reads proves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.open_loop import percentile


@dataclass(frozen=True)
class Row:
    """One scenario under one seed."""

    scenario: str
    seed: int
    filed: int
    waits: Sequence[float]  # seconds until a number, for those who came during the fault; the shortest first
    queued: float  # seconds from the end of the fault until the broker had everything that waited for it
    drained: float  # the same until nothing was under way any more, on either side
    memory: int  # most MiB that the gateway ever had
    load: float  # of the machine at the end: how many processes wanted to run
    more: str = ""


ROWS: list[Row] = []


def lines() -> list[str]:
    """The table."""
    return [
        f"{row.scenario:<28} seed {row.seed:<4} filed {row.filed:<6} clerk p50 {_ms(row, 0.5)} p99 {_ms(row, 0.99)}"
        f" handed over in {row.queued:5.1f} s, all at rest in {row.drained:5.1f} s, memory {row.memory} MiB, load {row.load:.0f}; {row.more}"
        for row in sorted(ROWS, key=lambda row: (row.scenario, row.seed))
    ]


def _ms(row: Row, part: float) -> str:
    return f"{percentile(row.waits, part) * 1000:6.0f} ms" if row.waits else "       –"
