"""private_key_jwt: a client proves itself by an assertion that it signed, once (RFC 7523)."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from tortoise.exceptions import IntegrityError

from gateway.auth.clients import Clients, Program, public_keys
from gateway.auth.tables import UsedAssertion

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY = 30  # seconds, for clocks that differ
LONGEST = 600  # seconds from now to its exp
ALGORITHM = {"OKP": "EdDSA", "EC": "ES256"}  # by the key's type: one algorithm per key


class TokenRefused(Exception):
    """No token is given; `error` is RFC 6749's word, the text says what to do, in Chinese."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error, self.detail = error, detail


def unproved() -> TokenRefused:
    """The client is not who it says; deliberately one answer for every reason."""
    return TokenRefused("invalid_client", "客户端身份未能确认：请检查 client_id、密钥或断言")


class Assertions:
    """Takes assertions: signed by a pinned key of the client, addressed to us, fresh, and never seen before."""

    def __init__(self, clients: Clients, audiences: Collection[str], clock: Callable[[], datetime]) -> None:
        self._clients, self._audiences, self._clock = clients, frozenset(audiences), clock

    async def prove(self, form: Mapping[str, str]) -> Program:
        """The client behind the form's assertion. Raises TokenRefused."""
        if form.get("client_assertion_type") != TYPE:
            raise TokenRefused("invalid_request", f"client_assertion_type 须为 {TYPE}")
        assertion = form.get("client_assertion", "")
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            peeked = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise unproved() from None
        client_id, audience = peeked.get("iss"), peeked.get("aud")
        if not isinstance(client_id, str) or not isinstance(audience, str) or audience not in self._audiences:
            raise unproved()
        program = await self._clients.get(client_id)
        if program is None or program.disabled or form.get("client_id", client_id) != client_id:
            raise unproved()
        for key in public_keys(program, kid if isinstance(kid, str) else None):
            claims = _checked(assertion, key, client_id, audience)
            if claims is not None:
                await self._use_up(client_id, claims)
                return program
        raise unproved()

    async def _use_up(self, client_id: str, claims: Mapping[str, Any]) -> None:
        now, expires, jti = self._clock().timestamp(), float(claims["exp"]), claims["jti"]
        lasts = now - LEEWAY < expires <= now + LONGEST + LEEWAY
        begun = float(claims["iat"]) - LEEWAY <= now
        if not (lasts and begun and isinstance(jti, str) and 1 <= len(jti) <= 128):
            raise unproved()
        try:
            await UsedAssertion.create(iss=client_id, jti=jti, expires_at=datetime.fromtimestamp(expires, UTC))
        except IntegrityError:
            raise unproved() from None

    async def purge(self) -> int:
        """Forget assertions whose time is over; how many there were."""
        return await UsedAssertion.filter(expires_at__lt=self._clock() - timedelta(seconds=2 * LEEWAY)).delete()


def _checked(assertion: str, jwk: Mapping[str, Any], client_id: str, audience: str) -> dict[str, Any] | None:
    """The claims, when this key signed them; times are judged by the caller's clock."""
    algorithm = ALGORITHM.get(str(jwk.get("kty")))
    if algorithm is None:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            jwt.PyJWK.from_dict({**jwk, "alg": algorithm}).key,
            algorithms=[algorithm],
            audience=audience,
            issuer=client_id,
            subject=client_id,
            options={
                "require": ["exp", "iat", "iss", "sub", "aud", "jti"],
                "strict_aud": True,
                "enforce_minimum_key_length": True,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.PyJWTError:
        return None
    return claims if all(isinstance(claims[name], int | float) for name in ("exp", "iat")) else None
