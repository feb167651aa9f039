"""`backup`: a moment of the database, then the files that it names, into one file; the house may go on working."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway import signing_key
from gateway.backup import archive, dumps
from gateway.settings import Settings
from messaging.ciphers import key_name


def take(settings: Settings, target: Path) -> archive.Contents:
    """Write the backup. Raises CannotDump, OSError.

    The database is copied first: whatever it names was on the disk before it was named.
    """
    at = datetime.now(UTC)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        copy = Path(folder) / archive.DATABASE
        dumps.dump(settings.database_url, copy)
        head = {"home": settings.home, "at": at.isoformat(), "kind": dumps.kind(settings.database_url)}
        return archive.write(
            target, head | {"keys": names(settings)}, copy, settings.data / archive.ATTACHMENTS, settings.index_key
        )


def names(settings: Settings) -> dict[str, Any]:
    """By which names the installation's keys are recognised; the keys themselves are in no backup."""
    own = signing_key.of(settings)
    return {
        "sealing": key_name(settings.sealing_key).hex(),
        "index": key_name(settings.index_key).hex(),
        "signing": own.kid,
        "thumbprint": own.thumbprint,
    }
