"""What people do with partners' keys: pin, hold, retire, revoke. Each deed takes the connection of an open transaction."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from messaging import ids
from messaging.sealing import Sealer
from messaging.unit_of_work import Connection
from partners.keys import SigningKey, thumbprint
from partners.registry import private_context
from partners.tables import PartnerKey


class KidTaken(Exception):
    """The kid already names another key of this jurisdiction; a new key needs a new kid."""


class NoNewKey(Exception):
    """Nothing to rotate to: neither the partner's new keys nor a way to make the next key that we hold for it."""


async def add_keys(
    connection: Connection,
    code: str,
    keys: Sequence[Mapping[str, Any]],
    now: datetime,
    valid_from: datetime | None = None,
) -> list[PartnerKey]:
    """Pin public keys, as `keys.read_set` gives them. The same key again is no change. Raises KidTaken."""
    added = []
    for jwk in keys:
        known = await PartnerKey.get_or_none(jurisdiction=code, kid=jwk["kid"], using_db=connection)
        if known is None:
            row = _row(code, jwk, valid_from or now)
            await row.save(using_db=connection, force_create=True)
            added.append(row)
        elif known.thumbprint != thumbprint(jwk):
            raise KidTaken(f"{jwk['kid']} of {code}")
    return added


async def hold_key(connection: Connection, code: str, sealer: Sealer, now: datetime) -> SigningKey:
    """Make a key pair for a partner that cannot keep one itself, and keep the private half sealed."""
    count = await PartnerKey.filter(jurisdiction=code).using_db(connection).count()
    key = SigningKey.generate(f"{code}-h{count + 1}")
    data_key, wrapped = sealer.new_key()
    row = _row(code, key.public_jwk(), now)
    row.held, row.wrapped = True, wrapped
    row.sealed = sealer.seal(data_key, json.dumps(key.private_jwk()).encode(), private_context(code, key.kid))
    await row.save(using_db=connection, force_create=True)
    return key


async def retire(connection: Connection, code: str, kids: Sequence[str], at: datetime) -> int:
    """From `at` on these keys sign nothing new; what they signed before stays verifiable. How many were retired."""
    rows = PartnerKey.filter(jurisdiction=code, kid__in=list(kids), valid_to__isnull=True)
    return await rows.using_db(connection).update(valid_to=at)


async def revoke(connection: Connection, code: str, kid: str, at: datetime) -> bool:
    """The key is lost: nothing that arrives after `at` is verified by it. False when it was no live key of theirs."""
    rows = PartnerKey.filter(jurisdiction=code, kid=kid, revoked_at__isnull=True)
    return bool(await rows.using_db(connection).update(revoked_at=at))


async def rotate(
    connection: Connection,
    code: str,
    now: datetime,
    *,
    keys: Sequence[Mapping[str, Any]] | None = None,
    sealer: Sealer | None = None,
    retire_at: datetime | None = None,
) -> list[str]:
    """New keys in, all others retired at `retire_at` (default now). Returns the kids that are valid from now on.

    `keys`: the partner's own new public keys. Without them `sealer` makes the next key that we hold for it.
    Raises KidTaken, NoNewKey.
    """
    if keys is not None:
        await add_keys(connection, code, keys, now)
        fresh = [str(jwk["kid"]) for jwk in keys]
    elif sealer is not None:
        fresh = [(await hold_key(connection, code, sealer, now)).kid]
    else:
        raise NoNewKey(code)
    live = await PartnerKey.filter(jurisdiction=code, valid_to__isnull=True).using_db(connection)
    await retire(connection, code, [row.kid for row in live if row.kid not in fresh], retire_at or now)
    return fresh


def _row(code: str, jwk: Mapping[str, Any], valid_from: datetime) -> PartnerKey:
    return PartnerKey(
        id=ids.row_id(),
        jurisdiction=code,
        kid=jwk["kid"],
        jwk=dict(jwk),
        thumbprint=thumbprint(jwk),
        valid_from=valid_from,
        valid_to=None,
        revoked_at=None,
        held=False,
    )
