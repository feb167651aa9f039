"""Files that only look like a package: nothing is unpacked anywhere, memory stays bounded, and the refusal says why."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import cli
from gateway.proof import package as packages
from gateway.proof import verify
from tests.faults.seeds import LONG
from tests.gateway.proof.conftest import Evidence, checks, members, report_on, zipped

Made = Callable[[zipfile.ZipFile], None]


def made(path: Path, *work: Made) -> Path:
    """A ZIP file by somebody's own hand."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for one in work:
            one(opened)
    return path


def member(name: str, body: bytes = b"{}", **attributes: int) -> Made:
    """A member with a name and attributes of one's own."""

    def put(opened: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        opened.writestr(info, body)

    return put


def refused(path: Path) -> str:
    """Why it is not read."""
    with pytest.raises(packages.Refused) as caught:
        packages.read(path)
    report = verify.file(path)
    assert checks(report) == {"package"}
    assert caught.value.zh
    return caught.value.en


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json", "messages/../../x.json", "/etc/passwd", "C:/x.json", "messages\\x.json", "messages/.json",
        "messages//x.json", "messages/x.exe", "papers/../x", "papers/.htaccess", "MANIFEST.JSON", "messages/报文.json",
        "messages/a\u202ejson.json", "other/x.json", "messages/x.json/", "messages/",
    ],
)  # fmt: skip
def test_a_name_that_no_package_has_is_refused(name: str, tmp_path: Path) -> None:
    assert "name" in refused(made(tmp_path / "x.zip", member("manifest.json"), member(name)))


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    """Readers that stop at the NUL see another name than those that do not."""
    path = made(tmp_path / "x.zip", member("manifest.json"), member("messages/a.jsonXx"))
    path.write_bytes(path.read_bytes().replace(b"a.jsonXx", b"a.json\0x"))
    assert "name" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", ["messages/a.json", "messages/A.json"])
def test_two_members_of_one_name_are_refused(other: str, tmp_path: Path) -> None:
    assert "same name" in refused(made(tmp_path / "x.zip", member("messages/a.json"), member(other)))


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    link = member("messages/a.json", b"/etc/passwd", external_attr=0o120777 << 16)
    assert "plain file" in refused(made(tmp_path / "x.zip", link))


def test_an_encrypted_or_strangely_packed_member_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "x.zip", member("manifest.json", compress_type=zipfile.ZIP_STORED))
    raw = path.read_bytes()
    central = raw.index(b"PK\x01\x02")
    path.write_bytes(raw[: central + 8] + b"\x01\0" + raw[central + 10 :])
    assert "encrypted" in refused(path)
    assert "packed" in refused(made(tmp_path / "y.zip", member("manifest.json", compress_type=zipfile.ZIP_LZMA)))


def test_a_bomb_is_refused_by_what_it_says_and_stopped_by_what_it_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MAX_MEMBER", 1_000_000)
    monkeypatch.setattr(packages, "MAX_TOTAL", 1_500_000)
    honest = made(tmp_path / "x.zip", member("manifest.json", bytes(1_000_001), compress_type=zipfile.ZIP_DEFLATED))
    assert "too large" in refused(honest)
    many = made(tmp_path / "y.zip", *(member(f"messages/{n}.json", bytes(900_000)) for n in range(2)))
    assert "too large when unpacked" in refused(many)
    raw = honest.read_bytes()
    small = struct.pack("<L", 10)
    central = raw.index(b"PK\x01\x02")
    honest.write_bytes(raw[:22] + small + raw[26 : central + 24] + small + raw[central + 28 :])
    assert "sound" in refused(honest)


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """The kernel of one member under many names: small on disk, huge unpacked."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = body.compress(bytes(100_000)) + body.flush()
    head = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, zlib.crc32(bytes(100_000)), len(packed), 100_000, 15, 0
    )
    raw, names = head + b"messages/a.json" + packed, [b"messages/a.json", b"messages/b.json"]
    entries = b"".join(
        struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, zlib.crc32(bytes(100_000)), len(packed), 100_000, 15, 0, 0,
            0, 0, 0, 0,
        ) + name
        for name in names
    )  # fmt: skip
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(entries), len(raw), 0)
    path = tmp_path / "x.zip"
    path.write_bytes(raw + entries + end)
    assert "overlap" in refused(path)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (b"#!/bin/sh\n", b"", "begin"),
        (b"PK\x03\x04", b"", "directory"),
        (b"", b"PK", "begin and end"),
        (b"", b"\0" * 22, "end"),
    ],
)
async def test_nothing_stands_before_or_behind(
    evidence: Evidence, before: bytes, after: bytes, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(before + evidence.raw + after)
    assert why in refused(path)


@pytest.mark.parametrize(
    "raw", [b"", b"PK", b"not a zip at all", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(18)]
)
def test_what_is_no_zip_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(raw)
    assert refused(path)


def test_a_file_that_is_too_large_or_has_too_many_members_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "x.zip", *(member(f"messages/{n}.json") for n in range(3)))
    monkeypatch.setattr(packages, "MAX_MEMBERS", 2)
    assert "too many" in refused(path)
    monkeypatch.setattr(packages, "MAX_FILE", 100)
    assert "larger" in refused(path)


@pytest.mark.parametrize(
    "manifest",
    [
        b"", b"null", b"[]", b"\xff", b'{"format":"tongban-evidence/1"}', b'{"format":"a","format":"b"}',
        b"[" * 100_000, b'{"format":1}', b'{"format":"tongban-evidence/2"}', b'{"format":"\\u001b[2Jx"}',
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_or_of_an_unknown_version_is_refused(manifest: bytes) -> None:
    report = report_on({"manifest.json": manifest})
    assert checks(report) == {"package"}
    assert "\x1b" not in "".join(one.zh + one.en for one in report.against())


def test_an_empty_package_is_none(tmp_path: Path) -> None:
    path = made(tmp_path / "x.zip", member("README.txt"))
    assert [one.where for one in verify.file(path).missing] == ["manifest.json"]


async def test_what_a_package_says_cannot_write_to_the_terminal(
    evidence: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def paint(manifest: dict[str, object], files: dict[str, bytes]) -> None:
        manifest["unknown_keys"] = ["\x1b[2J\u202e钥匙", "x" * 10_000]

    path = tmp_path / "x.zip"
    path.write_bytes(zipped(evidence.signed_again(paint)))
    assert cli.main(["verify", str(path)]) == 1
    out = capsys.readouterr().out
    assert "钥匙" in out
    assert not {"\x1b", "\u202e"} & set(out)
    assert "x" * 300 not in out


async def test_a_package_packed_again_plainly_is_still_proven(evidence: Evidence, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped(evidence.files))
    assert verify.file(path).ok


async def test_no_byte_of_the_file_changes_what_is_read_unseen(evidence: Evidence, tmp_path: Path) -> None:
    """Either it is refused, or something is found, or every member reads as before."""
    path = tmp_path / "x.zip"

    @settings(max_examples=300 if LONG else 60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(evidence.raw) - 1), st.integers(0, 7))
    def unseen(place: int, bit: int) -> None:
        raw = bytearray(evidence.raw)
        raw[place] ^= 1 << bit
        path.write_bytes(raw)
        if verify.file(path).ok:
            assert packages.read(path) == members(evidence.raw)

    unseen()
