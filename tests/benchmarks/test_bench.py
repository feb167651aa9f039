"""The bench itself: a run of tiny sizes on both stacks writes a bench.json of the agreed shape. No time is asserted."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import load, targets
from tests.benchmarks.process import ROOT
from tests.benchmarks.report import Report
from tests.benchmarks.targets import BROKER, CPU, EMBEDDED, RATE
from tests.faults.seeds import LONG

if LONG:  # in `make faults`; every `make bench` shows it too

    @pytest.mark.rabbitmq
    @pytest.mark.postgresql
    async def test_a_tiny_run_measures_both_stacks_and_their_yardsticks(tmp_path: Path) -> None:
        told = await _bench(
            tmp_path / "bench.json", "--seconds", "1", "--clerks", "4", "--only", "machine,flows,latency"
        )
        assert told.keys() == {"machine", "runs", "ratios"}
        assert all(one.keys() == {"stack", "name", "unit", "value"} for one in told["runs"])
        assert all(one.keys() == {"name", "value", "target", "met"} for one in told["ratios"])
        measured = {(one["stack"], one["name"]): one["value"] for one in told["runs"]}
        for stack in (BROKER, EMBEDDED):
            assert measured[stack, RATE] > 0, "cases went all the way and became visible"
            assert measured[stack, CPU] > 0
        assert len(told["ratios"]) >= 9


async def _bench(out: Path, *arguments: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "tests.benchmarks.bench", "--out", str(out), *arguments)
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=both)
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said[-3000:]
    return dict(json.loads(out.read_text(encoding="utf-8")))  # noqa: ASYNC240


def test_a_target_is_met_or_missed_and_what_was_not_measured_is_left_out(tmp_path: Path) -> None:
    report = Report()
    report.add(BROKER, RATE, "/s", 400.0)
    report.add("bare postgresql+rabbitmq", RATE, "/s", 1000.0)
    report.add("naive postgresql+rabbitmq", RATE, "/s", 40.0)
    targets.hold(report)
    assert [(one["value"], one["met"]) for one in report.ratios] == [(0.4, False), (10.0, True)]


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert load.percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert load.percentile([1.0, 2.0], 0.99) == 2.0
