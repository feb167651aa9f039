"""A disk that can be filled: a tmpfs of its own where we may mount one, else a limit on the size of the gateway's files."""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.house_under_test import House

SIZE = 32 * 1024 * 1024  # bytes of the whole disk
FILLER = "filler"
TMPFS, LIMIT = "a tmpfs of its own", "a limit on the size of files"


class Disk:
    """A folder that fills up; `kind` tells how."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind

    def fill(self, house: House) -> None:
        """Leave no room: the next write that needs some fails."""
        if self.kind == TMPFS:
            _pour(self.folder / FILLER)
        else:
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            largest = max(path.stat().st_size for path in house.data.glob("tongban.sqlite3*"))
            resource.prlimit(house.running.pid, resource.RLIMIT_FSIZE, (largest, hard))

    def free(self, house: House) -> None:
        """Room again."""
        if self.kind == TMPFS:
            (self.folder / FILLER).unlink(missing_ok=True)
        elif house.running.alive:  # the limit ends with the process that it was set on
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.prlimit(house.running.pid, resource.RLIMIT_FSIZE, (hard, hard))


def _pour(path: Path) -> None:
    """Write until nothing more goes in, down to the last page."""
    with path.open("ab", buffering=0) as filler, contextlib.suppress(OSError):
        for size in (1024 * 1024, 4096, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size):
                    pass


@contextlib.contextmanager
def disk(folder: Path, *, own: bool) -> Iterator[Disk]:
    """A disk of its own for this test, gone afterwards; without `own`, or where none may be mounted, limited files."""
    folder.mkdir(parents=True)
    if not own or not _mounted(folder):
        yield Disk(folder, LIMIT)
        return
    try:
        yield Disk(folder, TMPFS)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mounted(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    options = f"size={SIZE},mode=700"
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False).returncode == 0
