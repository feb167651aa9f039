"""A quick county for the bench: verifies nothing and remembers nothing, but signs every word as the contract asks.

To each application: one receipt (one signature covers all that came together), accepted, decided. By AMQP or, for the
embedded bus, by REST. `python -m tests.benchmarks.partner CONFIG`, a JSON file: {"code","home","key","amqp"|"rest",
"delay" (seconds before it answers)}.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aio_pika
import orjson
import uvloop

from messaging import envelope, ids
from partners import signing
from partners.keys import SigningKey
from tests.benchmarks.line import Line

EVENT = "application/cloudevents+json"
Letter = tuple[str, bytes, str]  # id, body, signature
Post = Callable[[Sequence[Letter]], Awaitable[None]]
DAY = timedelta(days=20)


class County:
    """Answers what it is given."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._code, self._home, self.delay = config["code"], config["home"], float(config.get("delay", 0))
        self._key = SigningKey.from_jwk(config["key"])

    def answers(self, bodies: Sequence[bytes]) -> list[Letter]:
        """Everything that is said to these messages, in order."""
        now = datetime.now(UTC)
        at = envelope.rfc3339(now)
        letters, entries = [], []
        for body in bodies:
            said = orjson.loads(body)
            if "sequence" not in said:
                continue  # a receipt for what we said
            entries.append(
                {
                    "id": said["id"], "sha256": envelope.sha256_hex(body), "stored_at": at,
                    "highest_applied": int(said["sequence"]), "outcome": "applied",
                }
            )  # fmt: skip
            if said["type"].endswith("submitted.v1"):
                letters += self._decide(said["subject"], now, at)
        if entries:
            letters.insert(0, self._say("receipt", "receipt", {"receipts": entries}, now, None))
        return letters

    def _decide(self, number: str, now: datetime, at: str) -> list[Letter]:
        accepted = {
            "reference": number, "accepted_at": at, "promised_by": (now + DAY).date().isoformat(),
            "contact": {"name": "窗口", "phone": "13000000099"},
        }  # fmt: skip
        decided = {
            "outcome": "granted", "reference": number, "decided_at": at, "documents": [], "certificates": [],
            "result_delivery": "窗口自取",
        }  # fmt: skip
        return [
            self._say("application.accepted", number, accepted, now, 1),
            self._say("application.decided", number, decided, now, 2),
        ]

    def _say(self, type_: str, subject: str, data: dict[str, Any], now: datetime, sequence: int | None) -> Letter:
        id_ = ids.message_id()
        body = envelope.build(
            id=id_, source=self._code, type=type_, subject=subject, time=now, recipient=self._home, sequence=sequence,
            seen=None if sequence is None else 1, data=data,
        )  # fmt: skip
        signature = signing.sign(body, self._key, iss=self._code, aud=self._home, jti=id_, iat=int(now.timestamp()))
        return id_, body, signature


async def by_amqp(county: County, config: dict[str, str]) -> None:
    """Takes what has come, answers all of it, acknowledges it."""
    address = f"{config['url']}/{config['vhost']}"
    connection, reading = await aio_pika.connect(address), await aio_pika.connect(address)
    channel, reader = await connection.channel(), await reading.channel(publisher_confirms=False)
    exchange = await channel.get_exchange("from-partner", ensure=False)
    waiting: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    await reader.set_qos(500)
    await (await reader.get_queue("to-partner", ensure=False)).consume(waiting.put)

    async def publish(letter: Letter) -> None:
        id_, body, signature = letter
        message = aio_pika.Message(
            body, message_id=id_, content_type=EVENT, delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers={"tongban-signature": signature},
        )  # fmt: skip
        await exchange.publish(message, routing_key="")

    while True:
        batch = [await waiting.get()]
        while not waiting.empty() and len(batch) < 200:
            batch.append(waiting.get_nowait())
        if county.delay:
            await asyncio.sleep(county.delay)
        await asyncio.gather(*(publish(letter) for letter in county.answers([message.body for message in batch])))
        await batch[-1].ack(multiple=True)


async def by_rest(county: County, config: dict[str, Any]) -> None:
    """Long polls; what is answered is posted, each conversation in its order."""
    form = f"grant_type=client_credentials&client_id={config['client_id']}&client_secret={config['client_secret']}"
    asking = await Line(config["port"]).open()
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    token = orjson.loads((await asking.ask("POST", "/api/v1/token", form.encode(), **kind))[1])["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    asking, lines = await Line(config["port"], bearer).open(), asyncio.Queue[Line]()
    for _ in range(16):
        lines.put_nowait(await Line(config["port"], bearer).open())
    known: dict[str, float] = {}

    async def post(letters: Sequence[Letter]) -> None:
        line = await lines.get()
        for _, body, signature in letters:
            status, said = await line.ask(
                "POST", "/api/v1/messages", body, Content_Type=EVENT, Tongban_Signature=signature
            )
            assert status == 202, said
        lines.put_nowait(line)

    while True:
        status, said = await asking.ask("GET", "/api/v1/deliveries?wait=20&limit=200")
        assert status == 200, said
        items = [item for item in orjson.loads(said)["items"] if item["id"] not in known]
        if county.delay:
            await asyncio.sleep(county.delay)
        known |= dict.fromkeys((item["id"] for item in items), time.monotonic())
        letters = county.answers([item["body"].encode() for item in items])
        if not letters:
            continue
        talks: dict[str, list[Letter]] = {}
        for letter in letters:
            talks.setdefault(orjson.loads(letter[1])["subject"], []).append(letter)
        await asyncio.gather(*(post(said) for said in talks.values()))


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if "amqp" in given:
        uvloop.run(by_amqp(County(given), given["amqp"]))
    else:
        uvloop.run(by_rest(County(given), given["rest"]))
