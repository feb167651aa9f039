"""Tokens: how a program proves itself, and which tokens are good."""

import base64
from datetime import timedelta
from typing import Any

import jwt
import pytest

from gateway.auth.assertions import TYPE as ASSERTION
from gateway.auth.assertions import TokenRefused
from gateway.auth.clients import BadClient, Clients, NoSuchClient, Program
from gateway.auth.tables import Client, UsedAssertion
from gateway.auth.tokens import BadToken, Tokens
from partners.keys import SigningKey
from tests.gateway.conftest import Clock

HOUSE = SigningKey.generate("421321-1")
THEIRS = SigningKey.generate("client-1")
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def secret(clients: Clients) -> str:
    await clients.add(Program("zaoyang", "420683", frozenset({"messages", "agreements"})), "z" * 43)
    return await clients.add(Program("window", "421321", frozenset({"applications", "events"})))


@pytest.fixture
def tokens(clients: Clients, clock: Clock) -> Tokens:
    return Tokens(clients, HOUSE.private_jwk(), home="421321", issuer="https://tongban.example", clock=clock)


def with_secret(secret: str, **more: str) -> dict[str, str]:
    return {**GRANT, "client_id": "window", "client_secret": secret, **more}


async def test_a_secret_buys_a_token_of_ten_minutes(tokens: Tokens, secret: str, clock: Clock) -> None:
    answer = await tokens.issue(with_secret(secret), None)
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 600, "applications events")
    actor = await tokens.verify(answer["access_token"])
    assert (actor.kind, actor.jurisdiction, actor.client_id) == ("system", "421321", "window")
    assert actor.scopes == {"applications", "events"}
    clock.move(seconds=601)
    with pytest.raises(BadToken):
        await tokens.verify(answer["access_token"])


async def test_the_secret_also_comes_by_basic(tokens: Tokens, secret: str) -> None:
    basic = "Basic " + base64.b64encode(f"window:{secret}".encode()).decode()
    assert (await tokens.issue(GRANT, basic))["scope"] == "applications events"


async def test_a_partners_program_is_a_partner(tokens: Tokens, secret: str) -> None:
    form = {**GRANT, "client_id": "zaoyang", "client_secret": "z" * 43}
    actor = await tokens.verify((await tokens.issue(form, None))["access_token"])
    assert (actor.kind, actor.jurisdiction) == ("partner", "420683")


async def test_fewer_scopes_may_be_asked_for_but_not_others(tokens: Tokens, secret: str) -> None:
    answer = await tokens.issue(with_secret(secret, scope="events"), None)
    assert (await tokens.verify(answer["access_token"])).scopes == {"events"}
    with pytest.raises(TokenRefused) as refused:
        await tokens.issue(with_secret(secret, scope="messages"), None)
    assert refused.value.error == "invalid_scope"


@pytest.mark.parametrize(
    ("form", "basic", "error"),
    [
        ({}, None, "invalid_request"),
        ({"grant_type": "password", "client_id": "window", "client_secret": "x"}, None, "unsupported_grant_type"),
        (GRANT, None, "invalid_client"),
        ({**GRANT, "client_id": "window", "client_secret": "wrong"}, None, "invalid_client"),
        ({**GRANT, "client_id": "nobody", "client_secret": "wrong"}, None, "invalid_client"),
        ({**GRANT, "client_id": "window", "client_secret": "x"}, "Basic eDp5", "invalid_request"),
        (GRANT, "Basic !!!", "invalid_client"),
        (GRANT, "Basic eHl6", "invalid_client"),
        (GRANT, "Digest abc", "invalid_client"),
        ({**GRANT, "client_assertion": "x"}, None, "invalid_request"),
        ({**GRANT, "client_assertion": "x", "client_assertion_type": ASSERTION}, None, "invalid_client"),
    ],
)
async def test_what_does_not_prove_a_client_gets_no_token(
    tokens: Tokens, secret: str, form: dict[str, str], basic: str | None, error: str
) -> None:
    with pytest.raises(TokenRefused) as refused:
        await tokens.issue(form, basic)
    assert refused.value.error == error


async def test_the_secret_is_kept_as_a_hash_and_a_rotation_ends_the_old_one(
    tokens: Tokens, clients: Clients, secret: str
) -> None:
    assert secret not in str(await Client.get(client_id="window").values())
    new = await clients.rotate("window")
    with pytest.raises(TokenRefused):
        await tokens.issue(with_secret(secret), None)
    assert await tokens.issue(with_secret(new), None)
    with pytest.raises(NoSuchClient):
        await clients.rotate("nobody")


async def test_shutting_a_client_out_ends_its_tokens_at_once(tokens: Tokens, clients: Clients, secret: str) -> None:
    token = (await tokens.issue(with_secret(secret), None))["access_token"]
    assert (await tokens.verify(token)).client_id == "window"
    await clients.disable("window")
    with pytest.raises(BadToken):
        await tokens.verify(token)
    with pytest.raises(TokenRefused):
        await tokens.issue(with_secret(secret), None)


async def test_a_scope_that_was_taken_away_is_gone_from_old_tokens(
    tokens: Tokens, clients: Clients, secret: str
) -> None:
    token = (await tokens.issue(with_secret(secret), None))["access_token"]
    await clients.add(Program("window", "421321", frozenset({"events"})), secret)
    assert (await tokens.verify(token)).scopes == {"events"}


async def test_a_client_gets_only_scopes_that_exist(clients: Clients) -> None:
    with pytest.raises(BadClient, match="everything"):
        await clients.add(Program("x", "421321", frozenset({"everything"})))


def forged(key: Any = None, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """An access token like ours, but for `changes`; None takes a claim out."""
    claims: dict[str, Any] = {
        "iss": "https://tongban.example",
        "aud": "tongban-api",
        "sub": "window",
        "client_id": "window",
        "scope": "applications",
        "iat": 1795483800,
        "exp": 1795484400,
        "jti": "j",
    }
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    signing = key or jwt.PyJWK.from_dict({**HOUSE.private_jwk(), "alg": "EdDSA"}).key
    return jwt.encode(claims, signing, algorithm="EdDSA", headers={"typ": "at+jwt", **(headers or {})})


async def test_the_forger_s_own_pattern_is_good(tokens: Tokens, secret: str, clock: Clock) -> None:
    now = int(clock().timestamp())
    assert (await tokens.verify(forged(iat=now, exp=now + 600))).client_id == "window"


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param(lambda now: forged(iat=now, exp=now + 600, iss="https://other.example"), id="another issuer"),
        pytest.param(lambda now: forged(iat=now, exp=now + 600, aud="other"), id="another audience"),
        pytest.param(lambda now: forged(iat=now, exp=now + 600, aud=["tongban-api"]), id="audience as a list"),
        pytest.param(lambda now: forged(iat=now, exp=now - 1), id="expired"),
        pytest.param(lambda now: forged(iat=now, exp=None), id="no end"),
        pytest.param(lambda now: forged(iat=now, exp=now + 600, jti=None), id="no jti"),
        pytest.param(lambda now: forged(iat=now, exp=now + 600, headers={"typ": "JWT"}), id="another kind"),
        pytest.param(lambda now: forged(iat=now, exp=now + 600, client_id="nobody"), id="unknown client"),
        pytest.param(
            lambda now: forged(
                jwt.PyJWK.from_dict({**THEIRS.private_jwk(), "alg": "EdDSA"}).key, iat=now, exp=now + 600
            ),
            id="another key",
        ),
        pytest.param(
            lambda now: jwt.encode({"exp": now + 600, "client_id": "window"}, "", algorithm="none"), id="unsigned"
        ),
        pytest.param(lambda now: "not.a.token", id="no token"),
        pytest.param(lambda now: "", id="nothing"),
        pytest.param(lambda now: "国" * 40, id="not even ASCII"),
    ],
)
async def test_a_token_that_we_did_not_give_is_bad(tokens: Tokens, secret: str, clock: Clock, spoiled: Any) -> None:
    with pytest.raises(BadToken):
        await tokens.verify(spoiled(int(clock().timestamp())))


async def test_the_public_key_is_no_secret_to_sign_with(tokens: Tokens, secret: str, clock: Clock) -> None:
    now = int(clock().timestamp())
    raw = base64.urlsafe_b64decode(str(HOUSE.public_jwk()["x"]) + "=")
    claims = {"iss": "https://tongban.example", "aud": "tongban-api", "client_id": "window", "exp": now + 600}
    with pytest.raises(BadToken):
        await tokens.verify(jwt.encode(claims, raw, algorithm="HS256", headers={"typ": "at+jwt"}))


async def test_remembered_tokens_are_bounded(tokens: Tokens, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.auth.tokens.CACHED", 3)
    given = [(await tokens.issue(with_secret(secret), None))["access_token"] for _ in range(6)]
    for token in given:
        await tokens.verify(token)
    assert len(tokens._good) == 3
    assert (await tokens.verify(given[0])).client_id == "window"


# private_key_jwt


@pytest.fixture
async def signer(clients: Clients) -> str:
    keys = {"keys": [dict(THEIRS.public_jwk())]}
    await clients.add(Program("signer", "421321", frozenset({"applications"}), jwks=keys))
    return "signer"


def assertion(now: float, key: SigningKey = THEIRS, **changes: Any) -> dict[str, str]:
    claims: dict[str, Any] = {
        "iss": "signer",
        "sub": "signer",
        "aud": "https://tongban.example/api/v1/token",
        "iat": int(now),
        "exp": int(now) + 120,
        "jti": "once",
    }
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    private = jwt.PyJWK.from_dict({**key.private_jwk(), "alg": "EdDSA"}).key
    signed = jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": key.kid})
    return {**GRANT, "client_assertion": signed, "client_assertion_type": ASSERTION}


async def test_a_signed_assertion_buys_a_token_once(tokens: Tokens, signer: str, clock: Clock) -> None:
    form = assertion(clock().timestamp())
    assert (await tokens.issue(form, None))["scope"] == "applications"
    with pytest.raises(TokenRefused) as refused:
        await tokens.issue(form, None)
    assert refused.value.error == "invalid_client"


@pytest.mark.parametrize("audience", ["https://tongban.example", "urn:jurisdiction:421321"])
async def test_an_assertion_may_be_addressed_to_the_house(
    tokens: Tokens, signer: str, clock: Clock, audience: str
) -> None:
    assert await tokens.issue(assertion(clock().timestamp(), aud=audience), None)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": ["https://tongban.example", "https://other.example"]},
        {"iss": "window"},
        {"sub": "window"},
        {"jti": None},
        {"exp": None},
        {"iat": None},
        {"exp": 1},
        {"exp": 4102444800},
        {"exp": "tomorrow"},
        {"exp": float("nan")},
        {"iat": float("nan")},
        {"iat": 4102444800},
        {"jti": "x" * 129},
    ],
)
async def test_an_assertion_that_is_not_exact_is_refused(
    tokens: Tokens, signer: str, clock: Clock, changes: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        await tokens.issue(assertion(clock().timestamp(), **changes), None)


async def test_an_assertion_under_another_key_is_refused(tokens: Tokens, signer: str, clock: Clock) -> None:
    stranger = SigningKey.generate("client-1")
    with pytest.raises(TokenRefused):
        await tokens.issue(assertion(clock().timestamp(), stranger), None)


async def test_used_assertions_are_forgotten_after_their_time(tokens: Tokens, signer: str, clock: Clock) -> None:
    await tokens.issue(assertion(clock().timestamp()), None)
    assert await tokens.purge() == 0
    clock.move(**{"seconds": timedelta(minutes=10).total_seconds()})
    assert await tokens.purge() == 1
    assert await UsedAssertion.all().count() == 0
