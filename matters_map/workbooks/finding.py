"""A finding about a cell of a list: what was found, what is expected, and why, in Chinese."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from matters_map.workbooks.codes import CODES, SEVERITIES


class Said(NamedTuple):
    """What a rule says of a value. `severity` None is the usual one of the code, `why` empty its usual sentence."""

    code: str
    expected: Any = None
    why: str = ""
    severity: str | None = None


@dataclass(frozen=True)
class Finding:
    """`cell`: F5, F5:F6, a column (R) or a row (12); None is the whole sheet. `sheet` is CSV for a csv file.

    `severity`: error keeps the row or the sheet out, warning is mended in what would be imported, info is only told.
    """

    sheet: str | None
    cell: str | None
    code: str
    severity: str
    found: Any = None
    expected: Any = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """`{"sheet","cell","code","severity","found","expected","message"}`; dates as text."""
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "code": self.code,
            "severity": self.severity,
            "found": plain(self.found),
            "expected": plain(self.expected),
            "message": self.why,
        }


def finding(sheet: str | None, cell: str | None, said: Said, found: Any = None) -> Finding:
    """The finding that a rule's word makes at a cell."""
    kind = CODES[said.code]
    severity = said.severity or kind.severities[0]
    return Finding(sheet, cell, said.code, severity, found, said.expected, said.why or kind.means)


def rank(severity: str) -> int:
    """0 is the gravest."""
    return SEVERITIES.index(severity)


def plain(value: Any) -> Any:
    """A value that JSON holds: days as 2026-01-01, other moments in full, numbers and text as they are."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
