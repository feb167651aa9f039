"""The public keys that a case's evidence is checked with: whose each is, its fingerprint, and who holds the private half."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.audit import chain
from messaging import attributes
from partners import keys, signing

Json = dict[str, Any]
Name = tuple[str | None, str | None]  # (jurisdiction, kid): two counties may have given two keys the same kid


@dataclass(frozen=True)
class PublicKey:
    """A key that was ever pinned; `held`: its private half is ours to use for a partner."""

    jurisdiction: str
    jwk: Mapping[str, Any]
    held: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def name(self) -> Name:
        """Under what signatures name it."""
        return self.jurisdiction, str(self.jwk.get("kid"))

    def to_json(self) -> Json:
        """Its entry in the manifest; the key itself stands in keys.jwks.json and is found by the fingerprint."""
        times = {"valid_from": self.valid_from, "valid_to": self.valid_to, "revoked_at": self.revoked_at}
        return {
            "jurisdiction": self.jurisdiction,
            "kid": str(self.jwk.get("kid")),
            "thumbprint": keys.thumbprint(self.jwk),
            "held": self.held,
            **{name: None if at is None else chain.instant(at) for name, at in times.items()},
        }


def signer_of(signature: str | None, otherwise: Name) -> Name:
    """The key that a signature names; `otherwise` where there is none or it cannot be read."""
    if signature is None:
        return None, None
    try:
        said = signing.read_header(signature)
        return attributes.place(said.iss, "source"), said.kid
    except (signing.BadSignature, attributes.BadEnvelope):
        return otherwise


def used(known: Iterable[PublicKey], names: set[Name]) -> tuple[list[PublicKey], list[str]]:
    """Of the known keys those that signed, by jurisdiction and kid; and the names of those that are not known."""
    there = {key.name: key for key in known if key.name in names}
    found = sorted(there.values(), key=lambda key: (key.jurisdiction, str(key.jwk.get("kid"))))
    unknown = {f"{jurisdiction} {kid}" for jurisdiction, kid in names - there.keys() if kid is not None}
    return found, sorted(unknown)
