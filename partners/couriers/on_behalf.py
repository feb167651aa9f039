"""Speak for a partner whose key we hold: the same messages and receipts that it would sign itself.

Used for desk partners, whose operators work in our pages, and for custodial ones, whose system cannot sign. Whoever
verifies sees by the key that it was held by us, and evidence says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from messaging import envelope, ids
from messaging.tables import Mail
from partners import signing
from partners.keys import SigningKey
from partners.registry import Registry


class NoKeyHeld(Exception):
    """We hold no usable key for this partner, so we cannot speak for it."""


@dataclass(frozen=True)
class Letter:
    """A message in its final bytes, with its detached signature."""

    id: str
    body: bytes
    signature: str


class OnBehalf:
    """Builds and signs as a partner, towards home."""

    def __init__(self, registry: Registry, home: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._registry, self._home, self._now = registry, home, now

    def message(
        self,
        partner: str,
        type_: str,
        subject: str,
        data: dict[str, Any],
        *,
        sequence: int,
        seen: int,
        trace: str | None = None,
        message_id: str | None = None,
    ) -> Letter:
        """A numbered message of the partner's, under a new id unless one is given. Raises NoKeyHeld."""
        return self._letter(partner, type_, subject, data, sequence, seen, trace, message_id)

    def receipt(self, partner: str, mails: Sequence[Mail], outcome: str = "applied") -> Letter:
        """The partner's receipt for what was laid before it. Raises NoKeyHeld."""
        at = envelope.rfc3339(self._now())
        entries = [
            {
                "id": mail.message_id,
                "sha256": mail.sha256,
                "stored_at": at,
                "highest_applied": mail.sequence or 0,
                "outcome": outcome,
            }
            for mail in mails
        ]
        return self._letter(partner, "receipt", "receipt", {"receipts": entries}, None, None, None)

    def sign(self, partner: str, body: bytes) -> str:
        """The signature for a custodial partner's own bytes. Raises NoKeyHeld; Malformed, BadEnvelope for no message."""
        said = envelope.parse(body)
        return self._signed(self._key(partner), said.recipient, said.id, body, partner)

    def _letter(
        self,
        partner: str,
        type_: str,
        subject: str,
        data: dict[str, Any],
        sequence: int | None,
        seen: int | None,
        trace: str | None,
        message_id: str | None = None,
    ) -> Letter:
        key, id_ = self._key(partner), message_id or ids.message_id()
        body = envelope.build(
            id=id_,
            source=partner,
            type=type_,
            subject=subject,
            time=self._now(),
            recipient=self._home,
            sequence=sequence,
            seen=seen,
            replaces=None,
            traceparent=trace,
            data=data,
        )
        return Letter(id_, body, self._signed(key, self._home, id_, body, partner))

    def _signed(self, key: SigningKey, recipient: str, id_: str, body: bytes, partner: str) -> str:
        iss, aud = envelope.urn(partner), envelope.urn(recipient)
        return signing.sign(body, key, iss=iss, aud=aud, jti=id_, iat=int(self._now().timestamp()))

    def _key(self, partner: str) -> SigningKey:
        key = self._registry.held_key(partner)
        if key is None:
            raise NoKeyHeld(partner)
        return key
