"""One package from end to end: opened safely, then each check in turn, all of them even when one fails."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.proof import (
    anchors,
    attached,
    contents,
    letters,
    listed,
    order,
    package,
    papers,
    receipting,
    ring,
    shapes,
    trail,
)
from gateway.proof.findings import Report, plain


def file(path: Path, known: anchors.Anchors | None = None, folder: Path | None = None) -> Report:
    """What the package at `path` proves. `known`: fingerprints from outside; `folder`: attachments that lie beside it.

    Raises OSError when a file cannot be read, and nothing else, whatever the package holds.
    """
    report = Report()
    try:
        files = package.read(path)
    except package.Refused as refused:
        report.fail("package", path.name, refused.zh, refused.en)
        return report
    return members(files, report, known, folder)


def members(
    files: Mapping[str, bytes], report: Report, known: anchors.Anchors | None = None, folder: Path | None = None
) -> Report:
    """As `file`, for members that were read already."""
    manifest = _manifest(files, report)
    if manifest is None:
        return report
    keys = ring.read(manifest, files, report)
    _introduce(manifest, keys, report)
    anchors.check(keys.all(), known, report)
    contents.check(manifest, files, report)
    contents.check_signature(manifest, files["manifest.json"], files, keys, report)
    found = letters.read(manifest, files, keys, report)
    order.check(found["messages"], [leg["number"] for leg in manifest["legs"]], manifest["issuer"]["code"], report)
    receipting.check(found["messages"], found["receipts"], report)
    listed.check(manifest, files, found, keys, report)
    attached.check(manifest, found["messages"], folder, report)
    papers.check(manifest, files, report)
    trail.check(manifest, files, found, keys, report)
    return report


def _manifest(files: Mapping[str, bytes], report: Report) -> dict[str, Any] | None:
    raw = files.get("manifest.json")
    if raw is None:
        report.miss("package", "manifest.json", "没有清单，不是证据包", "no manifest: this is no evidence package")
        return None
    try:
        return shapes.manifest(raw)
    except shapes.UnknownFormat as unknown:
        report.fail(
            "package",
            "manifest.json",
            f"不认识的格式版本 {plain(unknown)}，请用出具它的版本核验",
            f"unknown format version {plain(unknown)}: check it with the version that made it",
        )
    except shapes.Misshapen:
        report.fail("package", "manifest.json", "清单不合规范", "the manifest is malformed")
    return None


def _introduce(manifest: Mapping[str, Any], keys: ring.Ring, report: Report) -> None:
    report.about = {
        "format": manifest["format"],
        "number": plain(manifest["number"]),
        "issuer": manifest["issuer"]["code"],
        "origin": manifest["origin"],
        "legs": [{name: plain(leg[name]) for name in ("number", "handler", "state")} for leg in manifest["legs"]],
        "as_of": manifest["as_of"],
        "keys": [key.to_json() for key in keys.all()],
    }
