"""The backup's file: a tar of the database, the attachments and a manifest that names the digest of each, with a seal.

The seal is keyed with the index key, so that nobody without the installation's keys can make a backup or change one.
"""

import contextlib
import hashlib
import hmac
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

FORMAT = 1
DATABASE, MANIFEST, SEAL = "database", "manifest.json", "manifest.seal"
ATTACHMENTS = "attachments/"
_PIECE = 1024 * 1024
_SMALL = 64 * 1024 * 1024  # bytes that a manifest may have


class BadBackup(Exception):
    """The file is no backup of ours, is damaged, or does not belong to these keys; the text says which."""


@dataclass(frozen=True)
class Contents:
    """A backup that was read through and found whole."""

    manifest: Mapping[str, Any]
    sha256: str  # of the manifest: the name of this backup on the audit chain

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return str(self.manifest["kind"])


def write(target: Path, head: Mapping[str, Any], database: Path, attachments: Path, key: bytes) -> Contents:
    """Make the file, visible under its name only when all of it is on the disk. Raises OSError."""
    draft = target.with_name(target.name + ".part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                members = [_put(tar, DATABASE, database)]
                members += _put_all(tar, attachments)
                text = json.dumps({"format": FORMAT, **head, "members": members}, sort_keys=True).encode()
                _put_bytes(tar, MANIFEST, text)
                _put_bytes(tar, SEAL, _seal(key, text).encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return Contents(json.loads(text), hashlib.sha256(text).hexdigest())


def _put_all(tar: tarfile.TarFile, folder: Path) -> Iterator[Mapping[str, Any]]:
    """Every file that has its place. One that is swept away meanwhile was named by nobody."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        place = path.relative_to(folder).as_posix()
        if path.is_file() and not place.startswith("drafts/"):
            with contextlib.suppress(FileNotFoundError):
                yield _put(tar, ATTACHMENTS + place, path)


def _put(tar: tarfile.TarFile, name: str, path: Path) -> Mapping[str, Any]:
    with path.open("rb") as file:
        member = tarfile.TarInfo(name)
        member.size, member.mode = os.fstat(file.fileno()).st_size, 0o600
        counted = _Counting(file)
        tar.addfile(member, counted)
    return {"name": name, "size": member.size, "sha256": counted.digest.hexdigest()}


def _put_bytes(tar: tarfile.TarFile, name: str, text: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text), 0o600
    tar.addfile(member, io.BytesIO(text))


class _Counting:
    """Reads a file and keeps the digest of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece


def check(source: Path, key: bytes) -> Contents:
    """Read all of it and hold it against its manifest. Raises BadBackup, OSError."""
    found: dict[str, tuple[int, str]] = {}
    texts: dict[str, bytes] = {}
    try:
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                if not member.isreg() or not _tame(member.name) or member.name in found:
                    raise BadBackup(f"{member.name}：不该在备份里的内容 (does not belong into a backup)")
                found[member.name] = (member.size, _digest(tar, member, texts))
    except (tarfile.TarError, EOFError) as error:
        raise BadBackup(f"不是完整的备份文件 (not a whole backup): {error}") from None
    return _agreed(found, texts, key)


def _digest(tar: tarfile.TarFile, member: tarfile.TarInfo, texts: dict[str, bytes]) -> str:
    file = tar.extractfile(member)
    assert file is not None  # noqa: S101  # a regular file has one
    if member.name in (MANIFEST, SEAL) and member.size <= _SMALL:
        texts[member.name] = file.read()
        return hashlib.sha256(texts[member.name]).hexdigest()
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _agreed(found: Mapping[str, tuple[int, str]], texts: Mapping[str, bytes], key: bytes) -> Contents:
    if MANIFEST not in texts or SEAL not in texts:
        raise BadBackup("没有清单，不是完整的备份文件 (without manifest: not a whole backup)")
    if not hmac.compare_digest(_seal(key, texts[MANIFEST]), texts[SEAL].decode("ascii", "replace")):
        raise BadBackup(
            "清单与本机的密钥不符：密钥不是备份时的，或文件被改过 (the manifest is not sealed with these keys)"
        )
    manifest = json.loads(texts[MANIFEST])
    if manifest["format"] != FORMAT:
        raise BadBackup(f"备份格式 {manifest['format']}，本版本读不了 (unknown format)")
    named = {one["name"]: (one["size"], one["sha256"]) for one in manifest["members"]}
    here = {name: value for name, value in found.items() if name not in (MANIFEST, SEAL)}
    if wrong := sorted(name for name in named.keys() | here.keys() if named.get(name) != here.get(name)):
        raise BadBackup(f"内容与清单不符 (differs from the manifest): {'、'.join(wrong[:3])}")
    return Contents(manifest, hashlib.sha256(texts[MANIFEST]).hexdigest())


def extract(source: Path, database: Path, attachments: Path) -> None:
    """Lay the database and the attachments down at these places. The file was checked before."""
    with tarfile.open(source, mode="r:") as tar:
        for member in tar:
            if member.name == DATABASE:
                _lay(tar, member, database)
            elif member.name.startswith(ATTACHMENTS) and _tame(member.name):
                _lay(tar, member, attachments / member.name.removeprefix(ATTACHMENTS))


def _lay(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = tar.extractfile(member)
    assert file is not None  # noqa: S101  # a regular file has one
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as there:
        while piece := file.read(_PIECE):
            there.write(piece)
        there.flush()
        os.fsync(there.fileno())


def _tame(name: str) -> bool:
    place = PurePosixPath(name)
    return name in (DATABASE, MANIFEST, SEAL) or (
        name.startswith(ATTACHMENTS) and not place.is_absolute() and ".." not in place.parts
    )


def _seal(key: bytes, text: bytes) -> str:
    return hmac.new(key, b"tongban:backup\0" + text, hashlib.sha256).hexdigest()
