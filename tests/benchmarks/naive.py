"""The naive flow: the ORM, one transaction and one confirmation for each message. What one gets without thinking.

`python -m tests.benchmarks.naive PORT DATABASE BROKER`, with `bare_partner` on the other side.
"""

import asyncio
import sys

import aio_pika
import orjson
import uvloop
from aiohttp import web
from tortoise import Tortoise, fields
from tortoise.models import Model
from tortoise.transactions import in_transaction

from tests.benchmarks.bare import FORM, IN, OUT

LOOK = 0.005  # seconds between two looks at an outbox that was empty


class Application(Model):
    number = fields.CharField(max_length=22, primary_key=True)
    body: fields.Field[object] = fields.JSONField()
    state = fields.CharField(max_length=16)


class Outbox(Model):
    number = fields.CharField(max_length=22, primary_key=True)
    body: fields.Field[object] = fields.JSONField()
    sent = fields.BooleanField(default=False, db_index=True)


class Inbox(Model):
    id = fields.CharField(max_length=64, primary_key=True)
    number = fields.CharField(max_length=22)
    type = fields.CharField(max_length=16)


class Naive:
    """The same flow as `bare`, message by message."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel) -> None:
        self._channel = channel
        self._given, self._streams = 0, set[asyncio.Queue[bytes]]()

    async def post(self, request: web.Request) -> web.Response:
        body = await request.json()
        FORM.validate(body)
        self._given += 1
        number = f"{self._given:022d}"
        async with in_transaction() as connection:
            await Application.create(number=number, body=body, state="SUBMITTED", using_db=connection)
            await Outbox.create(number=number, body=body, using_db=connection)
        return web.json_response({"number": number}, status=201)

    async def relay(self) -> None:
        while True:
            rows = await Outbox.filter(sent=False).order_by("number").limit(100)
            for row in rows:
                letter = aio_pika.Message(
                    orjson.dumps(row.body), delivery_mode=aio_pika.DeliveryMode.PERSISTENT, message_id=row.number
                )
                await self._channel.default_exchange.publish(letter, routing_key=OUT)
                row.sent = True
                await row.save()
            if not rows:
                await asyncio.sleep(LOOK)

    async def hear(self, queue: aio_pika.abc.AbstractQueue) -> None:
        waiting: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
        await queue.consume(waiting.put)
        while True:
            message = await waiting.get()
            said = orjson.loads(message.body)
            async with in_transaction() as connection:
                await Inbox.create(id=said["id"], number=said["number"], type=said["type"], using_db=connection)
                case = await Application.get(number=said["number"], using_db=connection)
                if said["type"] != "receipt":
                    case.state = said["type"].upper()
                    await case.save(using_db=connection)
            await message.ack()
            self._show(case)

    def _show(self, case: Application) -> None:
        line = b'data: {"number":"%b","state":"%b"}\n' % (case.number.encode(), case.state.encode())
        for stream in self._streams:
            stream.put_nowait(line)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._streams.add(lines)
        while True:
            await response.write(await lines.get())


async def _serve(port: int, database: str, broker: str) -> None:
    await Tortoise.init(db_url=database, modules={"models": ["__main__"]}, _enable_global_fallback=True)
    await Tortoise.generate_schemas()
    connection = await aio_pika.connect(broker)
    channel, reader = await connection.channel(), await connection.channel()
    for name in (OUT, IN):
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    flow = Naive(channel)
    await reader.set_qos(100)
    application = web.Application()
    application.router.add_post("/", flow.post)
    application.router.add_get("/stream", flow.stream)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.gather(flow.relay(), flow.hear(await reader.get_queue(IN, ensure=False)))


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
