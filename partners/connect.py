"""Connect a partner and hand out its start sheet; let its link rest, wake it, and take it down."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from messaging.sealing import Sealer
from messaging.tables import Mail, Outgoing
from messaging.unit_of_work import Connection
from partners import key_cabinet, keys
from partners.registry import UnknownPartner, Way
from partners.tables import PartnerKey, PartnerRow

SCOPES = ("messages", "agreements")  # what a partner's API client may do
CLOSED = ("closed", "set_aside")  # states of outgoing messages that wait for nothing

CreateClient = Callable[[Connection, str, Sequence[str]], Awaitable[tuple[str, str]]]
"""(open transaction, jurisdiction, scopes) -> (client_id, client_secret)."""


class CannotConnect(Exception):
    """The partner cannot be connected, or taken down, in this way; the text says why and what to do."""


async def connect(
    connection: Connection,
    code: str,
    by: str,
    *,
    name: str,
    api: str,
    our_jwks: Mapping[str, Any],
    create_client: CreateClient,
    sealer: Sealer,
    now: datetime,
    jwks: Mapping[str, Any] | None = None,
    custodial: bool = False,
    simulated: bool = False,
    live: bool = True,
    broker: bool = False,
) -> dict[str, Any]:
    """Write the partner down, pin or make its key, make its API client. Returns the start sheet, secrets in the clear.

    `api` is the address of our API and `our_jwks` our public keys, for the partner to pin. A desk partner gets no
    client: its operators sign in by name. `broker`: this installation has one; what the partner is told of it (`amqp`) is
    put into the sheet by whoever prepares the link there, after this is committed. Raises CannotConnect, BadKey, KidTaken.
    """
    way = await _check(connection, code, by, jwks, custodial, broker)
    if custodial or way is Way.DESK:
        await key_cabinet.hold_key(connection, code, sealer, now)
    elif jwks is not None:
        await key_cabinet.add_keys(connection, code, keys.read_set(jwks), now)
    client_id, secret = None, None
    if way is not Way.DESK:
        client_id, secret = await create_client(connection, code, SCOPES)
    await PartnerRow.create(
        using_db=connection,
        code=code,
        name=name,
        connection=way.value,
        custodial=custodial,
        simulated=simulated,
        live=live,
        client_id=client_id,
        connected_at=now,
    )
    return {
        "code": code,
        "by": way.value,
        "api": api,
        "client_id": client_id,
        "client_secret": secret,
        "our_jwks": dict(our_jwks),
        "amqp": None,
        "webhook_secret": None,
    }


async def _check(connection: Connection, code: str, by: str, jwks: object, custodial: bool, broker: bool) -> Way:
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        raise CannotConnect(f"'{code}' is not a six-digit GB/T 2260 code")
    if by not in set(Way):
        raise CannotConnect(f"--by is one of {', '.join(Way)}, not '{by}'")
    way = Way(by)
    _refuse_way(way, custodial, broker)
    if jwks is not None and (custodial or way is Way.DESK):
        raise CannotConnect("we hold the key of a desk or custodial partner ourselves; leave --jwks out")
    if await PartnerRow.filter(code=code).using_db(connection).exists():
        raise CannotConnect(f"{code} is connected already; see 'partners keys', 'partners rotate', 'partners remove'")
    return way


def _refuse_way(way: Way, custodial: bool, broker: bool) -> None:
    if way is Way.AMQP and not broker:
        raise CannotConnect("--by amqp needs RabbitMQ: this installation runs on the embedded bus; use polling or desk")
    if way is Way.WEBHOOK:
        raise CannotConnect("--by webhook is not in this version; use polling or desk")
    if way is Way.AMQP and custodial:
        raise CannotConnect("a system that reads a queue signs by itself; leave --custodial out, or use polling")


async def is_connected(connection: Connection, code: str) -> bool:
    """Is there a partner with this code? Then connecting it means to change how it reads."""
    return await PartnerRow.filter(code=code).using_db(connection).exists()


async def change_way(
    connection: Connection,
    code: str,
    by: str,
    *,
    api: str,
    our_jwks: Mapping[str, Any],
    create_client: CreateClient,
    sealer: Sealer,
    now: datetime,
    jwks: Mapping[str, Any] | None = None,
    broker: bool = False,
) -> dict[str, Any]:
    """Another way of reading for a partner that is connected; returns the start sheet of the new way.

    Everything that it has not receipted goes to the place that it reads from now on, under its ids: what it had read
    already it knows again. Raises CannotConnect, UnknownPartner, BadKey, KidTaken.
    """
    row = await PartnerRow.filter(code=code).using_db(connection).select_for_update().first()
    if row is None:
        raise UnknownPartner(code)
    way = Way(by)
    await _check_change(connection, row, way, jwks, broker)
    if jwks is not None:
        await key_cabinet.add_keys(connection, code, keys.read_set(jwks), now)
    await switch(connection, code, by, simulated=row.simulated, sealer=sealer, now=now)
    secret = None
    if way is not Way.DESK and row.client_id is None:
        row.client_id, secret = await create_client(connection, code, SCOPES)
        await PartnerRow.filter(code=code).using_db(connection).update(client_id=row.client_id)
    await _lay_anew(connection, code, way, now)
    return {
        "code": code,
        "by": way.value,
        "api": api,
        "client_id": None if way is Way.DESK else row.client_id,
        "client_secret": secret,
        "our_jwks": dict(our_jwks),
        "amqp": None,
        "webhook_secret": None,
    }


async def _check_change(connection: Connection, row: PartnerRow, way: Way, jwks: object, broker: bool) -> None:
    _refuse_way(way, row.custodial, broker)
    if way.value == row.connection:
        raise CannotConnect(f"{row.code} reads by {way.value} already; see 'partners keys', 'partners rotate'")
    if way is Way.DESK and jwks is not None:
        raise CannotConnect("we hold the key of a desk partner ourselves; leave --jwks out")
    own = PartnerKey.filter(jurisdiction=row.code, held=False, revoked_at__isnull=True, valid_to__isnull=True)
    signs = row.custodial or jwks is not None or await own.using_db(connection).exists()
    if way is not Way.DESK and not signs:
        raise CannotConnect("from now on it signs by itself: give its public keys with --jwks FILE")


async def _lay_anew(connection: Connection, code: str, way: Way, now: datetime) -> None:
    """What is under way goes at once: to the mailbox again, or through the broker to whoever reads there now.

    Receipts and requests that were not handed out yet go too; at the desk nobody reads them.
    """
    under_way = Outgoing.filter(partner=code, state="confirmed", sequence__not_isnull=True)
    await under_way.using_db(connection).update(due_at=now)
    loose = Mail.filter(partner=code, state="waiting", sequence__isnull=True)
    ids = [str(id_) for id_ in await loose.using_db(connection).values_list("message_id", flat=True)]
    await loose.using_db(connection).update(state="receipted")
    if ids and way is not Way.DESK:
        again = Outgoing.filter(partner=code, message_id__in=ids, sequence__isnull=True)
        await again.using_db(connection).update(state="written", due_at=now)


async def suspend(connection: Connection, code: str, at: datetime, *, until: datetime | None, notice: str) -> None:
    """Let a link rest: nothing is sent, what clerks file waits, and `notice` tells them. Raises UnknownPartner."""
    await _change(connection, code, suspended_at=at, suspended_until=until, suspended_notice=notice)


async def resume(connection: Connection, code: str) -> None:
    """Wake a link that rested. Raises UnknownPartner."""
    await _change(connection, code, suspended_at=None, suspended_until=None, suspended_notice=None)


async def _change(connection: Connection, code: str, **values: Any) -> None:
    if not await PartnerRow.filter(code=code).using_db(connection).update(**values):
        raise UnknownPartner(code)


async def remove(connection: Connection, code: str, at: datetime) -> None:
    """Take a link down. Its keys retire and stay, because what they signed must stay verifiable.

    Raises UnknownPartner; CannotConnect while messages to it are still open, which a person has to close first.
    """
    if not await PartnerRow.filter(code=code).using_db(connection).exists():
        raise UnknownPartner(code)
    waiting = await Outgoing.filter(partner=code).exclude(state__in=CLOSED).using_db(connection).count()
    if waiting:
        raise CannotConnect(f"{waiting} messages to {code} are not receipted; wait, or close them by name first")
    pinned = await PartnerKey.filter(jurisdiction=code).using_db(connection)
    await key_cabinet.retire(connection, code, [key.kid for key in pinned], at)
    await PartnerRow.filter(code=code).using_db(connection).delete()


async def switch(connection: Connection, code: str, by: str, *, simulated: bool, sealer: Sealer, now: datetime) -> None:
    """Change how a partner reads; what waits for it stays where it is, under its ids. Raises UnknownPartner."""
    way = Way(by)
    held = PartnerKey.filter(jurisdiction=code, held=True, revoked_at__isnull=True, valid_to__isnull=True)
    if way is Way.DESK and not await held.using_db(connection).exists():
        await key_cabinet.hold_key(connection, code, sealer, now)
    if not await PartnerRow.filter(code=code).using_db(connection).update(connection=way.value, simulated=simulated):
        raise UnknownPartner(code)
