"""`make bench`: measures machine, yardsticks and product in one run, prints the table with targets, writes bench.json."""

import argparse
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import orjson
import uvloop

from tests.benchmarks import house, load, machine
from tests.benchmarks.line import Line, Watch
from tests.benchmarks.load import Measured, percentile
from tests.benchmarks.process import program
from tests.benchmarks.report import Report
from tests.services import rabbitmq
from tests.services.postgres import Server, free_port

CLERKS = 64


async def _machine(report: Report, folder: Path, server: Server, broker: rabbitmq.Broker, seconds: float) -> None:
    report.add("machine", "fsync", "ms", machine.fsync(folder))
    rate, each = await machine.json_post(folder, seconds)
    report.add("machine", "JSON POST", "/s", rate)
    report.add("machine", "JSON POST, CPU", "us", each)
    server.sql("CREATE DATABASE ceilings")
    url = server.url("ceilings")
    report.add("machine", "PostgreSQL commits, 1 client", "/s", await machine.commits(url, 1, seconds))
    report.add("machine", "PostgreSQL commits, 16 clients", "/s", await machine.commits(url, 16, seconds))
    report.add("machine", "PostgreSQL, 50 applications in a commit", "/s", await machine.commits(url, 2, seconds, 50))
    for in_flight in (128, 1):
        rate = await machine.quorum_queue(guest(broker), in_flight, seconds)
        report.add("machine", f"quorum queue, {in_flight} in flight", "/s", rate)


def guest(broker: rabbitmq.Broker) -> str:
    return f"amqp://{rabbitmq.ADMIN}:{rabbitmq.PASSWORD}@127.0.0.1:{broker.port}/"


async def bare(module: str, folder: Path, seconds: float, database: str, broker: str | None) -> Measured:
    """One of the yardsticks: the bare flow or the naive one."""
    port, turn = free_port(), itertools.count()
    names = [database, broker] if broker else [database]
    async with AsyncExitStack() as stack:
        arguments = ("-m", f"tests.benchmarks.{module}", str(port), *names)
        gateway = await stack.enter_async_context(program(folder / f"{module}.log", *arguments, port=port))
        if broker:
            partner = ("-m", "tests.benchmarks.bare_partner", broker)
            await stack.enter_async_context(program(folder / "bare_partner.log", *partner))
        lines = [await Line(port).open() for _ in range(CLERKS)]
        watch = await Watch(port, "/stream", "DECIDED").open()

        async def file(place: int) -> str:
            status, said = await lines[place].post_json("/", house.case(reference=str(next(turn))))
            assert status == 201, said
            return str(orjson.loads(said)["number"])

        measured = await load.closed(CLERKS, seconds, file, watch.shown, gateway)
        watch.close()
        for line in lines:
            line.close()
        return measured


@asynccontextmanager
async def services() -> AsyncIterator[tuple[Server, rabbitmq.Broker]]:
    """A PostgreSQL server that syncs, and a broker."""
    server = Server("shared_buffers=256MB", "max_connections=200", "max_wal_size=4GB")
    try:
        with rabbitmq.running() as broker:
            yield server, broker
    finally:
        server.close()


def note(report: Report, stack: str, measured: Measured) -> None:
    """The raw figures of one load."""
    report.add(stack, "applications, 64 clerks", "/s", measured.rate)
    report.add(stack, "gateway CPU per application", "us", measured.cpu_each)
    report.add(stack, "POST p50, 64 clerks", "ms", percentile(measured.posts, 0.5) * 1e3)
    report.add(stack, "POST to visible p50, 64 clerks", "ms", percentile(measured.visible, 0.5) * 1e3)
    report.add(stack, "POST to visible p99, 64 clerks", "ms", percentile(measured.visible, 0.99) * 1e3)


async def flows(report: Report, folder: Path, server: Server, broker: rabbitmq.Broker, seconds: float) -> None:
    """Yardsticks and product, one after the other."""
    for name in ("bare", "naive"):
        server.sql(f"CREATE DATABASE {name}")
    url = server.url("bare")
    note(report, "bare postgresql+rabbitmq", await bare("bare", folder, seconds, url, guest(broker)))
    note(report, "naive postgresql+rabbitmq", await bare("naive", folder, seconds, server.url("naive"), guest(broker)))
    note(report, "bare sqlite", await bare("bare", folder, seconds, str(folder / "bare.sqlite3"), None))
    for stack in (house.Stack("postgresql+rabbitmq", server, broker), house.Stack("sqlite+embedded")):
        async with house.running(folder / stack.name, stack) as one:
            note(report, stack.name, await load.closed(CLERKS, seconds, one.file, one.shown, one.gateway, warm=3.0))


async def run(out: Path, seconds: float) -> None:
    report = Report()
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as name:
        folder = Path(name)
        async with services() as (server, broker):
            await _machine(report, folder, server, broker, min(seconds, 3.0))
            await flows(report, folder, server, broker, seconds)
    report.write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")
    given = parser.parse_args()
    uvloop.run(run(given.out, given.seconds))


if __name__ == "__main__":
    main()
