"""The partner of the bare flows: three answers to whatever comes. `python -m tests.benchmarks.bare_partner BROKER`."""

import asyncio
import sys

import aio_pika
import orjson
import uvloop

from tests.benchmarks.bare import ANSWERS, IN, OUT


async def _play(broker: str) -> None:
    connection, reading = await aio_pika.connect(broker), await aio_pika.connect(broker)
    channel, reader = await connection.channel(), await reading.channel(publisher_confirms=False)
    queue = await channel.declare_queue(OUT, durable=True, arguments={"x-queue-type": "quorum"})
    await reader.set_qos(1000)

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        number = message.message_id
        said = [orjson.dumps({"id": f"{number}.{type_}", "number": number, "type": type_}) for type_ in ANSWERS]
        letters = [aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT) for body in said]
        await asyncio.gather(*(channel.default_exchange.publish(letter, routing_key=IN) for letter in letters))
        await message.ack()

    await (await reader.get_queue(queue.name, ensure=False)).consume(take)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_play(sys.argv[1]))
