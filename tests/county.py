"""A whole county for tests: the built house in a folder of its own, three neighbours, and a clock moved by hand.

Its loops do not run by themselves: a test lets one pass of each happen when it wants it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import database, resources, settings, worker
from gateway.applications.tables import Application, Leg
from gateway.auth.actor import Actor
from gateway.resources import Resources
from gateway.worker import Worker
from matters_map.importing import import_samples
from messaging import at_rest, envelope, ids
from messaging.arrivals import Stored
from messaging.envelope import Envelope
from messaging.tables import Conversation, Incoming, Outgoing, SetApart
from messaging.unit_of_work import Connection, run_tx
from partners import connect, signing
from partners.keys import SigningKey
from tests.services import databases

HOME, ZAOYANG, TONGBAI, JINGSHAN = "421321", "420683", "411330", "420882"
NAMES = {ZAOYANG: "枣阳市", JINGSHAN: "京山市", TONGBAI: "桐柏县"}  # 桐柏县 works at our desk
MATTER = "zaoyang.002014006001"
FORMS = Path(__file__).resolve().parent / "data" / "forms"
WORKING_HOURS = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 09:30 on a Tuesday
SINCE = datetime(2025, 12, 1, tzinfo=UTC)  # the keys of the neighbours are pinned since then

CLERK = Actor("person", HOME, "张三", "zhangsan", role="clerk", window="1号窗口", phone="07220000001")
OTHER_CLERK = Actor("person", HOME, "钱七", "qianqi", role="clerk", window="2号窗口")
OFFICER = Actor("person", HOME, "李四", "lisi", role="officer", phone="07220000002")
AUDITOR = Actor("person", HOME, "赵六", "zhaoliu", role="auditor")
COORDINATOR = Actor("person", HOME, "孙八", "sunba", role="coordinator")
PROGRAM = Actor("system", HOME, "window", client_id="window", scopes=frozenset({"applications", "events"}))
OPERATORS = {code: Actor("person", code, f"{code}经办", f"op{code}", role="partner_operator") for code in NAMES}
SCAN = b"%PDF-1.7\n" + "身份证扫描件".encode() + b"\n%%EOF\n"


class Clock:
    """Stands until it is moved."""

    def __init__(self, at: datetime = WORKING_HOURS) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass, in the units of a timedelta."""
        self.at += timedelta(**by)

    def day(self, text: str, hour: int = 10) -> None:
        """Go to an hour of a day in 随县."""
        self.at = datetime.fromisoformat(f"{text}T{hour:02}:00:00+08:00").astimezone(UTC)


@dataclass(frozen=True)
class Letter:
    """A message in its signed bytes."""

    id: str
    body: bytes
    signature: str

    @property
    def sha256(self) -> str:
        return envelope.sha256_hex(self.body)


@dataclass(repr=False)
class Neighbour:
    """A county on the other side of a link: it speaks in order, unless told otherwise."""

    code: str
    key: SigningKey
    clock: Clock
    next_out: dict[str, int] = field(default_factory=dict)

    def says(
        self,
        type_: str,
        subject: str,
        data: Mapping[str, Any],
        *,
        sequence: int | None = -1,
        seen: int | None = 1,
        at: datetime | None = None,
        iat: int | None = None,
        id_: str | None = None,
        **more: Any,
    ) -> Letter:
        """The next message under a subject; a `sequence` that is given is used, and the next one follows it."""
        if sequence == -1:
            sequence = self.next_out.get(subject, 1)
        if sequence is not None:
            self.next_out[subject] = max(self.next_out.get(subject, 1), sequence + 1)
        at, id_ = at or self.clock(), id_ or ids.message_id()
        values: dict[str, Any] = {
            "source": self.code,
            "recipient": HOME,
            "time": at,
            "sequence": sequence,
            "seen": seen if sequence is not None else None,
        } | more
        body = envelope.build(id=id_, type=type_, subject=subject, data=dict(data), **values)
        return self.sign(body, id_, int(at.timestamp()) if iat is None else iat)

    def sign(self, body: bytes, id_: str, iat: int) -> Letter:
        """Any bytes, signed as a message with this id."""
        return Letter(id_, body, signing.sign(body, self.key, iss=self.code, aud=HOME, jti=id_, iat=iat))

    def receipt(self, *entries: Mapping[str, Any]) -> Letter:
        """A receipt with these entries."""
        return self.says("receipt", "receipt", {"receipts": list(entries)}, sequence=None)

    def got(self, row: Outgoing, outcome: str = "applied", **changes: Any) -> Letter:
        """A receipt for one message of ours."""
        entry = {
            "id": row.message_id,
            "sha256": row.sha256,
            "stored_at": envelope.rfc3339(self.clock()),
            "highest_applied": row.sequence or 0 if outcome == "applied" else 0,
            "outcome": outcome,
        }
        return self.receipt(entry | changes)

    def number(self, running: int = 1) -> str:
        """A case's number as this county gives it."""
        return f"{self.code}{self.clock():%Y%m%d}1{running:06d}7"


@dataclass(repr=False)
class County:
    """The house with its loops in hand."""

    parts: Resources
    worker: Worker
    clock: Clock
    zaoyang: Neighbour
    jingshan: Neighbour

    # the loops, one pass each

    async def apply(self) -> None:
        """What was stored has its effect."""
        await self.worker._apply()

    async def relay(self) -> int:
        """What is due is offered to the bus."""
        return await self.parts.relay.once()

    async def tell(self) -> None:
        """Receipts that are due are composed."""
        await self.worker._receipts()

    async def ask(self) -> None:
        """Missing numbers are asked for."""
        await self.worker._gaps()

    async def look_again(self) -> None:
        """What was held or signed ahead of its time gets a second look."""
        await self.worker._second_looks()
        await self.apply()

    async def mark_silence(self) -> None:
        """Clocks that ran out are marked."""
        await self.worker._silence()

    async def round(self) -> None:
        """A pass of each loop."""
        await self.apply()
        await self.tell()
        await self.ask()
        await self.relay()

    # arriving

    async def arrives(self, letter: Letter, partner: str = ZAOYANG, door: str = "rest") -> Stored:
        """A message comes in by a partner's link and is stored."""
        return await self.parts.inbox.store(partner, letter.body, letter.signature, door=door)

    async def hears(self, *letters: Letter, partner: str = ZAOYANG) -> None:
        """Messages come in and are applied."""
        for letter in letters:
            await self.arrives(letter, partner)
        await self.apply()

    # looking

    async def incoming(self, letter: Letter) -> Incoming:
        """The row of a message that came in."""
        return await Incoming.get(message_id=letter.id)

    async def states(self, subject: str) -> dict[int | None, str]:
        """Sequence -> state of what came in under a subject."""
        rows = await Incoming.filter(subject=subject).order_by("sequence", "id")
        return {row.sequence: row.state for row in rows}

    async def outgoing(self, subject: str, partner: str = ZAOYANG) -> list[Outgoing]:
        """What we said under a subject, in order; '' are receipts."""
        return await Outgoing.filter(subject=subject, partner=partner).order_by("id")

    async def said(self, row: Outgoing) -> Envelope:
        """A message of ours, opened."""
        return envelope.parse(await self.body(row))

    async def body(self, row: Outgoing) -> bytes:
        """The bytes of a message of ours."""
        await self.parts.keys.fetch([row.key_id])
        return self.parts.keys.open(row.key_id, row.body, at_rest.outgoing(row.message_id))

    async def told(self, partner: str = ZAOYANG) -> list[dict[str, Any]]:
        """Every receipt entry that we told a partner, oldest first."""
        letters = [await self.said(row) for row in await self.outgoing("", partner) if row.type == "receipt"]
        return [dict(entry) for said in letters for entry in said.data["receipts"]]

    async def talk(self, subject: str, partner: str = ZAOYANG) -> Conversation:
        """A conversation's row."""
        return await Conversation.get(partner=partner, subject=subject)

    async def apart(self, partner: str = ZAOYANG) -> list[SetApart]:
        """What was set apart of a partner's."""
        return await SetApart.filter(partner=partner).order_by("id")

    async def leg(self, number: str) -> Leg:
        """A leg's row."""
        return await Leg.get(number=number)

    async def tx(self, work: Any) -> Any:
        """One transaction."""
        return await run_tx(work)

    # deeds

    async def file(self, actor: Actor = CLERK, *, key: str | None = None, source: int = 1, **changes: Any) -> str:
        """File a case for 枣阳 (or as `changes` say); its number."""
        answer = await self.parts.case_room.submit(actor, filing(**changes), source=source, key=key)
        return str(answer.body["number"])

    async def put(self, content: bytes = SCAN, by: str = HOME, name: str = "身份证.pdf") -> str:
        """Put a file; its digest."""
        await self.parts.attachments.start()
        kept, _ = await self.parts.attachments.put(by, "test", _pieces(content), name, "application/pdf")
        return str(kept["sha256"])

    async def inbound(self, sender: Neighbour | None = None, **changes: Any) -> str:
        """A case that 枣阳's window took in comes here to be decided; its number."""
        sender = sender or self.zaoyang
        number = sender.number(await Application.all().count() + 1)
        await self.hears(
            sender.says("application.submitted", number, submitted(self.clock(), **changes), seen=0),
            partner=sender.code,
        )
        return number


def answers(place: str = ZAOYANG, form: str = "shebao_canbao_jilu_chaxun", **changes: Any) -> dict[str, Any]:
    """A right document of a form, for a place."""
    examples = json.loads((FORMS / f"{form}.examples.json").read_text(encoding="utf-8"))
    document: dict[str, Any] = next(one for one in examples["valid"] if one["targetRegion"] == place)
    return document | changes


def plain_answers(place: str, **changes: Any) -> dict[str, Any]:
    """A right document of the common form."""
    filled = answers()
    common = ("applicant", "byAgent", "materials", "delivery", "consent")
    return {name: filled[name] for name in common} | {"targetRegion": place, "acceptRegion": HOME} | changes


def person(**changes: str) -> dict[str, Any]:
    """An applicant, 张三 unless told otherwise."""
    return {"name": "张三", "idType": "居民身份证", "idNumber": "421321200001019998", "mobile": "13000000001"} | changes


def filing(**changes: Any) -> dict[str, Any]:
    """A body of POST applications."""
    return {"matter": MATTER, "answers": answers(), **changes}


def submitted(now: datetime, **changes: Any) -> dict[str, Any]:
    """`data` of a case that 枣阳 sends to us."""
    document = answers(targetRegion=HOME, acceptRegion=ZAOYANG)
    applicant = document["applicant"]
    return {
        "agreement": "zaoyang",
        "version": 1,
        "matter": {"name": "社会保险参保缴费记录查询", "origin_code": "002014006001", "handler_code": "002014006001"},
        "mode": "online",
        "received_at": envelope.rfc3339(now),
        "applicant": {
            "kind": "person",
            "name": applicant["name"],
            "id_type": applicant["idType"],
            "id_number": applicant["idNumber"],
            "phone": applicant["mobile"],
        },
        "answers": document,
        "materials": [{"name": "居民身份证", "kind": "电子证照", "certificate": "1.2.156.3005.2.TEST-M01"}],
        "originals": [],
        "result_delivery": "电子证照",
        "window": {"name": "枣阳市综合窗口", "clerk": "王五", "phone": "07100000001"},
        "notice_version": "2026-01",
        **changes,
    }


def accepted(now: datetime, **changes: Any) -> dict[str, Any]:
    """`data` of application.accepted."""
    contact = {"name": "王五", "phone": "07100000001"}
    at = envelope.rfc3339(now)
    return {"reference": "ZY-1", "accepted_at": at, "promised_by": "2026-12-08", "contact": contact, **changes}


def decided(now: datetime, outcome: str = "granted", **changes: Any) -> dict[str, Any]:
    """`data` of application.decided."""
    return {
        "outcome": outcome,
        "reference": "ZY-1",
        "decided_at": envelope.rfc3339(now),
        "documents": [],
        "certificates": [{"name": "参保缴费证明", "number": "CB-1"}],
        "result_delivery": "电子证照",
        **changes,
    }


def asking(pointer: str | None = "/answers/purpose", to: str = "applicant", **changes: Any) -> dict[str, Any]:
    """`data` of supplement.requested: one place of the form."""
    item = {"problem": "用途不明确", "wanted": "写明用途"} | ({"pointer": pointer} if pointer else {})
    return {"addressed_to": to, "items": [item], "due_by": "2026-12-15", **changes}


def note(text: str = "请查收", attachments: list[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """`data` of note.sent."""
    return {"text": text, "attachments": attachments or [], "author": {"name": "王五", "phone": "07100000001"}}


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def furnish(data: Path) -> None:
    """A data folder with migrated tables, sample lists and the neighbours; copied for each test."""
    asyncio.run(_furnish(data))
    databases.kept(data)


async def _furnish(data: Path) -> None:
    configured = settings.read(databases.environment(data), data=data)
    await database.migrate(configured)
    async with resources.built(configured) as parts:
        await run_tx(import_samples)
        for code, name in NAMES.items():
            key = SigningKey.generate(f"{code}-1")
            (data / f"{code}.jwk.json").write_text(json.dumps(key.private_jwk()), encoding="utf-8")
            await run_tx(lambda tx, code=code, name=name, key=key: _connect(tx, parts, code, name, key))  # type: ignore[misc]


async def _connect(tx: Connection, parts: Resources, code: str, name: str, key: SigningKey) -> None:
    async def no_client(tx: Connection, jurisdiction: str, scopes: Any) -> tuple[str, str]:
        return f"partner-{jurisdiction}", ""

    at_the_desk = code == TONGBAI
    await connect.connect(
        tx,
        code,
        "desk" if at_the_desk else "polling",
        name=name,
        api="http://127.0.0.1",
        our_jwks={"keys": list(parts.public_keys())},
        create_client=no_client,
        sealer=parts.sealer,
        now=SINCE,
        jwks=None if at_the_desk else {"keys": [key.public_jwk()]},
    )


@asynccontextmanager
async def opened(data: Path, clock: Clock) -> AsyncIterator[County]:
    """The county of a furnished folder, as its process would open it; everything asks this clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "now", clock)
        patch.setattr(worker, "now", clock)
        async with resources.built(settings.read(databases.environment(data), data=data)) as parts:
            there = {code: Neighbour(code, _key(data, code), clock) for code in (ZAOYANG, JINGSHAN)}
            yield County(parts, Worker(parts), clock, there[ZAOYANG], there[JINGSHAN])


def _key(data: Path, code: str) -> SigningKey:
    return SigningKey.from_jwk(json.loads((data / f"{code}.jwk.json").read_text(encoding="utf-8")))


def copied(furnished: Path, to: Path) -> Path:
    """A copy of a furnished folder for one test."""
    return databases.copied(furnished, to)
