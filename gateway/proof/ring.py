"""The public keys of a package, by whose they are, and what a signature made with one of them is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.proof import shapes
from gateway.proof.findings import Report
from messaging import attributes
from partners import keys, signing
from partners.signing import Protected


@dataclass(frozen=True)
class Key:
    """A key with what the issuer's address book says of it."""

    jurisdiction: str
    kid: str
    thumbprint: str
    jwk: Mapping[str, Any]
    held: bool  # the issuer holds the private half
    valid_to: datetime | None
    revoked_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """As `--json` gives it."""
        return {
            "jurisdiction": self.jurisdiction,
            "kid": self.kid,
            "thumbprint": self.thumbprint,
            "custodial": self.held,
        }


@dataclass(frozen=True)
class Signed:
    """A signature that verified: by which key, and what it says."""

    key: Key
    said: Protected


class Ring:
    """Keys by (jurisdiction, kid)."""

    def __init__(self, found: Sequence[Key]) -> None:
        self._keys = {(key.jurisdiction, key.kid): key for key in found}

    def all(self) -> list[Key]:
        """Every key, by jurisdiction and name."""
        return [self._keys[name] for name in sorted(self._keys)]

    def get(self, jurisdiction: str, kid: str) -> Key | None:
        """The key, if the package has it."""
        return self._keys.get((jurisdiction, kid))


def read(manifest: Mapping[str, Any], files: Mapping[str, bytes], report: Report) -> Ring:
    """The keys that the manifest names, each found in keys.jwks.json by its fingerprint."""
    by_print = _jwks(files.get("keys.jwks.json"), report)
    found = []
    for told in manifest["keys"]:
        where = f"{told['jurisdiction']} {told['kid']}"
        jwk = by_print.pop(told["thumbprint"], None)
        if jwk is None or jwk["kid"] != told["kid"]:
            report.miss(
                "keys",
                where,
                "manifest.json 写明的公钥不在 keys.jwks.json 中",
                "a key that manifest.json names is not in keys.jwks.json",
            )
            continue
        times = [None if told[name] is None else moment(told[name]) for name in ("valid_to", "revoked_at")]
        found.append(Key(told["jurisdiction"], told["kid"], told["thumbprint"], jwk, told["held"], *times))
    for thumbprint, jwk in by_print.items():
        report.fail(
            "keys",
            jwk["kid"],
            f"keys.jwks.json 中的公钥 {thumbprint} 没有写明是哪个地区的",
            f"manifest.json does not say whose key {thumbprint} is",
        )
    for name in manifest["unknown_keys"]:
        report.miss("keys", name, "出具地区没有这把公钥，无法验签", "the issuer does not have this key")
    return Ring(found)


def _jwks(raw: bytes | None, report: Report) -> dict[str, dict[str, str]]:
    if raw is None:
        report.miss("keys", "keys.jwks.json", "没有公钥文件", "there is no file of keys")
        return {}
    try:
        members = shapes.document(raw)["keys"]
        read_ = [keys.read_public(jwk) for jwk in members]
    except (shapes.Misshapen, keys.BadKey, KeyError, TypeError):
        report.fail("keys", "keys.jwks.json", "公钥文件不合规范", "the file of keys is malformed")
        return {}
    found = {keys.thumbprint(jwk): jwk for jwk in read_}
    if len(found) != len(read_):
        report.fail("keys", "keys.jwks.json", "有两把相同的公钥", "a key stands there twice")
    return found


def check(
    body: bytes, signature: bytes, ring: Ring, report: Report, name: str, where: str, at: datetime | None = None
) -> Signed | None:
    """Verify a detached signature over these bytes; `at` is when they arrived. What is wrong goes into the report."""
    try:
        text = signature.decode("ascii")
        header = signing.read_header(text)
        jurisdiction = attributes.place(header.iss, "source")
    except (UnicodeDecodeError, signing.BadSignature, attributes.BadEnvelope):
        report.fail(name, where, "签名不合规范，读不出是谁签的", "the signature is malformed")
        return None
    key = ring.get(jurisdiction, header.kid)
    if key is None:
        report.miss(
            name,
            where,
            f"包内没有 {jurisdiction} 的公钥 {header.kid}，无法验签",
            f"the package has no key {header.kid} of {jurisdiction}",
        )
        return None
    try:
        said = signing.verify(body, text, key.jwk)
    except signing.BadSignature as bad:
        report.fail(name, where, bad.text, "the signature is not by this key over these bytes")
        return None
    _in_time(key, said, report, name, where, at)
    return Signed(key, said)


def _in_time(key: Key, said: Protected, report: Report, name: str, where: str, at: datetime | None) -> None:
    if key.valid_to is not None and said.signed_at >= key.valid_to:
        report.fail(name, where, f"签名时公钥 {key.kid} 已停用", f"the key {key.kid} was retired before it signed")
    if key.revoked_at is not None and at is not None and at >= key.revoked_at:
        report.fail(name, where, f"收到时公钥 {key.kid} 已吊销", f"the key {key.kid} was revoked before this arrived")


def moment(text: str) -> datetime:
    """An instant as the package writes it; one that is no day of the calendar is the first of all."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat("1970-01-01T00:00:00Z")
