"""When a delivery is believed: pinned keys, the raw bytes, and a signature that names the same parties and id."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from messaging import envelope
from messaging.envelope import BadEnvelope, Envelope
from messaging.strict_json import Malformed
from partners import signing
from partners.signing import BadSignature

Jwk = Mapping[str, Any]


class Doubt(Exception):
    """What arrived cannot be believed; the text is the reason."""


class TooEarly(Exception):
    """Signed in the future by our clock: not judged now, it will be delivered again."""


class Believer:
    """Holds the pinned keys. Nothing is fetched while verifying, and an `iat` in the past is never a reason."""

    def __init__(self, own: str, host_keys: Sequence[Jwk], own_keys: Sequence[Jwk]) -> None:
        """`own_keys`: all public keys that we ever signed with, for messages of ours that come back."""
        self._own = own
        self._host_keys = {str(jwk["kid"]): jwk for jwk in host_keys}
        self._own_keys = {str(jwk["kid"]): jwk for jwk in own_keys}

    def believe(self, body: bytes, signature: str, host: str | None, now: datetime) -> Envelope:
        """The envelope of a message that is what it says. Raises Doubt, TooEarly."""
        try:
            header = signing.read_header(signature)
            ours = header.iss == envelope.urn(self._own)
            jwk = (self._own_keys if ours else self._host_keys).get(header.kid)
            if jwk is None:
                raise Doubt("unknown_key")
            header = signing.verify(body, signature, jwk)
            said = envelope.parse(body)
        except (BadSignature, BadEnvelope, Malformed) as error:
            raise Doubt(str(error) or type(error).__name__) from None
        fault = signing.agrees(header, said, now)
        if fault == "iat_ahead":
            raise TooEarly
        if fault is not None:
            raise Doubt(fault)
        if not ours and (host not in {None, said.sender} or said.recipient != self._own):
            raise Doubt("not from our host to us")
        return said
