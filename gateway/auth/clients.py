"""Client programs: who may ask for tokens, for which county and with which scopes."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.auth.roles import SCOPES
from gateway.auth.tables import Client

FRESH = 5.0  # seconds for which a client's row is believed before it is read again


class BadClient(Exception):
    """A client cannot be added like this; the text says why, in Chinese."""


class NoSuchClient(Exception):
    """There is no such client."""


@dataclass(frozen=True)
class Program:
    """A client without its secret."""

    client_id: str
    jurisdiction: str
    scopes: frozenset[str]
    jwks: Mapping[str, Any] | None = None
    disabled: bool = False


@dataclass(frozen=True)
class _Known:
    program: Program
    secret_hash: str | None
    until: float


class Clients:
    """The programs of this installation; rows are kept in memory for five seconds."""

    def __init__(self, clock: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._ticks = clock, ticks
        self._known: dict[str, _Known] = {}

    async def add(self, program: Program, secret: str | None = None) -> str:
        """Add a client, or replace one of the same id, and return its secret: it is shown once and only its hash is kept.

        Raises BadClient.
        """
        if unknown := sorted(program.scopes - set(SCOPES)):
            raise BadClient(f"没有这样的权限范围：{'、'.join(unknown)}（可用：{'、'.join(SCOPES)}）")
        secret = secret or secrets.token_urlsafe(32)
        values = {
            "secret_hash": _hash(secret),
            "jurisdiction": program.jurisdiction,
            "scopes": sorted(program.scopes),
            "jwks": program.jwks,
            "disabled": program.disabled,
            "created_at": self._clock(),
        }
        await Client.update_or_create(client_id=program.client_id, defaults=values)
        self._known.pop(program.client_id, None)
        return secret

    async def rotate(self, client_id: str) -> str:
        """A new secret; the old one is worth nothing from now on. Raises NoSuchClient."""
        secret = secrets.token_urlsafe(32)
        await self._update(client_id, secret_hash=_hash(secret))
        return secret

    async def disable(self, client_id: str, *, disabled: bool = True) -> None:
        """Shut a program out, its tokens too: here at once, in other processes within five seconds. Raises NoSuchClient."""
        await self._update(client_id, disabled=disabled)

    async def get(self, client_id: str) -> Program | None:
        """The client of that id, also a disabled one."""
        known = await self._find(client_id)
        return None if known is None else known.program

    async def all(self) -> list[Program]:
        """Every client, by id."""
        return [_program(row) for row in await Client.all().order_by("client_id")]

    async def secret_is(self, client_id: str, secret: str) -> Program | None:
        """The program whose secret this is, or None; compared in constant time, also for an unknown id."""
        known = await self._find(client_id)
        stored = known.secret_hash if known is not None else None
        right = hmac.compare_digest(_hash(secret), stored or "0" * 64)
        return known.program if right and known is not None and stored and not known.program.disabled else None

    async def used(self, client_id: str) -> None:
        """Note that it asked for a token."""
        await Client.filter(client_id=client_id).update(last_used_at=self._clock())

    async def _find(self, client_id: str) -> _Known | None:
        known = self._known.get(client_id)
        if known is not None and known.until > self._ticks():
            return known
        row = await Client.get_or_none(client_id=client_id[:64])
        if row is None:
            self._known.pop(client_id, None)
            return None
        known = _Known(_program(row), row.secret_hash, self._ticks() + FRESH)
        self._known[client_id] = known
        return known

    async def _update(self, client_id: str, **changes: object) -> None:
        if not await Client.filter(client_id=client_id).update(**changes):
            raise NoSuchClient(client_id)
        self._known.pop(client_id, None)


def public_keys(program: Program, kid: str | None) -> Sequence[Mapping[str, Any]]:
    """The signing keys of a client that an assertion with this `kid` may be checked against."""
    keys = (program.jwks or {}).get("keys", [])
    usable = [key for key in keys if isinstance(key, Mapping) and key.get("use", "sig") == "sig" and "d" not in key]
    return [key for key in usable if kid is None or key.get("kid") == kid]


def _program(row: Client) -> Program:
    return Program(row.client_id, row.jurisdiction, frozenset(map(str, row.scopes)), row.jwks, row.disabled)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
