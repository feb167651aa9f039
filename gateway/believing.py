"""Whether a message can be believed: its signature, by a pinned key of its sender, over the very bytes."""

from datetime import datetime

from messaging.arrivals import Verdict
from messaging.envelope import Envelope
from messaging.inbox import Unverified
from partners import signing
from partners.registry import Registry, UnusableKey


class Believing:
    """The verifier that the inbox is given."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        """Which key signed it. Raises Unverified with the reason, and with a time when that alone may mend it."""
        try:
            header = signing.read_header(signature)
            at = datetime.fromtimestamp(header.iat, tz=now.tzinfo)
            key = self._registry.key_for(partner, header.kid, at, arriving=True, now=now)
            signing.verify(body, signature, dict(key.jwk))
        except signing.BadSignature as error:
            raise Unverified(error.reason) from None
        except UnusableKey as error:
            raise Unverified(error.reason) from None
        reason = signing.agrees(header, said, now)
        if reason is not None:
            raise Unverified(reason, at - signing.AHEAD if reason == "iat_ahead" else None)
        return Verdict(header.kid, key.held)
