"""The bare flow, batched: the yardstick of what this machine could do. POST → outbox → broker → partner → three answers → visible.

No signatures, no audit, no encryption, no mapping, one table each; every step works on batches, and a batch gathers for
five milliseconds. `python -m tests.benchmarks.bare PORT DATABASE [BROKER]`: PostgreSQL with RabbitMQ and a partner process
(`bare_partner`), or an SQLite file with a queue in memory and the partner in the same process.
"""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import aio_pika
import asyncpg
import jsonschema_rs
import orjson
import uvloop
from aiohttp import web

WINDOW = 0.005  # seconds in which a batch gathers
MOST = 200
OUT, IN = "bare-out", "bare-in"
ANSWERS = ("receipt", "accepted", "decided")
TABLES = (
    "CREATE TABLE application (number text PRIMARY KEY, body text, state text)",
    "CREATE TABLE outbox (number text PRIMARY KEY, body text, sent boolean)",
    "CREATE TABLE inbox (id text PRIMARY KEY, number text, type text)",
)
FORM = jsonschema_rs.validator_for(
    {"type": "object", "required": ["matter", "answers"], "properties": {"answers": {"type": "object"}}}
)
Rows = Sequence[tuple[str, ...]]


class Base(Protocol):
    """What the flow needs of a database; each call is one transaction."""

    async def file(self, rows: Rows) -> None: ...
    async def sent(self, numbers: Sequence[str]) -> None: ...
    async def heard(self, rows: Rows) -> list[tuple[str, str]]: ...


class Postgres:
    """Bulk statements with arrays."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @classmethod
    async def opened(cls, url: str) -> "Postgres":
        pool = await asyncpg.create_pool(url, min_size=8, max_size=8)
        for table in TABLES:
            await pool.execute(table)
        return cls(pool)

    async def file(self, rows: Rows) -> None:
        numbers, bodies = [list(column) for column in zip(*rows, strict=True)]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO application SELECT n, b, 'SUBMITTED' FROM unnest($1::text[], $2::text[]) AS t(n, b)",
                numbers, bodies,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO outbox SELECT n, b, false FROM unnest($1::text[], $2::text[]) AS t(n, b)", numbers, bodies
            )

    async def sent(self, numbers: Sequence[str]) -> None:
        await self._pool.execute("UPDATE outbox SET sent = true WHERE number = ANY($1::text[])", numbers)

    async def heard(self, rows: Rows) -> list[tuple[str, str]]:
        async with self._pool.acquire() as connection, connection.transaction():
            new = await connection.fetch(
                "INSERT INTO inbox SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"
                " ON CONFLICT DO NOTHING RETURNING number, type",
                *[list(column) for column in zip(*rows, strict=True)],
            )
            states = _states([(row["number"], row["type"]) for row in new])
            await connection.execute(
                "UPDATE application SET state = t.s FROM unnest($1::text[], $2::text[]) AS t(n, s)"
                " WHERE number = t.n",
                list(states), list(states.values()),
            )  # fmt: skip
        return list(states.items())


class Sqlite:
    """The same in a file, in a thread of its own."""

    def __init__(self, path: str) -> None:
        self._books = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._books.execute("PRAGMA journal_mode=WAL")
        self._books.execute("PRAGMA synchronous=FULL")
        for table in TABLES:
            self._books.execute(table)
        self._turn = asyncio.Lock()

    async def _do(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        def transaction() -> Any:
            self._books.execute("BEGIN IMMEDIATE")
            result = work(self._books)
            self._books.execute("COMMIT")
            return result

        async with self._turn:
            return await asyncio.to_thread(transaction)

    async def file(self, rows: Rows) -> None:
        def work(books: sqlite3.Connection) -> None:
            books.executemany("INSERT INTO application VALUES (?, ?, 'SUBMITTED')", rows)
            books.executemany("INSERT INTO outbox VALUES (?, ?, false)", rows)

        await self._do(work)

    async def sent(self, numbers: Sequence[str]) -> None:
        sql = "UPDATE outbox SET sent = true WHERE number = ?"
        await self._do(lambda books: books.executemany(sql, [(number,) for number in numbers]))

    async def heard(self, rows: Rows) -> list[tuple[str, str]]:
        def work(books: sqlite3.Connection) -> list[tuple[str, str]]:
            sql = "INSERT INTO inbox VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            states = _states([(row[1], row[2]) for row in rows if books.execute(sql, row).rowcount])
            books.executemany("UPDATE application SET state = ? WHERE number = ?", [(s, n) for n, s in states.items()])
            return list(states.items())

        result: list[tuple[str, str]] = await self._do(work)
        return result


def _states(answers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The last state that each number reached by these answers."""
    known = {"accepted": "ACCEPTED", "decided": "DECIDED"}
    return {number: known[type_] for number, type_ in answers if type_ in known}


class Batches:
    """Gathers what is put and works on it together; whoever put it may wait until that is done."""

    def __init__(self, work: Callable[[list[Any]], Awaitable[None]], window: float = WINDOW) -> None:
        self._work, self._window = work, window
        self._waiting: list[tuple[Any, asyncio.Future[None]]] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def put(self, thing: Any) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, done))
        self._news.set()
        return done

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(self._window)
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            if not self._waiting:
                self._news.clear()
            await self._work([thing for thing, _ in batch])
            for _, done in batch:
                done.set_result(None)


class Bare:
    """The flow. `send(numbers and bodies)` gives them to the partner, surely."""

    def __init__(self, base: Base, send: Callable[[Rows], Awaitable[None]]) -> None:
        self._base, self._send = base, send
        self._given, self._streams = 0, set[asyncio.Queue[bytes]]()
        self._filing = Batches(self._file)
        self._sending = Batches(self._relay)
        self.arriving = Batches(self._hear)

    async def post(self, request: web.Request) -> web.Response:
        body = await request.read()
        FORM.validate(orjson.loads(body))
        self._given += 1
        number = f"{self._given:022d}"
        await self._filing.put((number, body.decode()))
        return web.json_response({"number": number}, status=201)

    async def _file(self, rows: list[Any]) -> None:
        await self._base.file(rows)
        for row in rows:
            self._sending.put(row)  # fed from memory; a sweep would only be needed after a crash

    async def _relay(self, rows: list[Any]) -> None:
        await self._send(rows)
        await self._base.sent([number for number, _ in rows])

    async def _hear(self, rows: list[Any]) -> None:
        for number, state in await self._base.heard(rows):
            line = b'data: {"number":"%b","state":"%b"}\n' % (number.encode(), state.encode())
            for stream in self._streams:
                stream.put_nowait(line)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._streams.add(lines)
        while True:
            parts = [await lines.get()]
            while not lines.empty():
                parts.append(lines.get_nowait())
            await response.write(b"".join(parts))


async def _on_rabbitmq(database: str, broker: str) -> Bare:
    """Publishes with many confirms in flight; acknowledges a batch at once."""
    connection, reading = await aio_pika.connect(broker), await aio_pika.connect(broker)
    channel, reader = await connection.channel(), await reading.channel(publisher_confirms=False)
    for name in (OUT, IN):
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})

    async def send(rows: Rows) -> None:
        persistent = aio_pika.DeliveryMode.PERSISTENT
        letters = [aio_pika.Message(body.encode(), delivery_mode=persistent, message_id=n) for n, body in rows]
        await asyncio.gather(*(channel.default_exchange.publish(letter, routing_key=OUT) for letter in letters))

    flow = Bare(await Postgres.opened(database), send)

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        said = orjson.loads(message.body)
        await flow.arriving.put((said["id"], said["number"], said["type"]))
        await message.ack()

    await reader.set_qos(1000)
    await (await reader.get_queue(IN, ensure=False)).consume(take)
    return flow


async def _in_memory(path: str) -> Bare:
    flow: list[Bare] = []

    async def send(rows: Rows) -> None:
        for number, _ in rows:
            for type_ in ANSWERS:
                said = orjson.loads(orjson.dumps({"id": f"{number}.{type_}", "number": number, "type": type_}))
                flow[0].arriving.put((said["id"], said["number"], said["type"]))

    flow.append(Bare(Sqlite(path), send))
    return flow[0]


async def _serve(port: int, database: str, broker: str | None) -> None:
    flow = await (_on_rabbitmq(database, broker) if broker else _in_memory(database))
    application = web.Application()
    application.router.add_post("/", flow.post)
    application.router.add_get("/stream", flow.stream)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
