"""The address book in memory: partners by code, and whose key may verify what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from messaging.sealing import Sealer
from messaging.unit_of_work import Connection
from partners.keys import SigningKey
from partners.tables import PartnerKey, PartnerRow


class Way(StrEnum):
    """How a partner reads what we send."""

    AMQP = "amqp"  # its own system consumes from its vhost
    WEBHOOK = "webhook"  # we call its address
    POLLING = "polling"  # it asks us: GET deliveries
    DESK = "desk"  # a person works in our pages


@dataclass(frozen=True)
class Suspended:
    """A link that rests: nothing is lost meanwhile, and clerks read the notice."""

    at: datetime
    until: datetime | None
    notice: str


@dataclass(frozen=True)
class Partner:
    """A jurisdiction that we exchange messages with."""

    code: str
    name: str
    connection: Way
    custodial: bool
    simulated: bool
    live: bool
    client_id: str | None
    suspended: Suspended | None

    def rests(self, now: datetime) -> bool:
        """Is the link suspended at this moment?"""
        return self.suspended is not None and (self.suspended.until is None or now < self.suspended.until)


class UnknownPartner(Exception):
    """No partner has this code."""


class UnusableKey(Exception):
    """No key of this jurisdiction may verify this: `unknown_key`, `not_valid_yet`, `retired_key` or `revoked_key`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class KnownKey:
    """A pinned public key; `held` when the private half is ours to use for the partner."""

    jurisdiction: str
    kid: str
    jwk: Mapping[str, Any]
    thumbprint: str
    valid_from: datetime
    valid_to: datetime | None
    revoked_at: datetime | None
    held: bool


def private_context(jurisdiction: str, kid: str) -> str:
    """What a sealed private key is bound to."""
    return f"partner_key.sealed:{jurisdiction}:{kid}"


class Registry:
    """Answers from memory; `load` reads the tables again after somebody changed them."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._partners: dict[str, Partner] = {}
        self._keys: dict[tuple[str, str], KnownKey] = {}
        self._held: dict[str, SigningKey] = {}

    async def load(self, connection: Connection | None = None) -> None:
        """Read everything; what was known before stays in use until all of it has been read."""
        partner_rows, key_rows = PartnerRow.all().order_by("code"), PartnerKey.all().order_by("valid_from", "id")
        rows = await (partner_rows.using_db(connection) if connection else partner_rows)
        keys = await (key_rows.using_db(connection) if connection else key_rows)
        held = {key.jurisdiction: self._open(key) for key in keys if key.held and _in_use(key)}
        self._partners = {row.code: _partner(row) for row in rows}
        self._keys = {(key.jurisdiction, key.kid): _known(key) for key in keys}
        self._held = held

    def get(self, code: str) -> Partner:
        """Raises UnknownPartner."""
        partner = self._partners.get(code)
        if partner is None:
            raise UnknownPartner(code)
        return partner

    def has(self, code: str) -> bool:
        """Is there a link to this jurisdiction?"""
        return code in self._partners

    def all(self) -> Sequence[Partner]:
        """Every partner, in the order of codes."""
        return list(self._partners.values())

    def keys_of(self, jurisdiction: str) -> Sequence[KnownKey]:
        """Every key that was ever pinned for a jurisdiction, oldest first."""
        return [key for key in self._keys.values() if key.jurisdiction == jurisdiction]

    def key_for(
        self, jurisdiction: str, kid: str, at: datetime, arriving: bool, now: datetime | None = None
    ) -> KnownKey:
        """The key that may verify what `jurisdiction` signed at `at` (the signature's `iat`).

        `arriving`: is this the message's first arrival? Then a revoked key is refused, and one whose time has not
        begun. A replay and evidence ask with False, because the verdict was given when the message arrived. A retired
        key verifies what was signed before it retired; an `at` in the past is never a reason by itself.
        Raises UnusableKey.
        """
        key = self._keys.get((jurisdiction, kid))
        if key is None:
            raise UnusableKey("unknown_key")
        now = now or datetime.now(UTC)
        if arriving and key.revoked_at is not None and key.revoked_at <= now:
            raise UnusableKey("revoked_key")
        if arriving and now < key.valid_from:
            raise UnusableKey("not_valid_yet")
        if key.valid_to is not None and at >= key.valid_to:
            raise UnusableKey("retired_key")
        return key

    def held_key(self, code: str) -> SigningKey | None:
        """The private key that we hold for a custodial or desk partner: the newest that is neither retired nor revoked."""
        return self._held.get(code)

    def _open(self, row: PartnerKey) -> SigningKey:
        key = self._sealer.unwrap(bytes(row.wrapped or b""))
        clear = self._sealer.open(key, bytes(row.sealed or b""), private_context(row.jurisdiction, row.kid))
        return SigningKey.from_jwk(json.loads(clear))


def _in_use(row: PartnerKey) -> bool:
    return row.revoked_at is None and row.valid_to is None


def _partner(row: PartnerRow) -> Partner:
    suspended = None
    if row.suspended_at is not None:
        suspended = Suspended(row.suspended_at, row.suspended_until, row.suspended_notice or "")
    return Partner(
        code=row.code,
        name=row.name,
        connection=Way(row.connection),
        custodial=row.custodial,
        simulated=row.simulated,
        live=row.live,
        client_id=row.client_id,
        suspended=suspended,
    )


def _known(row: PartnerKey) -> KnownKey:
    return KnownKey(
        jurisdiction=row.jurisdiction,
        kid=row.kid,
        jwk=row.jwk,
        thumbprint=row.thumbprint,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_at=row.revoked_at,
        held=row.held,
    )
