"""`main.py demo`, but on the database named in DEMO_DATABASE_URL: for tests of the whole house on PostgreSQL.

The product's own demonstration never touches a database that it did not make.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import cli, demo

_plain = demo._inherited


def _with_database() -> dict[str, str]:
    return {**_plain(), "TONGBAN_DATABASE_URL": os.environ["DEMO_DATABASE_URL"]}


demo._inherited = _with_database

if __name__ == "__main__":
    sys.exit(cli.main())
