"""What the machine can do: fsync, a bare JSON POST, commits, and a quorum queue. The yardsticks of everything else."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aio_pika
import asyncpg

from tests.benchmarks.line import Line
from tests.benchmarks.load import percentile
from tests.benchmarks.process import program
from tests.services.postgres import free_port

BODY = {"matter": "m", "answers": {f"field{n}": "内容" * 8 for n in range(25)}}


def fsync(folder: Path, times: int = 200) -> float:
    """Milliseconds of one small write made durable, the median."""
    taken = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    return percentile(taken, 0.5) * 1e3


async def json_post(folder: Path, seconds: float) -> tuple[float, float]:
    """(a second, microseconds of the server's CPU each) of a JSON POST that a bare server answers with its own body."""
    port = free_port()
    async with program(folder / "echo.log", "-m", "tests.benchmarks.echo", str(port), port=port) as server:
        lines = [await Line(port).open() for _ in range(32)]
        count = 0

        async def client(line: Line, until: float) -> None:
            nonlocal count
            while time.perf_counter() < until:
                status, _ = await line.post_json("/", BODY)
                assert status == 200
                count += 1

        await asyncio.gather(*(client(line, time.perf_counter() + 0.5) for line in lines))
        count, cpu, begun = 0, server.cpu(), time.perf_counter()
        await asyncio.gather(*(client(line, begun + seconds) for line in lines))
        rate, each = count / (time.perf_counter() - begun), (server.cpu() - cpu) / count * 1e6
        for line in lines:
            line.close()
        return rate, each


async def commits(url: str, clients: int, seconds: float, rows: int = 1) -> float:
    """Applications a second: each transaction writes `rows` of them, a row in each of two tables."""
    pool = await asyncpg.create_pool(url, min_size=clients, max_size=clients)
    await pool.execute("CREATE TABLE IF NOT EXISTS bench_a (id bigserial primary key, body bytea)")
    await pool.execute("CREATE TABLE IF NOT EXISTS bench_b (id bigserial primary key, body bytea)")
    bodies = [b"x" * 1800] * rows

    async def one() -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO bench_a (body) SELECT * FROM unnest($1::bytea[])", bodies)
            await connection.execute("INSERT INTO bench_b (body) SELECT * FROM unnest($1::bytea[])", bodies)
        return rows

    rate = await _repeated(one, clients, seconds)
    await pool.close()
    return rate


async def quorum_queue(url: str, in_flight: int, seconds: float) -> float:
    """Messages a second: published, confirmed, consumed, acknowledged."""
    connection = await aio_pika.connect(url)
    reading = await aio_pika.connect(url)
    channel, reader = await connection.channel(), await reading.channel(publisher_confirms=False)
    await reader.set_qos(256)
    queue = await channel.declare_queue("bench-ceiling", durable=True, arguments={"x-queue-type": "quorum"})
    arrived = 0

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        nonlocal arrived
        await message.ack()
        arrived += 1

    await (await reader.get_queue("bench-ceiling", ensure=False)).consume(take)
    body = b"x" * 1800

    async def one() -> int:
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, routing_key="bench-ceiling")
        return 1

    await _repeated(one, in_flight, 0.5)
    before, begun = arrived, time.perf_counter()
    await _repeated(one, in_flight, seconds)
    rate = (arrived - before) / (time.perf_counter() - begun)
    await queue.delete(if_unused=False, if_empty=False)
    await connection.close()
    await reading.close()
    return rate


async def _repeated(one: Callable[[], Awaitable[int]], side_by_side: int, seconds: float) -> float:
    """How much a second so many repeat it."""
    done, begun = 0, time.perf_counter()

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - begun < seconds:
            done += await one()

    await asyncio.gather(*(client() for _ in range(side_by_side)))
    return done / (time.perf_counter() - begun)
