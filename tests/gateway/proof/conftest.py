"""Packages to check: a whole case between two counties, made by the real house, and ways to tamper with it."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.proof import verify
from gateway.proof.findings import Report
from messaging.envelope import sha256_hex
from tests.county import SCAN, County, accepted, answers, decided

Members = dict[str, bytes]


def members(raw: bytes) -> Members:
    """The package's files by name."""
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        return {info.filename: opened.read(info) for info in opened.infolist() if not info.is_dir()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files as a plain ZIP file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for path, body in files.items():
            package.writestr(path, body)
    return out.getvalue()


def report_on(files: Mapping[str, bytes]) -> Report:
    """What is found in these members."""
    return verify.members(files, Report())


def checks(report: Report) -> set[str]:
    """Names of the checks that found something against the package."""
    return {one.check for one in report.against()}


@dataclass
class Evidence:
    """A real package with the house that made it."""

    county: County
    number: str
    raw: bytes

    @property
    def files(self) -> Members:
        """A fresh copy of its members."""
        return members(self.raw)

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        value: dict[str, Any] = json.loads(self.files["manifest.json"])
        return value

    def signed_again(self, change: Callable[[dict[str, Any], Members], None]) -> Members:
        """The package after a change, as a dishonest issuer would give it out: listed anew and signed by its own key."""
        files = self.files
        manifest = json.loads(files.pop("manifest.json"))
        files.pop("manifest.jws")
        change(manifest, files)
        manifest["files"] = [
            {"path": path, "size": len(body), "sha256": sha256_hex(body)} for path, body in sorted(files.items())
        ]
        text = json.dumps(manifest, ensure_ascii=False).encode()
        parts = self.county.parts
        from_house = parts.evidence_issuer.sign(text, self.county.clock())
        return {"manifest.json": text, "manifest.jws": from_house.encode(), **files}


async def whole(county: County, **changes: Any) -> Evidence:
    """A case with a file goes to 枣阳, which receipts, accepts and grants it; we receipt; all of it is sealed."""
    sha256 = await county.put()
    document = answers()
    material = {"code": "M01", "name": "居民身份证", "source": "扫描上传", "sm3": "a" * 64, "pages": 1}
    document["materials"] = [material]
    given = [{"material": material["code"], "sha256": sha256}]
    number = await county.file(answers=document, attachments=given, **changes)
    await county.relay()
    (sent,) = await county.outgoing(number)
    await county.hears(county.zaoyang.got(sent))
    county.clock.move(seconds=3)
    await county.hears(county.zaoyang.says("application.accepted", number, accepted(county.clock())))
    county.clock.move(seconds=5)
    granted = county.zaoyang.says("application.decided", number, decided(county.clock()))
    await county.hears(granted)
    county.clock.move(seconds=6)
    await county.parts.roots.once()
    await county.arrives(granted)  # it comes once more, and its receipt tells of the root
    await county.tell()
    await county.relay()
    return Evidence(county, number, await county.parts.evidence(number))


@pytest.fixture
async def evidence(county: County) -> Evidence:
    """The whole case."""
    return await whole(county)


@pytest.fixture
def package(evidence: Evidence, tmp_path: Path) -> Path:
    """Its file."""
    path = tmp_path / f"evidence-{evidence.number}.zip"
    path.write_bytes(evidence.raw)
    return path


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A folder with the attachment."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "身份证.pdf").write_bytes(SCAN)
    return folder
