"""The one place where a partner's message is verified: pinned key, raw bytes, and a signature that fits the envelope."""

from datetime import UTC, datetime, timedelta

from messaging.envelope import Envelope
from messaging.inbox import Unverified, Verdict
from partners import signing
from partners.registry import Registry, UnusableKey
from partners.signing import AHEAD, BadSignature

RETRY_MARGIN = timedelta(seconds=1)


class Verifier:
    """What the inbox asks of every message when it first arrives."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, partner: str, body: bytes, signature: str, said: Envelope, now: datetime) -> Verdict:
        """The verdict on a message that came in by `partner`'s link.

        Raises Unverified with the reason; `again_at` is set only for a signature from the future.
        """
        try:
            claimed = signing.read_header(signature)
            at = datetime.fromtimestamp(min(claimed.iat, 253402300799), UTC)  # the last second that a datetime holds
            key = self._registry.key_for(partner, claimed.kid, at, arriving=True, now=now)
            proven = signing.verify(body, signature, key.jwk)
        except UnusableKey as error:
            raise Unverified(error.reason) from None
        except BadSignature as error:
            raise Unverified(error.reason) from None
        fault = signing.agrees(proven, said, now)
        if fault == "iat_ahead":
            raise Unverified(fault, again_at=at - AHEAD + RETRY_MARGIN)
        if fault is not None:
            raise Unverified(fault)
        return Verdict(key.kid, custodial=key.held)
