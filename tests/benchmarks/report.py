"""What was measured: printed as it comes, held against the targets at the end, written as JSON."""

import json
import platform
import sys
from pathlib import Path


class Report:
    """Collects raw figures."""

    def __init__(self) -> None:
        self.runs: list[dict[str, object]] = []

    def add(self, stack: str, name: str, unit: str, value: float) -> None:
        self.runs.append({"stack": stack, "name": name, "unit": unit, "value": value})
        sys.stdout.write(f"{stack:<28}{name:<44}{value:>12,.2f} {unit}\n")
        sys.stdout.flush()

    def write(self, out: Path) -> None:
        out.write_text(json.dumps({"machine": {"python": platform.python_version()}, "runs": self.runs, "ratios": []}))
