"""What was measured: printed as it comes, held against the targets at the end, and written as JSON."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class Report:
    """Raw figures of one run, and the ratios between them."""

    def __init__(self, note: str = "") -> None:
        self.machine = {
            "cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"), "note": note,
            "load_before": round(os.getloadavg()[0], 2),
        }  # fmt: skip
        self.runs: list[dict[str, Any]] = []
        self.ratios: list[dict[str, Any]] = []

    def add(self, stack: str, name: str, unit: str, value: float) -> float:
        """A raw figure; printed at once."""
        self.runs.append({"stack": stack, "name": name, "unit": unit, "value": round(value, 4)})
        _say(f"{stack:<28}{name:<46}{value:>12,.2f} {unit}")
        return value

    def of(self, stack: str, name: str) -> float | None:
        """A raw figure of this run; None when it was not measured."""
        return next((float(one["value"]) for one in self.runs if (one["stack"], one["name"]) == (stack, name)), None)

    def hold(
        self, name: str, value: float | None, target: str, *, most: float | None = None, least: float | None = None
    ) -> None:
        """A figure against its target, when it was measured."""
        if value is None:
            return
        met = (most is None or value <= most) and (least is None or value >= least)
        self.ratios.append({"name": name, "value": round(value, 4), "target": target, "met": met})

    def table(self) -> None:
        """The targets, met or missed."""
        _say("")
        for one in self.ratios:
            _say(f"{'met   ' if one['met'] else 'MISSED'}  {one['name']:<72}{one['value']:>12,.3f}   {one['target']}")

    def write(self, out: Path) -> None:
        """`{"machine","runs":[{"stack","name","unit","value"}],"ratios":[{"name","value","target","met"}]}`."""
        self.machine["load_after"] = round(os.getloadavg()[0], 2)
        told = {"machine": self.machine, "runs": self.runs, "ratios": self.ratios}
        out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def ratio(above: float | None, below: float | None) -> float | None:
    """One figure over another; None when either was not measured."""
    return above / below if above is not None and below else None


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
