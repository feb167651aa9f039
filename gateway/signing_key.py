"""Our own signing key: given by a setting, or made once and kept in the data folder."""

import json
from typing import Any

from gateway.settings import Settings
from partners.keys import SigningKey


def of(settings: Settings) -> SigningKey:
    """The key that signs what this county says; its kid is `<home>-1` when it is made here."""
    if settings.signing_key is not None:
        return SigningKey.from_jwk(dict(settings.signing_key))
    path = settings.data / "keys" / "signing.jwk.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(_private(SigningKey.generate(f"{settings.home}-1"))), encoding="utf-8")
        draft.rename(path)
    return SigningKey.from_jwk(json.loads(path.read_text(encoding="utf-8")))


def _private(key: SigningKey) -> dict[str, Any]:
    return key.private_jwk()
