"""Keys as values: our signing key, and the public keys that a partner hands in as a JWK set. Which key is whose, and
until when, is the registry's business.

Two kinds are used, each with the one algorithm that belongs to it: Ed25519 with EdDSA, P-256 with ES256.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
MAX_KEYS = 32  # in one set
ALGORITHMS: Mapping[tuple[str, str], str] = MappingProxyType({("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256"})
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "not_a_set": '应为 JWK 集合：{"keys": […]}，至少一把、至多 32 把公钥',
        "not_a_key": "应为一个 JWK 对象",
        "private": "含有私钥或对称密钥；请只提供公钥，并更换这一对密钥",
        "kid": "kid 缺失，或不是 1–64 个字母、数字或 . _ : -",
        "kid_twice": "有两把密钥的 kid 相同",
        "kind": "只接受 Ed25519（EdDSA）和 P-256（ES256）密钥",
        "alg": "alg 与密钥种类不符",
        "use": "use 或 key_ops 表明它不是验签用的密钥",
        "members": "x、y 或 d 不是规范的 base64url，或长度不对",
        "weak": "这不是可以使用的公钥",
        "pair": "私钥与公钥不是一对",
    }
)
_KID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_SECRET = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})
_FIELD = 2**255 - 19  # of Ed25519
# y of the points of order 1, 2, 4 and 8 (curve of RFC 8032): a signature under such a key proves nothing.
_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


class BadKey(ValueError):
    """A key that cannot be used. `reason` is a key of REASONS, `text` says it in Chinese, `place` is its index in a set."""

    def __init__(self, reason: str, place: int | None = None) -> None:
        super().__init__(reason if place is None else f"keys[{place}]: {reason}")
        self.reason, self.text, self.place = reason, REASONS[reason], place


@dataclass(frozen=True)
class SigningKey:
    """A private key with its name."""

    kid: str
    private: PrivateKey

    @classmethod
    def generate(cls, kid: str, alg: str = "EdDSA") -> Self:
        """A new key; `alg` is EdDSA or ES256. Raises BadKey for the name or the algorithm."""
        if alg not in ALGORITHMS.values():
            raise BadKey("alg")
        return cls(
            _kid(kid), Ed25519PrivateKey.generate() if alg == "EdDSA" else ec.generate_private_key(ec.SECP256R1())
        )

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """From a private JWK with `kid`. Raises BadKey."""
        public = read_public({name: value for name, value in jwk.items() if name not in ("d", "key_ops")})
        key = cls(public["kid"], _private(public["kty"], _bytes(jwk.get("d"), 32)))
        if key.thumbprint != thumbprint(public):
            raise BadKey("pair")
        return key

    @staticmethod
    def check_public(jwk: Mapping[str, Any]) -> None:
        """Raises BadKey unless this public JWK can verify signatures."""
        read_public(jwk)

    @property
    def alg(self) -> str:
        """The one algorithm that this key signs with."""
        return "EdDSA" if isinstance(self.private, Ed25519PrivateKey) else "ES256"

    @property
    def thumbprint(self) -> str:
        """Of the public half; see `thumbprint`."""
        return thumbprint(self.public_jwk())

    def public_jwk(self) -> dict[str, str]:
        """The public half, as it stands in a JWK set."""
        kind: dict[str, str]
        if isinstance(self.private, Ed25519PrivateKey):
            kind = {"kty": "OKP", "crv": "Ed25519", "x": base64url(self.private.public_key().public_bytes_raw())}
        else:
            point = self.private.public_key().public_numbers()
            kind = {
                "kty": "EC",
                "crv": "P-256",
                "x": base64url(point.x.to_bytes(32)),
                "y": base64url(point.y.to_bytes(32)),
            }
        return {**kind, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def private_jwk(self) -> dict[str, str]:
        """The whole key; whoever holds this can sign."""
        return {**self.public_jwk(), "d": base64url(_secret(self.private))}


def read_set(document: Any) -> list[dict[str, str]]:
    """The public keys of a JWK set (RFC 7517), each reduced to kty, crv, x, y, kid, alg, use. Raises BadKey with place."""
    keys = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise BadKey("not_a_set")
    found: dict[str, dict[str, str]] = {}
    for place, jwk in enumerate(keys):
        try:
            public = read_public(jwk)
        except BadKey as error:
            raise BadKey(error.reason, place) from None
        if public["kid"] in found:
            raise BadKey("kid_twice", place)
        found[public["kid"]] = public
    return list(found.values())


def read_public(jwk: Any) -> dict[str, str]:
    """A public signing key, checked and reduced to the members that we keep. Raises BadKey."""
    if not isinstance(jwk, Mapping):
        raise BadKey("not_a_key")
    if _SECRET & jwk.keys() or jwk.get("kty") == "oct":
        raise BadKey("private")
    kid, alg = _kid(jwk.get("kid")), _alg(jwk)
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise BadKey("use")
    if jwk.get("alg", alg) != alg:
        raise BadKey("alg")
    public_key(jwk)
    point = {
        name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk and not (name == "y" and alg == "EdDSA")
    }
    return {**point, "kid": kid, "alg": alg, "use": "sig"}


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """The key itself. Raises BadKey for a kind that is not used, malformed members, and points that are no keys."""
    if _alg(jwk) == "EdDSA":
        return _ed25519(_bytes(jwk.get("x"), 32))
    return _p256(_bytes(jwk.get("x"), 32), _bytes(jwk.get("y"), 32))


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638 with SHA-256, base64url: the fingerprint that stands in the signed agreement. Raises BadKey."""
    names = ("crv", "kty", "x") if _alg(jwk) == "EdDSA" else ("crv", "kty", "x", "y")
    if not all(isinstance(jwk.get(name), str) for name in names):
        raise BadKey("members")
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


def signature_of(private: PrivateKey, data: bytes) -> bytes:
    """The raw signature as JWS has it (RFC 7518, 3.4; RFC 8037)."""
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(data)
    r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def signed_by(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Is this raw signature the key's over exactly these bytes?"""
    if len(signature) != 64:
        return False
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, data)
        else:
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def base64url(value: bytes) -> str:
    """Without padding, as everywhere in JOSE."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def base64url_bytes(text: str) -> bytes:
    """The bytes of canonical, unpadded base64url. ValueError for anything that is not exactly what `base64url` gives."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(value) != text:
        raise ValueError("not canonical base64url")
    return value


def _private(kty: str, secret: bytes) -> PrivateKey:
    if kty == "OKP":
        return Ed25519PrivateKey.from_private_bytes(secret)
    try:
        return ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
    except ValueError:  # 0, or not below the order of the curve
        raise BadKey("members") from None


def _secret(private: PrivateKey) -> bytes:
    if isinstance(private, Ed25519PrivateKey):
        return private.private_bytes_raw()
    return private.private_numbers().private_value.to_bytes(32)


def _alg(jwk: Mapping[str, Any]) -> str:
    alg = ALGORITHMS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if alg is None:
        raise BadKey("kind")
    return alg


def _kid(value: Any) -> str:
    if not isinstance(value, str) or not _KID.fullmatch(value):
        raise BadKey("kid")
    return value


def _bytes(value: Any, length: int) -> bytes:
    try:
        found = base64url_bytes(value) if isinstance(value, str) else b""
    except ValueError:
        found = b""
    if len(found) != length:
        raise BadKey("members")
    return found


@lru_cache(256)
def _ed25519(x: bytes) -> Ed25519PublicKey:
    y = int.from_bytes(x, "little") & (2**255 - 1)  # the highest bit is the sign of the other coordinate
    if y >= _FIELD or y in _SMALL_ORDER:
        raise BadKey("weak")
    return Ed25519PublicKey.from_public_bytes(x)


@lru_cache(256)
def _p256(x: bytes, y: bytes) -> EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    except ValueError:  # not a point of the curve
        raise BadKey("weak") from None
