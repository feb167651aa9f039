"""A county's confirmation of a list version: a compact JWS over `{"agreement","version","hash"}`, made and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from jwt import PyJWS, PyJWTError

from messaging import strict_json
from partners.keys import ALGORITHMS, SigningKey, base64url, base64url_bytes, public_key, signature_of

TYP = "tongban-list+jws"
_JWS = PyJWS(algorithms=sorted(ALGORITHMS.values()))

KeyOf = Callable[[str], Mapping[str, Any] | None]
"""kid -> the public JWK of the county that is said to have signed, or None."""


@dataclass(frozen=True)
class Confirmed:
    """What is confirmed, and by which key."""

    agreement: str
    version: int
    hash: str
    kid: str


def sign(key: SigningKey, agreement: str, version: int, hash_: str) -> str:
    """The JWS by which the owner of the key confirms this version; `hash_` is the SHA-256 of its canonical text."""
    payload = orjson.dumps({"agreement": agreement, "version": version, "hash": hash_}, option=orjson.OPT_SORT_KEYS)
    header = orjson.dumps({"alg": key.alg, "kid": key.kid, "typ": TYP}, option=orjson.OPT_SORT_KEYS)
    signed = f"{base64url(header)}.{base64url(payload)}"
    return f"{signed}.{base64url(signature_of(key.private, signed.encode()))}"


def read(jws: str, key_of: KeyOf) -> Confirmed | None:
    """What a JWS confirms; None when it is none, when its key is not known, or when the signature does not hold."""
    try:
        header = strict_json.loads(base64url_bytes(jws.partition(".")[0]), max_depth=2)
        jwk = key_of(header["kid"]) if header["typ"] == TYP else None
        if jwk is None or header["alg"] != jwk["alg"]:
            return None
        signed = strict_json.loads(_JWS.decode(jws, public_key(jwk), algorithms=[jwk["alg"]]))
        if signed.keys() != {"agreement", "version", "hash"}:
            return None
        return Confirmed(signed["agreement"], signed["version"], signed["hash"], header["kid"])
    except (ValueError, KeyError, TypeError, AttributeError, PyJWTError):
        return None
