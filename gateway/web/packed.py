"""Static files as they are served: beside each that is worth it stands its gzip, which goes to browsers that take it.

They are laid out once for each content, in the data folder; the product's own folder stays as it was delivered.
"""

import contextlib
import gzip
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

WORTH = {".css", ".js", ".svg", ".json"}
LEAST = 1024  # bytes; below that nothing is gained
FORGOTTEN_AFTER = 30 * 24 * 3600  # seconds that the files of another version are left for processes that serve them


def laid_out(source: Path, data: Path) -> Path:
    """A folder with everything of `source` and the gzips; made when it is not there, by whichever process is first."""
    shelf = data / "static"
    target = shelf / _digest(source)
    if not target.exists():
        shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = Path(tempfile.mkdtemp(dir=shelf, prefix="."))
        shutil.copytree(source, draft, dirs_exist_ok=True)
        for path in sorted(draft.rglob("*")):
            _pack(path)
        with contextlib.suppress(OSError):  # another process was faster
            os.rename(draft, target)
        shutil.rmtree(draft, ignore_errors=True)
    os.utime(target)
    _forget(shelf)
    return target


def _digest(source: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            whole.update(f"{path.relative_to(source)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:16]


def _pack(path: Path) -> None:
    if path.suffix not in WORTH or not path.is_file() or path.stat().st_size < LEAST:
        return
    packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
    path.with_name(path.name + ".gz").write_bytes(packed)


def _forget(shelf: Path) -> None:
    for path in shelf.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > FORGOTTEN_AFTER:
                shutil.rmtree(path)
