"""Whether a message can be believed: its signature, by a pinned key of its sender, over the very bytes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from messaging.arrivals import Verdict
from messaging.envelope import Envelope
from messaging.inbox import Unverified
from partners import signing
from partners.registry import Registry, UnusableKey


class Believing:
    """The verifier that the inbox is given."""

    def __init__(self, registry: Registry, home: str, own: Sequence[Mapping[str, Any]]) -> None:
        """`own`: the public keys of home, for messages of its own that come back."""
        self._registry, self._home = registry, home
        self._own = {str(jwk["kid"]): dict(jwk) for jwk in own}

    def __call__(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        """Which key signed it. Raises Unverified with the reason, and with a time when that alone may mend it."""
        try:
            header = signing.read_header(signature)
            at = datetime.fromtimestamp(header.iat, tz=now.tzinfo)
            jwk, held = self._key(partner, header.kid, at, now)
            signing.verify(body, signature, jwk)
        except signing.BadSignature as error:
            raise Unverified(error.reason) from None
        except UnusableKey as error:
            raise Unverified(error.reason) from None
        reason = signing.agrees(header, said, now)
        if reason is not None:
            raise Unverified(reason, at - signing.AHEAD if reason == "iat_ahead" else None)
        return Verdict(header.kid, held)

    def _key(self, sender: str, kid: str, at: datetime, now: datetime) -> tuple[dict[str, Any], bool]:
        """The key of a sender, and whether it is one that we hold for a partner. Raises UnusableKey."""
        if sender == self._home:
            if kid not in self._own:
                raise UnusableKey("unknown_key")
            return self._own[kid], False
        key = self._registry.key_for(sender, kid, at, arriving=True, now=now)
        return dict(key.jwk), key.held
