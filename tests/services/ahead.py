"""`main.py`, but its clock goes ahead by the seconds in the file that CLOCK_AHEAD names, read anew at each look.

Days pass for a gateway and its counties while a test waits for seconds. What the operating system measures (pauses,
time limits) stays as it is.
"""

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import cli, resources
from partners import registry
from partners.guest import seat

FILE = Path(os.environ["CLOCK_AHEAD"])


class Ahead(datetime):
    """A datetime whose now is later."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=float(FILE.read_text(encoding="ascii")))


for room in (resources, registry, seat):
    room.datetime = Ahead  # type: ignore[attr-defined]

if __name__ == "__main__":
    sys.exit(cli.main())
