"""Whether a message can be believed: its signature, by a pinned key of its sender, over the very bytes."""

from datetime import datetime, timedelta

from messaging.envelope import Envelope
from messaging.inbox import Unverified, Verdict
from partners import signing
from partners.registry import Registry, UnusableKey

AHEAD = timedelta(seconds=300)  # a time stamp further ahead than this is tried again when its time has come


class Believing:
    """The verifier that the inbox is given."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        """Which key signed it. Raises Unverified with the reason."""
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
            again = at - AHEAD if at > now + AHEAD else None
            raise Unverified(str(getattr(reason, "code", reason)), again)
        return Verdict(header.kid, key.held)
