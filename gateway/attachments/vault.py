"""Sealed files on disk: written chunk by chunk, made visible in one step, read chunk by chunk. Runs in worker threads.

A record is four bytes of length and one sealed chunk. Each chunk is bound to the file, its place and whether it is the
last, so that a file that was cut short, lengthened or put in another order does not open.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.attachments.errors import Damaged, StoreFull
from gateway.attachments.look import Look

CHUNK = 1024 * 1024  # bytes of clear content
MARGIN = 1024  # more than any sealing adds to a chunk
DRAFTS = "drafts"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Seal = Callable[[bytes, str], bytes]
"""(clear or sealed bytes, context) -> sealed or clear bytes"""


def place(sha256: str, file_id: int) -> str:
    """Where a file lies, from the store's folder. The id keeps two uploads of the same bytes apart."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{file_id}"


def context(file_id: int | str, index: int, *, last: bool) -> str:
    """What a chunk is bound to."""
    return f"attachment.file:{file_id}:{index}:{'last' if last else 'more'}"


class Draft:
    """A file on its way in. Nothing is visible before `keep`; what was not kept leaves nothing."""

    def __init__(self, folder: Path, file_id: int, seal: Seal) -> None:
        self._folder, self._id, self._seal = folder, file_id, seal
        self._file: BinaryIO | None = None
        self._path = folder / DRAFTS / f"{file_id}.part"
        self._turn = threading.Lock()  # a caller that was cancelled may abandon while a thread still writes
        self._gone = False
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self._index = 0
        self.look = Look()

    @property
    def sha256(self) -> str:
        """Of the clear bytes so far, in hex."""
        return self._digest.hexdigest()

    def write(self, piece: bytes) -> None:
        """Take the next clear bytes. Raises StoreFull."""
        with self._turn, room():
            self.look.feed(piece)
            self._digest.update(piece)
            self._waiting += piece
            while len(self._waiting) > CHUNK:  # the last chunk waits for `keep`: it is sealed as the last
                self._put(bytes(self._waiting[:CHUNK]), last=False)
                del self._waiting[:CHUNK]

    def keep(self) -> str:
        """Seal the rest, bring all of it to disk and give it its name; returns its place. Raises StoreFull."""
        try:
            with self._turn, room():
                file = self._put(bytes(self._waiting), last=True)
                file.flush()
                os.fsync(file.fileno())
                where = place(self.sha256, self._id)
                self._settle(self._folder / where)
                file.close()
                return where
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        """Leave nothing behind."""
        with self._turn:
            self._gone = True
            if self._file is not None:
                with contextlib.suppress(OSError):
                    self._file.close()
                self._path.unlink(missing_ok=True)

    def _put(self, clear: bytes, *, last: bool) -> BinaryIO:
        if self._gone:
            raise RuntimeError("the draft was abandoned")
        if self._file is None:
            self._file = self._open()
        sealed = self._seal(clear, context(self._id, self._index, last=last))
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._index += 1
        return self._file

    def _open(self) -> BinaryIO:
        """A draft is locked while it grows, so that a later start knows which ones nobody writes any more."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._path.open("xb")
        os.chmod(self._path, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def _settle(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.rename(path)
        for folder in (path.parent, path.parent.parent, self._folder):
            sync(folder)


def sync(folder: Path) -> None:
    """Names that were given in this folder are on disk when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, offset: int, index: int, unseal: Seal) -> tuple[bytes, int | None]:
    """The clear chunk at an offset, and where the next one begins; None after the last. Raises Damaged."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            length = int.from_bytes(file.read(4), "big")
            sealed = file.read(length) if length <= CHUNK + MARGIN else b""
            last = not file.read(1)
    except OSError as error:
        raise Damaged(f"{path.name}: {error.strerror}") from None
    if not sealed or len(sealed) != length:
        raise Damaged(f"{path.name}: cut short at {offset}")
    try:
        clear = unseal(sealed, context(path.name.rpartition(".")[2], index, last=last))
    except Exception as error:
        raise Damaged(f"{path.name}: chunk {index} does not open") from error
    return clear, None if last else offset + 4 + length


def clear_drafts(folder: Path) -> int:
    """Remove drafts that nobody writes any more: left by a process that was killed. How many there were."""
    removed = 0
    for path in sorted((folder / DRAFTS).glob("*.part")):
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            removed += 1
    return removed


def settled_before(folder: Path, seconds: float) -> Iterator[str]:
    """Places of the files that have lain here for longer than some seconds."""
    border = time.time() - seconds
    for path in folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < border:
                yield path.relative_to(folder).as_posix()


@contextlib.contextmanager
def room() -> Iterator[None]:
    """What a full disk says becomes StoreFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(str(error.strerror)) from None
        raise
