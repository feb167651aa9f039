"""`main.py`, but a county that reads its queue takes five thousand messages before it acknowledges the first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import cli
from partners.guest import amqp

amqp.PREFETCH = 5000

if __name__ == "__main__":
    sys.exit(cli.main())
