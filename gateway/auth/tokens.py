"""Access tokens: who asks for one, what it says, and whether one that comes back is good (RFC 6749, 7523, 8725, 9068)."""

import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import jwt

from gateway.auth.actor import Actor
from gateway.auth.assertions import ALGORITHM, LEEWAY, Assertions, TokenRefused, unproved
from gateway.auth.clients import Clients, Program

LIFETIME = 600  # seconds
AUDIENCE = "tongban-api"
TYP = "at+jwt"
CACHED = 10_000


class BadToken(Exception):
    """The bearer token is missing, spoiled, expired, or its client was shut out."""


@dataclass(frozen=True)
class _Verified:
    client_id: str
    scopes: frozenset[str]
    expires: float


class Tokens:
    """Gives and checks the short tokens of programs. They are signed with the installation's key."""

    def __init__(
        self,
        clients: Clients,
        signing_jwk: Mapping[str, Any],
        *,
        home: str,
        issuer: str | None,
        clock: Callable[[], datetime],
    ) -> None:
        """`signing_jwk` is a private JWK; `issuer` the public address, None for the URN of home."""
        self._clients, self._clock, self._home = clients, clock, home
        urn = f"urn:jurisdiction:{home}"
        self.issuer = issuer or urn
        self._key = jwt.PyJWK.from_dict({**signing_jwk, "alg": ALGORITHM[signing_jwk["kty"]]})
        public = {name: value for name, value in signing_jwk.items() if name != "d"}
        self._public = jwt.PyJWK.from_dict({**public, "alg": ALGORITHM[signing_jwk["kty"]]})
        self._kid = str(signing_jwk["kid"])
        self._assertions = Assertions(clients, {self.issuer, f"{self.issuer}/api/v1/token", urn}, clock)
        self._good: OrderedDict[bytes, _Verified] = OrderedDict()

    async def issue(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """`{"access_token","token_type","expires_in","scope"}` for a form of the client credentials grant.

        The client proves itself by one of: client_secret in the form, Basic, a client_assertion. Raises TokenRefused.
        """
        if not form.get("grant_type"):
            raise TokenRefused("invalid_request", "缺少 grant_type")
        if form["grant_type"] != "client_credentials":
            raise TokenRefused("unsupported_grant_type", "grant_type 只支持 client_credentials")
        program = await self._prove(form, authorization)
        scopes = _granted(program, form.get("scope"))
        await self._clients.used(program.client_id)
        return {
            "access_token": self._sign(program, scopes),
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "scope": " ".join(sorted(scopes)),
        }

    async def verify(self, token: str, *, ip: str | None = None) -> Actor:
        """The program behind a bearer token, with the scopes that it still has. Raises BadToken."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._good.get(digest)
        if known is None:
            known = self._read(token)
            self._good[digest] = known
            if len(self._good) > CACHED:
                self._good.popitem(last=False)
        if known.expires <= self._clock().timestamp():
            self._good.pop(digest, None)
            raise BadToken("expired")
        program = await self._clients.get(known.client_id)
        if program is None or program.disabled:
            raise BadToken("client shut out")
        return Actor(
            kind="system" if program.jurisdiction == self._home else "partner",
            jurisdiction=program.jurisdiction,
            name=program.client_id,
            client_id=program.client_id,
            scopes=known.scopes & program.scopes,
            ip=ip,
        )

    async def purge(self) -> int:
        """Forget assertions whose time is over; how many there were."""
        return await self._assertions.purge()

    def _sign(self, program: Program, scopes: frozenset[str]) -> str:
        now = int(self._clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": program.client_id,
            "client_id": program.client_id,
            "scope": " ".join(sorted(scopes)),
            "iat": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(
            claims, self._key.key, algorithm=self._key.algorithm_name, headers={"typ": TYP, "kid": self._kid}
        )

    def _read(self, token: str) -> _Verified:
        try:
            parsed = jwt.decode_complete(
                token,
                self._public.key,
                algorithms=[self._public.algorithm_name],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={
                    "require": ["exp", "iat", "iss", "aud", "jti", "sub"],
                    "strict_aud": True,
                    "enforce_minimum_key_length": True,
                    "verify_exp": False,  # judged by our clock, at each use
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as error:
            raise BadToken(type(error).__name__) from None
        claims = parsed["payload"]
        if parsed["header"].get("typ") != TYP:
            raise BadToken("another kind of token")
        return _Verified(str(claims["client_id"]), frozenset(str(claims["scope"]).split()), float(claims["exp"]))

    async def _prove(self, form: Mapping[str, str], authorization: str | None) -> Program:
        ways = [
            bool(authorization),
            "client_secret" in form,
            "client_assertion" in form or "client_assertion_type" in form,
        ]
        if sum(ways) != 1:
            raise TokenRefused("invalid_request" if sum(ways) else "invalid_client", "请只用一种方式证明客户端身份")
        if ways[2]:
            return await self._assertions.prove(form)
        client_id, secret = (
            _basic(authorization) if authorization else (form.get("client_id", ""), form["client_secret"])
        )
        program = await self._clients.secret_is(client_id, secret)
        if program is None:
            raise unproved()
        return program


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise unproved()
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unproved() from None
    if not colon:
        raise unproved()
    return unquote_plus(client_id), unquote_plus(secret)


def _granted(program: Program, asked: str | None) -> frozenset[str]:
    wanted = frozenset((asked or "").split())
    if not wanted <= program.scopes:
        raise TokenRefused("invalid_scope", "所请求的权限范围未授予该客户端")
    return wanted or program.scopes
