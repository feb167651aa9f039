"""Addresses of static files, with their content in them, so that a browser may keep each for ever."""

import hashlib
import json
from functools import cache
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
URL = "/static"
KEPT_FOR = "public, max-age=31536000, immutable"  # Cache-Control of an address that `static` or `vendored` gave


class AssetMissing(Exception):
    """A page names a static file that is not there; the text says what to do."""


@cache
def static(path: str) -> str:
    """`app.css` -> `/static/app.css?v=3f2a…`. Read once; a changed file shows after a restart."""
    try:
        content = (STATIC / path).read_bytes()
    except OSError:
        raise AssetMissing(f"static file {path} does not exist") from None
    return f"{URL}/{path}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def vendored(name: str) -> str:
    """`htmx.org/htmx.min.js` -> `/static/vendor/htmx.org-2.0.11/htmx.min.js`, checked against its SHA-256."""
    folder = STATIC / "vendor"
    try:
        entry = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"][name]
        content = (folder / entry["path"]).read_bytes()
    except (OSError, KeyError, ValueError):
        raise AssetMissing(f"browser part {name} is not set up; run: python -m gateway.web.vendoring") from None
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise AssetMissing(f"browser part {name} was changed; run: python -m gateway.web.vendoring")
    return f"{URL}/vendor/{entry['path']}"
