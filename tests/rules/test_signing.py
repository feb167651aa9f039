"""Keys and signatures: what proves that a message is what its sender said, and everything that does not."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from messaging import contract, envelope
from partners import keys, signing
from partners.keys import BadKey, SigningKey
from partners.signing import BadSignature

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
IAT = int(NOW.timestamp())
BODY = envelope.build(
    id="01JDEXAMPLE0000000000000A1",
    source="420683",
    type="application.accepted",
    subject="421321202611242000001G",
    time=NOW,
    recipient="421321",
    sequence=1,
    seen=1,
    data=contract.example("application.accepted"),
)
ZAOYANG = SigningKey.generate("420683-1")
TONGBAI = SigningKey.generate("420683-1")  # another key under the same name
XIANGYANG = SigningKey.generate("420600-1", "ES256")


def signed(key: SigningKey = ZAOYANG, body: bytes = BODY, **claims: Any) -> str:
    """枣阳's signature."""
    said: dict[str, Any] = {"iss": "420683", "aud": "421321", "jti": "01JDEXAMPLE0000000000000A1", "iat": IAT}
    return signing.sign(body, key, **said | claims)


def header_of(signature: str) -> dict[str, Any]:
    """The protected header as it stands."""
    value: dict[str, Any] = json.loads(keys.base64url_bytes(signature.partition(".")[0]))
    return value


def forged(header: Any, body: bytes = BODY, key: SigningKey = ZAOYANG, unencoded: bool = True) -> str:
    """A correct Ed25519 signature under whatever header, given as a value or as raw text."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    protected = keys.base64url(raw)
    payload = body if unencoded else keys.base64url(body).encode()
    assert isinstance(key.private, Ed25519PrivateKey)
    return f"{protected}..{keys.base64url(key.private.sign(protected.encode() + b'.' + payload))}"


def reason_for(signature: str, body: bytes = BODY, jwk: dict[str, Any] | None = None) -> str:
    """Why it is refused."""
    with pytest.raises(BadSignature) as refused:
        signing.verify(body, signature, jwk or ZAOYANG.public_jwk())
    assert refused.value.text == signing.REASONS[refused.value.reason]
    return refused.value.reason


@pytest.mark.parametrize("key", [ZAOYANG, XIANGYANG], ids=["EdDSA", "ES256"])
def test_a_signature_is_proven_by_the_signers_public_key(key: SigningKey) -> None:
    signature = signed(key)
    assert signature.count("..") == 1
    proven = signing.verify(BODY, signature, key.public_jwk())
    assert (proven.alg, proven.kid) == (key.alg, key.kid)
    assert (proven.iss, proven.aud) == ("urn:jurisdiction:420683", "urn:jurisdiction:421321")
    assert proven.signed_at == NOW
    assert proven == signing.read_header(signature)


@pytest.mark.parametrize("key", [ZAOYANG, XIANGYANG], ids=["EdDSA", "ES256"])
def test_the_header_holds_exactly_the_members_of_the_contract(key: SigningKey) -> None:
    assert header_of(signed(key)) == {
        "alg": key.alg,
        "kid": key.kid,
        "typ": "tongban-message+jws",
        "b64": False,
        "crit": ["b64"],
        "iss": "urn:jurisdiction:420683",
        "aud": "urn:jurisdiction:421321",
        "jti": "01JDEXAMPLE0000000000000A1",
        "iat": IAT,
    }


def test_codes_and_urns_are_signed_alike() -> None:
    assert signed(iss="urn:jurisdiction:420683", aud="urn:jurisdiction:421321") == signed()


def test_what_is_signed_is_the_protected_header_a_point_and_the_raw_bytes() -> None:
    signature = signed()
    assert signature == forged(keys.base64url_bytes(signature.partition(".")[0]))


def test_the_vector_of_rfc_8037_is_signed_as_the_standard_says() -> None:
    """RFC 8037 appendix A: the key, its thumbprint, and that signing is the plain Ed25519 of RFC 8032."""
    key = SigningKey.from_jwk(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "rfc",
        }
    )
    assert key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert isinstance(key.private, Ed25519PrivateKey)
    signing_input = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    assert keys.base64url(key.private.sign(signing_input)) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


@given(st.binary(max_size=300))
def test_any_bytes_can_be_signed_and_no_others_fit(body: bytes) -> None:
    signature = signed(body=body)
    signing.verify(body, signature, ZAOYANG.public_jwk())
    for other in (body + b" ", body[1:] if body else b"x", b"\xef\xbb\xbf" + body):
        assert reason_for(signature, other) == "signature"


def test_the_same_json_written_again_does_not_fit() -> None:
    again = json.dumps(json.loads(BODY), ensure_ascii=False).encode()
    assert json.loads(again) == json.loads(BODY)
    assert reason_for(signed(), again) == "signature"


def test_a_signature_belongs_to_one_message_and_one_key() -> None:
    other = BODY.replace(b'"sequence":"1"', b'"sequence":"2"')
    assert reason_for(signed(), other) == "signature"
    assert reason_for(signed(body=other)) == "signature"
    assert reason_for(signed(TONGBAI)) == "signature"
    assert reason_for(signed(), jwk=TONGBAI.public_jwk()) == "signature"


def test_the_key_decides_the_algorithm_and_the_name() -> None:
    assert reason_for(signed(), jwk=XIANGYANG.public_jwk() | {"kid": "420683-1"}) == "alg"
    assert reason_for(signed(XIANGYANG), jwk=ZAOYANG.public_jwk() | {"kid": "420600-1"}) == "alg"
    assert reason_for(signed(), jwk=ZAOYANG.public_jwk() | {"kid": "420683-2"}) == "kid"


GOOD = header_of(signed())


def without(name: str) -> dict[str, Any]:
    """The good header, less one member."""
    return {member: value for member, value in GOOD.items() if member != name}


HEADERS: list[tuple[Any, str]] = [
    *((without(name), "members") for name in GOOD),
    (GOOD | {"exp": IAT + 60}, "members"),
    (GOOD | {"jku": "https://evil.example/jwks.json"}, "members"),
    (GOOD | {"jwk": TONGBAI.public_jwk()}, "members"),
    (GOOD | {"cty": "json"}, "members"),
    (GOOD | {"alg": "none"}, "alg"),
    (GOOD | {"alg": "None"}, "alg"),
    (GOOD | {"alg": "HS256"}, "alg"),
    (GOOD | {"alg": "Ed25519"}, "alg"),
    (GOOD | {"alg": "ES256"}, "alg"),
    (GOOD | {"alg": "RS256"}, "alg"),
    (GOOD | {"alg": ["EdDSA"]}, "alg"),
    (GOOD | {"alg": None}, "alg"),
    (GOOD | {"kid": "420683-2"}, "kid"),
    (GOOD | {"kid": 1}, "claims"),
    (GOOD | {"typ": "JWT"}, "typ"),
    (GOOD | {"typ": "tongban-message"}, "typ"),
    (GOOD | {"typ": "TONGBAN-MESSAGE+JWS"}, "typ"),
    (GOOD | {"b64": True}, "b64"),
    (GOOD | {"b64": 0}, "b64"),
    (GOOD | {"b64": "false"}, "b64"),
    (GOOD | {"b64": None}, "b64"),
    (GOOD | {"crit": []}, "crit"),
    (GOOD | {"crit": ["b64", "b64"]}, "crit"),
    (GOOD | {"crit": ["b64", "exp"]}, "crit"),
    (GOOD | {"crit": "b64"}, "crit"),
    (GOOD | {"iss": None}, "claims"),
    (GOOD | {"aud": ["urn:jurisdiction:421321"]}, "claims"),
    (GOOD | {"jti": 5}, "claims"),
    (GOOD | {"iat": str(IAT)}, "claims"),
    (GOOD | {"iat": IAT + 0.5}, "claims"),
    (GOOD | {"iat": float(IAT)}, "claims"),
    (GOOD | {"iat": True}, "claims"),
    (GOOD | {"iat": -1}, "claims"),
    (GOOD | {"iat": 2**53 - 1}, "claims"),
    ([], "header"),
    ("EdDSA", "header"),
    (b"", "header"),
    (b"{", "header"),
    (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "header"),
    (json.dumps(GOOD).encode("utf-16"), "header"),
    (json.dumps(GOOD).replace('"alg"', '"alg": "none", "alg"').encode(), "header"),
    (json.dumps(GOOD).replace('"alg"', '"\\u0061lg": "HS256", "alg"').encode(), "header"),
    (json.dumps(GOOD).replace(str(IAT), "NaN").encode(), "header"),
    (b'{"alg":' * 50_000, "shape"),
    (b"[" * 2000, "header"),
]


@pytest.mark.parametrize(("header", "reason"), HEADERS, ids=lambda part: str(part)[-40:])
def test_a_header_that_is_not_the_contracts_is_refused_though_it_is_truly_signed(header: Any, reason: str) -> None:
    if header == b"":
        reason = "shape"
    assert reason_for(forged(header)) == reason


def test_the_good_header_is_believed_in_any_order_and_spacing() -> None:
    text = json.dumps(dict(reversed(GOOD.items())), indent=1).encode()
    assert signing.verify(BODY, forged(text), ZAOYANG.public_jwk()).jti == "01JDEXAMPLE0000000000000A1"


def test_nobody_signs_with_the_public_key_as_a_shared_secret() -> None:
    secret = keys.base64url_bytes(ZAOYANG.public_jwk()["x"])
    protected = keys.base64url(json.dumps(GOOD | {"alg": "HS256"}).encode())
    mac = hmac.digest(secret, protected.encode() + b"." + BODY, "sha256")
    assert reason_for(f"{protected}..{keys.base64url(mac)}") == "alg"
    same_header = keys.base64url(json.dumps(GOOD).encode())
    mac = hmac.digest(secret, same_header.encode() + b"." + BODY, "sha256")
    assert reason_for(f"{same_header}..{keys.base64url(mac)}") == "signature"


def test_a_payload_that_was_encoded_before_signing_does_not_fit() -> None:
    assert reason_for(forged(GOOD, unencoded=False)) == "signature"
    assert reason_for(forged(without("b64") | {"b64": True}, unencoded=False)) == "b64"
    attached = signed().replace("..", f".{keys.base64url(BODY)}.")
    assert reason_for(attached) == "shape"


def _padded(signature: str) -> str:
    return signature + "=" * (-len(signature.rpartition(".")[2]) % 4 or 4)


def _loose_last_bits(signature: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) ^ 1]


SPOILT: list[tuple[str, Callable[[str], str], set[str]]] = [
    ("empty", lambda _: "", {"shape"}),
    ("words", lambda _: "none", {"shape"}),
    ("one dot", lambda s: s.replace("..", "."), {"shape"}),
    ("three dots", lambda s: s.replace("..", "..."), {"shape"}),
    ("no signature", lambda s: s.partition("..")[0] + "..", {"shape"}),
    ("no header", lambda s: ".." + s.partition("..")[2], {"shape"}),
    ("space", lambda s: s + " ", {"shape"}),
    ("line end", lambda s: s + "\n", {"shape"}),
    ("full width", lambda s: s + "\uff21", {"shape"}),
    ("too long", lambda s: s + "A" * 4096, {"shape"}),
    ("padded", _padded, {"encoding"}),
    ("padded header", lambda s: s.replace("..", "==.."), {"encoding"}),
    ("loose last bits", _loose_last_bits, {"encoding"}),
    ("standard base64", lambda s: s.replace("-", "+").replace("_", "/") + "+", {"shape"}),
    ("cut", lambda s: s[:-4], {"signature", "encoding"}),
    ("longer", lambda s: s + "AAAA", {"signature", "encoding"}),
    ("zeros", lambda s: s.partition("..")[0] + ".." + "A" * 86, {"signature"}),
]


@pytest.mark.parametrize(("spoil", "reasons"), [part[1:] for part in SPOILT], ids=[part[0] for part in SPOILT])
@pytest.mark.parametrize("key", [ZAOYANG, XIANGYANG], ids=["EdDSA", "ES256"])
def test_a_spoilt_signature_is_refused(key: SigningKey, spoil: Callable[[str], str], reasons: set[str]) -> None:
    assert reason_for(spoil(signed(key)), jwk=key.public_jwk()) in reasons


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_=-]{0,40}\.\.[A-Za-z0-9_=-]{0,40}", fullmatch=True))
def test_no_text_whatever_raises_anything_but_a_bad_signature(signature: str) -> None:
    assert reason_for(signature) in signing.REASONS


def test_a_key_that_cannot_verify_is_said_to_be_that() -> None:
    weak = ZAOYANG.public_jwk() | {"x": keys.base64url(b"\x01" + bytes(31))}
    for jwk in (weak, ZAOYANG.public_jwk() | {"use": "enc"}, ZAOYANG.private_jwk(), {"kty": "oct", "k": "AAAA"}):
        assert reason_for(signed(), jwk=jwk) == "key"


# What a signature says has to fit the message


def test_what_the_signature_says_fits_the_message() -> None:
    said, proven = envelope.parse(BODY), signing.read_header(signed())
    assert signing.agrees(proven, said, NOW) is None


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "411330"}, "iss"),
        ({"iss": "urn:jurisdiction:420683 "}, "iss"),
        ({"aud": "420882"}, "aud"),
        ({"jti": "01JDEXAMPLE0000000000000A2"}, "jti"),
        ({"iat": IAT + 301}, "iat_ahead"),
        ({"iat": IAT + 86400}, "iat_ahead"),
    ],
)
def test_what_does_not_fit_the_message_is_told(claims: dict[str, Any], reason: str) -> None:
    proven = signing.verify(BODY, signed(**claims), ZAOYANG.public_jwk())
    assert signing.agrees(proven, envelope.parse(BODY), NOW) == reason
    assert reason in signing.REASONS


def test_the_past_is_never_a_reason_and_five_minutes_ahead_are_forgiven() -> None:
    said = envelope.parse(BODY)
    for iat in (0, IAT - 86400 * 3650, IAT, IAT + 300):
        assert signing.agrees(signing.read_header(signed(iat=iat)), said, NOW) is None
    ahead = signing.read_header(signed(iat=IAT + 301))
    assert signing.agrees(ahead, said, NOW + timedelta(seconds=1)) is None


# Keys


@pytest.mark.parametrize("alg", ["EdDSA", "ES256"])
def test_a_key_survives_being_written_down(alg: str) -> None:
    key = SigningKey.generate("421321-1", alg)
    again = SigningKey.from_jwk(json.loads(json.dumps(key.private_jwk())))
    assert again.private_jwk() == key.private_jwk()
    assert (again.alg, again.kid, again.thumbprint) == (alg, "421321-1", key.thumbprint)
    assert not {"d", "k"} & key.public_jwk().keys()
    assert len(key.thumbprint) == 43
    SigningKey.check_public(key.public_jwk())


def test_a_private_key_may_be_written_by_another_program() -> None:
    bare = {name: value for name, value in ZAOYANG.private_jwk().items() if name not in {"alg", "use"}}
    assert SigningKey.from_jwk(bare | {"key_ops": ["sign"], "ext": True}).thumbprint == ZAOYANG.thumbprint


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"d": None}, "members"),
        ({"d": "AAAA"}, "members"),
        ({"x": TONGBAI.public_jwk()["x"]}, "pair"),
        ({"kid": ""}, "kid"),
        ({"kty": "RSA"}, "kind"),
    ],
)
def test_a_private_key_that_cannot_sign_is_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadKey) as refused:
        SigningKey.from_jwk(ZAOYANG.private_jwk() | change)
    assert refused.value.reason == reason


def test_a_key_needs_a_name_and_a_known_algorithm() -> None:
    with pytest.raises(BadKey, match="kid"):
        SigningKey.generate("../1")
    with pytest.raises(BadKey, match="alg"):
        SigningKey.generate("421321-1", "RS256")
    with pytest.raises(BadKey, match="members"):
        SigningKey.from_jwk(XIANGYANG.private_jwk() | {"d": keys.base64url(bytes(32))})


def test_a_thumbprint_is_that_of_the_key_whatever_else_is_said() -> None:
    jwk = XIANGYANG.public_jwk()
    assert keys.thumbprint(jwk) == keys.thumbprint(dict(reversed(jwk.items())) | {"kid": "other", "use": "sig"})
    assert keys.thumbprint(jwk) != keys.thumbprint(ZAOYANG.public_jwk())
    with pytest.raises(BadKey):
        keys.thumbprint({"kty": "EC", "crv": "P-256", "x": jwk["x"]})


def test_a_set_is_read_key_by_key_and_trimmed() -> None:
    set_ = {"keys": [ZAOYANG.public_jwk() | {"x5c": ["…"], "ext": True}, XIANGYANG.public_jwk()]}
    assert keys.read_set(set_) == [ZAOYANG.public_jwk(), XIANGYANG.public_jwk()]
    bare = {name: value for name, value in ZAOYANG.public_jwk().items() if name not in {"alg", "use"}}
    assert keys.read_set({"keys": [bare | {"key_ops": ["verify"]}]}) == [ZAOYANG.public_jwk()]


PUBLIC, EC = ZAOYANG.public_jwk(), XIANGYANG.public_jwk()
BAD_KEYS: list[tuple[Any, str]] = [
    (None, "not_a_key"),
    ("key", "not_a_key"),
    (ZAOYANG.private_jwk(), "private"),
    (PUBLIC | {"d": ""}, "private"),
    ({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}, "private"),
    ({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}, "kind"),
    (PUBLIC | {"crv": "X25519"}, "kind"),
    (PUBLIC | {"crv": "Ed448"}, "kind"),
    (EC | {"crv": "P-384"}, "kind"),
    (EC | {"crv": "secp256k1"}, "kind"),
    (PUBLIC | {"kid": None}, "kid"),
    (PUBLIC | {"kid": ""}, "kid"),
    (PUBLIC | {"kid": "a" * 65}, "kid"),
    (PUBLIC | {"kid": "a' OR 1=1"}, "kid"),
    (PUBLIC | {"kid": "../../etc"}, "kid"),
    (PUBLIC | {"use": "enc"}, "use"),
    (PUBLIC | {"key_ops": ["sign"]}, "use"),
    (PUBLIC | {"key_ops": "verify"}, "use"),
    (PUBLIC | {"alg": "ES256"}, "alg"),
    (PUBLIC | {"alg": "HS256"}, "alg"),
    (PUBLIC | {"x": None}, "members"),
    (PUBLIC | {"x": PUBLIC["x"] + "="}, "members"),
    (PUBLIC | {"x": PUBLIC["x"][:-2]}, "members"),
    (PUBLIC | {"x": base64.b64encode(b"\xff" * 32).decode()}, "members"),
    (PUBLIC | {"x": keys.base64url(bytes(32))}, "weak"),
    (PUBLIC | {"x": keys.base64url(b"\x01" + bytes(30) + b"\x80")}, "weak"),
    (PUBLIC | {"x": keys.base64url(b"\xed" + b"\xff" * 30 + b"\x7f")}, "weak"),
    (
        PUBLIC
        | {"x": keys.base64url(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))},
        "weak",
    ),
    (EC | {"y": EC["x"]}, "weak"),
    (EC | {"x": keys.base64url(bytes(32)), "y": keys.base64url(bytes(32))}, "weak"),
    ({name: value for name, value in EC.items() if name != "y"}, "members"),
]


@pytest.mark.parametrize(("jwk", "reason"), BAD_KEYS, ids=lambda part: str(part)[-40:])
def test_a_key_that_must_not_be_pinned_is_refused_with_its_place(jwk: Any, reason: str) -> None:
    with pytest.raises(BadKey) as refused:
        keys.read_set({"keys": [XIANGYANG.public_jwk() | {"kid": "first"}, jwk]})
    assert (refused.value.reason, refused.value.place) == (reason, 1)
    assert refused.value.text == keys.REASONS[reason]


def test_a_set_holds_keys_under_different_names() -> None:
    with pytest.raises(BadKey) as refused:
        keys.read_set({"keys": [PUBLIC, TONGBAI.public_jwk()]})
    assert (refused.value.reason, refused.value.place) == ("kid_twice", 1)
    others: list[Any] = [None, [], {}, {"keys": []}, {"keys": {}}, PUBLIC, {"keys": [PUBLIC] * 33}]
    for not_a_set in others:
        with pytest.raises(BadKey, match="not_a_set"):
            keys.read_set(not_a_set)


@given(st.binary(max_size=70))
def test_base64url_is_read_in_one_way_only(value: bytes) -> None:
    text = keys.base64url(value)
    assert keys.base64url_bytes(text) == value
    for other in (text + "=", text + "\n", " " + text, text + "A"):
        try:
            assert keys.base64url_bytes(other) != value
        except ValueError:
            continue
