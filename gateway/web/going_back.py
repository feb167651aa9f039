"""Where a page may send people back to: addresses of this house only."""

from urllib.parse import urlsplit

LONGEST = 500
DOORS = ("/sign-in", "/sign-out")


def local(address: str | None, otherwise: str = "/") -> str:
    """`address` when it is a page of ours, else `otherwise`. Never another host, never the door itself."""
    if not address or len(address) > LONGEST or not address.startswith("/") or address.startswith("//"):
        return otherwise
    if "\\" in address or any(ord(letter) <= 32 or ord(letter) == 127 for letter in address):
        return otherwise
    return otherwise if urlsplit(address).path in DOORS else address
