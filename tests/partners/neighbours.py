"""Neighbours of 随县 over a real inbox, outbox table and mailbox: what desk, polling and keys are tried against."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.believing import Believing
from messaging import contract, envelope, ids
from messaging.bus.embedded import EmbeddedBus
from messaging.bus.port import Parcel
from messaging.conversation import locked
from messaging.inbox import Inbox
from messaging.key_ring import KeyRing
from messaging.sealing import Sealer
from messaging.tables import Incoming
from messaging.unit_of_work import Connection, run_tx
from partners import connect, signing
from partners.couriers.desk import Desk
from partners.couriers.on_behalf import OnBehalf
from partners.keys import SigningKey
from partners.mailbox import Mailbox
from partners.registry import Registry

HOME, ZAOYANG, SHENNONGJIA = "421321", "420683", "429021"
CASE = "421321202611242000001G"
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
OUR_KEY, ZAOYANG_KEY = SigningKey.generate("421321-1"), SigningKey.generate("420683-1")


class Neighbours:
    """One post room at home, by a clock of our own."""

    def __init__(self, sealer: Sealer, keys: KeyRing) -> None:
        self.at, self.sealer, self.keys = NOW, sealer, keys
        self.clients: list[tuple[str, Sequence[str]]] = []
        self.registry = Registry(sealer)
        self.mailbox = Mailbox(keys, self.now)
        self.on_behalf = OnBehalf(self.registry, HOME, self.now)
        self.inbox = Inbox(HOME, keys, Believing(self.registry, HOME, []), self.now, lambda partner, subject: None)
        self.desk = Desk(self.mailbox, self.on_behalf, self.inbox.store, self.now)
        self.bus = EmbeddedBus(keys, self.now)

    def now(self) -> datetime:
        return self.at

    async def make_client(self, connection: Connection, code: str, scopes: Sequence[str]) -> tuple[str, str]:
        self.clients.append((code, scopes))
        return f"partner-{code}", "a secret"

    async def connect(self, code: str, by: str, **more: Any) -> dict[str, Any]:
        sheet = await run_tx(
            lambda connection: connect.connect(
                connection, code, by, name=code, api="https://tongban.example", our_jwks={"keys": [OUR_KEY.public_jwk()]},
                create_client=self.make_client, sealer=self.sealer, now=self.now(), **more,
            )
        )  # fmt: skip
        await self.registry.load()
        return sheet

    async def send(self, partner: str, number: int, type_: str = "application.submitted") -> str:
        """Lay a message of ours before the partner, as the relay and the bus do."""
        message_id = ids.message_id()
        body = envelope.build(
            id=message_id, source=HOME, type=type_, subject=CASE, time=self.at, recipient=partner, sequence=number, seen=0,
            data=contract.example(type_),
        )  # fmt: skip
        talk = await run_tx(lambda connection: locked(connection, self.keys, partner, CASE, self.at))
        parcel = Parcel(partner, message_id, CASE, number, talk.key_id, body, envelope.sha256_hex(body), "a..b")
        assert await self.bus.publish([parcel]) == [None]
        return message_id

    async def incoming(self, partner: str) -> list[Incoming]:
        return await Incoming.filter(partner=partner).order_by("id")

    async def opened(self, row: Incoming) -> envelope.Envelope:
        await self.keys.fetch([row.key_id])
        context = f"post_incoming.body:{row.partner}:{row.message_id}"
        return envelope.parse(self.keys.open(row.key_id, row.body, context))

    def zaoyang_receipt(
        self, *message_ids: str, sha256: str = "0" * 64, key: SigningKey = ZAOYANG_KEY
    ) -> tuple[bytes, str]:
        """A receipt as 枣阳's own system signs it."""
        stored = envelope.rfc3339(self.at)
        entries = [
            {"id": id_, "sha256": sha256, "stored_at": stored, "highest_applied": 1, "outcome": "applied"}
            for id_ in message_ids
        ]
        return self.zaoyang_letter("receipt", "receipt", {"receipts": entries}, None, key=key)

    def zaoyang_letter(
        self, type_: str, subject: str, data: dict[str, Any], number: int | None, *, key: SigningKey = ZAOYANG_KEY,
        ahead: timedelta = timedelta(0), iat: int | None = None,
    ) -> tuple[bytes, str]:  # fmt: skip
        id_ = ids.message_id()
        body = envelope.build(
            id=id_, source=ZAOYANG, type=type_, subject=subject, time=self.at, recipient=HOME, sequence=number,
            seen=None if number is None else 0, data=data,
        )  # fmt: skip
        at = int((self.at + ahead).timestamp()) if iat is None else iat
        return body, signing.sign(body, key, iss=ZAOYANG, aud=HOME, jti=id_, iat=at)
