"""Names of regions by their GB/T 2260 code, abolished ones included because old ID numbers still carry them."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "samples" / "regions.csv"


@cache
def _names() -> dict[str, str]:
    with _FILE.open(encoding="utf-8-sig", newline="") as lines:
        return {row["region_code"]: row["name"] for row in csv.DictReader(lines)}


@cache
def in_use() -> Mapping[str, str]:
    """Code -> name of the regions that are not abolished, in the order of the table."""
    with _FILE.open(encoding="utf-8-sig", newline="") as lines:
        return {row["region_code"]: row["name"] for row in csv.DictReader(lines) if row["status"] == "有效"}


def name_of(code: str) -> str | None:
    """The region's name, or None for a code that is not in the table."""
    return _names().get(code)


def named(code: str) -> str:
    """Name and code as people read them: 枣阳市（420683）; the bare code when it is not in the table."""
    name = name_of(code)
    return f"{name}（{code}）" if name else code


def prefecture_of(code: str) -> str:
    """The city-level code that a county's code belongs to: 420602 → 420600."""
    return code[:4] + "00"
