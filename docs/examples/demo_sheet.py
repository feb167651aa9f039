"""Writes the start sheet of a partner of the demonstration, as `partners connect --json` gives it for a real one.

python3 demo_sheet.py var/demo/demo.json 420683 > sheet.json
"""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen


def sheet(demo: dict[str, Any], code: str) -> dict[str, Any]:
    """What a partner needs besides its own key; the gateway's public keys are fetched once and pinned."""
    client = next(one for one in demo["clients"] if one["jurisdiction"] == code)
    with urlopen(demo["url"] + "/.well-known/jwks.json", timeout=30) as answer:  # noqa: S310  # our own demonstration
        keys = json.load(answer)
    return {
        "code": code,
        "by": "polling",
        "api": demo["url"] + "/api/v1",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "our_jwks": keys,
    }


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(sheet(told, sys.argv[2]), ensure_ascii=False) + "\n")
