"""Signatures beside a message: detached JWS (RFC 7515, RFC 7797) over its raw bytes. Pure: keys come as values.

A message is never serialised again to be verified: what is signed, stored and received are the same bytes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from messaging import envelope, strict_json
from messaging.envelope import Envelope
from partners import keys
from partners.keys import BadKey, PublicKey, SigningKey

TYP = "tongban-message+jws"
AHEAD = timedelta(minutes=5)  # how far a signer's clock may be before ours; the past is never a reason
LATEST = 32_503_680_000  # the year 3000: what is later is no time, and could not be counted with
MAX_CHARACTERS = 4096
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "shape": "签名应为 <保护头>..<签名>，不超过 4096 个字符",
        "encoding": "签名不是规范的无填充 base64url",
        "header": "签名保护头不是合法的 JSON 对象，或有重复成员",
        "members": "签名保护头的成员不全或有多余",
        "alg": "alg 只能是 EdDSA 或 ES256，并与密钥种类一致",
        "kid": "kid 不是这把密钥的名称",
        "typ": f"typ 应为 {TYP}",
        "b64": "b64 应为 false",
        "crit": 'crit 应为 ["b64"]',
        "claims": "iss、aud、jti 应为文本，iat 应为秒数",
        "key": "这把公钥不能用于验签",
        "signature": "签名与报文不符：内容被改动，或不是这把密钥签的",
        "iss": "签名的 iss 与报文的 source 不一致",
        "aud": "签名的 aud 与报文的 recipient 不一致",
        "jti": "签名的 jti 与报文的 id 不一致",
        "iat_ahead": "签名时间比本地时间超前五分钟以上，请对方校时；稍后自动重试",
    }
)
_SHAPE = re.compile(r"([A-Za-z0-9_=-]+)\.\.([A-Za-z0-9_=-]+)")
_MEMBERS = frozenset({"alg", "kid", "typ", "b64", "crit", "iss", "aud", "jti", "iat"})


class BadSignature(ValueError):
    """A signature that cannot be believed. `reason` is a key of REASONS, `text` says it in Chinese."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason, self.text = reason, REASONS[reason]


@dataclass(frozen=True)
class Protected:
    """What a signature says of itself. From `read_header` it is a claim; from `verify` it is proven by the key."""

    alg: str
    kid: str
    iss: str  # urn:jurisdiction:… of the sender
    aud: str  # urn:jurisdiction:… of the recipient
    jti: str  # the message's id
    iat: int  # seconds since 1970

    @property
    def signed_at(self) -> datetime:
        """`iat` as an instant, UTC."""
        return datetime.fromtimestamp(self.iat, UTC)


def sign(body: bytes, key: SigningKey, *, iss: str, aud: str, jti: str, iat: int) -> str:
    """The detached signature `<protected>..<signature>` over these bytes.

    `iss` and `aud` are six-digit codes, or the URNs that stand in the envelope.
    """
    header = {
        "alg": key.alg,
        "kid": key.kid,
        "typ": TYP,
        "b64": False,
        "crit": ["b64"],
        "iss": _urn(iss),
        "aud": _urn(aud),
        "jti": jti,
        "iat": iat,
    }
    protected = keys.base64url(json.dumps(header, separators=(",", ":")).encode())
    return f"{protected}..{keys.base64url(keys.signature_of(key.private, protected.encode() + b'.' + body))}"


@lru_cache(512)
def read_header(signature: str) -> Protected:
    """What the signature says of itself, for finding the key. Nothing is verified. Raises BadSignature."""
    match = _SHAPE.fullmatch(signature) if len(signature) <= MAX_CHARACTERS else None
    if match is None:
        raise BadSignature("shape")
    try:
        raw, _ = keys.base64url_bytes(match[1]), keys.base64url_bytes(match[2])
    except ValueError:
        raise BadSignature("encoding") from None
    try:
        header = strict_json.loads(raw, max_depth=2)
    except strict_json.Malformed:
        raise BadSignature("header") from None
    if not isinstance(header, dict):
        raise BadSignature("header")
    return _protected(header)


def verify(body: bytes, signature: str, jwk: Mapping[str, Any]) -> Protected:
    """Prove that the owner of this public JWK signed exactly these bytes. Raises BadSignature.

    The key decides the algorithm, the header only has to agree. Whether what the header says fits the message is
    asked with `agrees`; whether the key may be used at all is the registry's to say.
    """
    said = read_header(signature)
    try:
        known, key = _usable(json.dumps(dict(jwk), sort_keys=True))
    except BadKey:
        raise BadSignature("key") from None
    if said.alg != known["alg"]:
        raise BadSignature("alg")
    if said.kid != known["kid"]:
        raise BadSignature("kid")
    protected, _, given = signature.partition("..")
    if not keys.signed_by(key, keys.base64url_bytes(given), protected.encode() + b"." + body):
        raise BadSignature("signature")
    return said


@lru_cache(256)
def _usable(jwk: str) -> tuple[dict[str, str], PublicKey]:
    """A key's members, checked, and the key itself: once for each key and not for each message."""
    known = keys.read_public(json.loads(jwk))
    return known, keys.public_key(known)


def agrees(protected: Protected, said: Envelope, now: datetime) -> str | None:
    """Does what the signature says fit the message? None, or the reason (a key of REASONS): iss, aud, jti, iat_ahead.

    `iat_ahead` is the only one that time may mend; an `iat` in the past is never a reason.
    """
    if protected.iss != said.source:
        return "iss"
    if protected.aud != said.audience:
        return "aud"
    if protected.jti != said.id:
        return "jti"
    if protected.iat > (now + AHEAD).timestamp():
        return "iat_ahead"
    return None


def _urn(place: str) -> str:
    return place if place.startswith("urn:") else envelope.urn(place)


def _protected(header: dict[str, Any]) -> Protected:
    """Exactly the members of the contract, each as it must be; anything else is refused, `exp` and `jku` included."""
    if header.keys() != _MEMBERS:
        raise BadSignature("members")
    if header["alg"] not in keys.ALGORITHMS.values():
        raise BadSignature("alg")
    if header["typ"] != TYP:
        raise BadSignature("typ")
    if header["b64"] is not False:
        raise BadSignature("b64")
    if header["crit"] != ["b64"]:
        raise BadSignature("crit")
    texts = [header[name] for name in ("kid", "iss", "aud", "jti")]
    whole = type(header["iat"]) is int and 0 <= header["iat"] <= LATEST
    if not whole or not all(isinstance(text, str) for text in texts):
        raise BadSignature("claims")
    kid, iss, aud, jti = texts
    return Protected(header["alg"], kid, iss, aud, jti, header["iat"])
