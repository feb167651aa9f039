"""`make bench`: measures machine, yardsticks and product in one run, prints the table with targets, writes bench.json.

`--only machine,flows,latency,pages,neighbours,memory` narrows it, `--seconds` is the length of each load, `--stored` how
many cases lie behind the queue page, `--long` measures with a million stored and a long run of memory.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import uvloop

from tests.benchmarks import house, load, machine, neighbours, pages, targets
from tests.benchmarks.house import House, Stack
from tests.benchmarks.line import Line, Watch
from tests.benchmarks.load import Measured, percentile
from tests.benchmarks.process import ROOT, program
from tests.benchmarks.report import Report
from tests.benchmarks.targets import BROKER, CPU, EMBEDDED, FIFTH, HALF, RATE
from tests.services import rabbitmq
from tests.services.postgres import Server, free_port

PARTS = ("machine", "flows", "latency", "pages", "neighbours", "memory")
FEW, LONG_MEMORY = 10_000, 600.0  # stored cases to compare with; seconds of the long run of memory


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    parts: frozenset[str]
    seconds: float
    clerks: int
    stored: int
    long: bool


@dataclass
class Ground:
    """What everything stands on."""

    report: Report
    folder: Path
    server: Server
    broker: rabbitmq.Broker
    size: Size

    @property
    def guest(self) -> str:
        """The broker's address for the yardsticks."""
        return f"amqp://{rabbitmq.ADMIN}:{rabbitmq.PASSWORD}@127.0.0.1:{self.broker.port}/"

    def stacks(self) -> tuple[Stack, Stack]:
        """Both stacks of the product."""
        return Stack(BROKER, self.server, self.broker), Stack(EMBEDDED)


async def machine_part(ground: Ground) -> None:
    """The ceilings."""
    report, seconds = ground.report, min(ground.size.seconds, 3.0)
    report.add("machine", "fsync", "ms", machine.fsync(ground.folder))
    rate, each = await machine.json_post(ground.folder, seconds)
    report.add("machine", "JSON POST", "/s", rate)
    report.add("machine", "JSON POST, CPU", "us", each)
    ground.server.sql("CREATE DATABASE ceilings")
    url = ground.server.url("ceilings")
    report.add("machine", "PostgreSQL commits, 1 client", "/s", await machine.commits(url, 1, seconds))
    report.add("machine", "PostgreSQL commits, 16 clients", "/s", await machine.commits(url, 16, seconds))
    report.add("machine", "PostgreSQL, 50 applications in a commit", "/s", await machine.commits(url, 2, seconds, 50))
    for in_flight in (128, 1):
        rate = await machine.quorum_queue(ground.guest, in_flight, seconds)
        report.add("machine", f"quorum queue, {in_flight} in flight", "/s", rate)


async def flows_part(ground: Ground) -> None:
    """Yardsticks and product, one after the other; the rest of the product's figures while it runs."""
    for name in ("bare", "naive"):
        ground.server.sql(f"CREATE DATABASE {name}")
    url = ground.server.url("bare")
    _note(ground.report, "bare postgresql+rabbitmq", await _yardstick("bare", ground, url, ground.guest))
    naive = await _yardstick("naive", ground, ground.server.url("naive"), ground.guest)
    _note(ground.report, "naive postgresql+rabbitmq", naive)
    _note(ground.report, "bare sqlite", await _yardstick("bare", ground, str(ground.folder / "bare.sqlite3"), None))
    for stack in ground.stacks():
        async with house.running(ground.folder / stack.name, stack, clerks=ground.size.clerks) as one:
            measured = await load.closed(
                ground.size.clerks, ground.size.seconds, one.file, one.shown, one.gateway, warm=3.0
            )
            _note(ground.report, stack.name, measured)
            if "latency" in ground.size.parts:
                await _latency(ground, stack.name, one, measured.rate)
            if "memory" in ground.size.parts:
                await _memory(ground, stack.name, one)


async def _yardstick(module: str, ground: Ground, database: str, broker: str | None) -> Measured:
    """The bare flow or the naive one."""
    port, clerks = free_port(), ground.size.clerks
    async with AsyncExitStack() as stack:
        arguments = ("-m", f"tests.benchmarks.{module}", str(port), database, *([broker] if broker else []))
        gateway = await stack.enter_async_context(program(ground.folder / f"{module}.log", *arguments, port=port))
        if broker:
            partner = ("-m", "tests.benchmarks.bare_partner", broker)
            await stack.enter_async_context(program(ground.folder / "bare_partner.log", *partner))
        lines = [await Line(port).open() for _ in range(clerks)]
        watch = await Watch(port, "/stream", "DECIDED").open()

        async def file(place: int) -> str:
            status, said = await lines[place].post_json("/", house.case())
            assert status == 201, said
            return str(orjson.loads(said)["number"])

        measured = await load.closed(clerks, ground.size.seconds, file, watch.shown, gateway)
        watch.close()
        for line in lines:
            line.close()
        return measured


def _note(report: Report, stack: str, measured: Measured) -> None:
    """The raw figures of a closed loop."""
    report.add(stack, RATE, "/s", measured.rate)
    report.add(stack, CPU, "us", measured.cpu_each)
    report.add(stack, "POST p50, 64 clerks", "ms", percentile(measured.posts, 0.5) * 1e3)
    report.add(stack, "POST p99, 64 clerks", "ms", percentile(measured.posts, 0.99) * 1e3)
    report.add(stack, "POST to visible p50, 64 clerks", "ms", percentile(measured.visible, 0.5) * 1e3)
    report.add(stack, "POST to visible p99, 64 clerks", "ms", percentile(measured.visible, 0.99) * 1e3)


async def _latency(ground: Ground, name: str, one: House, most: float) -> None:
    """One idle clerk, then open loops at a fifth and at half of the maximum."""
    report, clerks = ground.report, ground.size.clerks
    idle = await load.closed(1, ground.size.seconds / 2, one.file, one.shown, one.gateway, warm=1.0)
    report.add(name, "POST p50, one clerk", "ms", percentile(idle.posts, 0.5) * 1e3)
    report.add(name, "POST to visible p50, one clerk", "ms", percentile(idle.visible, 0.5) * 1e3)
    for how, share in ((FIFTH, 0.2), (HALF, 0.5)):
        found = await load.open_loop(most * share, ground.size.seconds, one.file, one.shown, one.gateway, clerks)
        report.add(name, f"POST p99, {how}", "ms", percentile(found.posts, 0.99) * 1e3)
        report.add(name, f"POST to visible p99, {how}", "ms", percentile(found.visible, 0.99) * 1e3)
        report.add(name, f"gateway CPU per application, {how}", "us", found.cpu_each)


async def _memory(ground: Ground, name: str, one: House) -> None:
    """Resident memory of the gateway, and by how much it grows: a slope over what was filed, named as such."""
    seconds = LONG_MEMORY if ground.size.long else ground.size.seconds * 2
    before = one.gateway.memory()
    more = await load.closed(ground.size.clerks, seconds, one.file, one.shown, one.gateway, warm=0.0)
    after = one.gateway.memory()
    ground.report.add(name, "memory at the end", "MB", after / 1e6)
    ground.report.add(name, "memory slope measured over", "applications", more.done)
    growth = (after - before) / max(more.done, 1) * 1e6 / 1e6
    ground.report.add(name, "memory growth over a million, by the slope", "MB", growth)


async def pages_part(ground: Ground) -> None:
    """The queue page with few and many stored, its first paint, the weight of pages, and lookups from memory."""
    report, times = ground.report, 40
    stack = Stack(BROKER, ground.server, ground.broker)
    async with house.running(ground.folder / "pages", stack, clerks=16) as one:
        assert one.database is not None
        database = one.database.rpartition("/")[2]
        for _ in range(5):  # genuine ones fill the page: of the copies behind them nothing can be opened
            await asyncio.gather(*(one.file(place) for place in range(16)))
        stored = 0
        for name, many in (("few", FEW), ("many", ground.size.stored)):
            await asyncio.to_thread(pages.store, ground.server, database, stored + 1, many)
            stored = many
            report.add("pages", f"stored, {name}", "cases", many)
            report.add("pages", f"queue page p50, {name} stored", "ms", await pages.queue_page(one, times))
            filed = await load.closed(16, ground.size.seconds, one.file, one.shown, one.gateway, warm=1.0)
            report.add("pages", f"filing, {name} stored", "/s", filed.rate)
        if pages.has_chromium():
            paint, weights = await pages.first_paint(one)
            report.add("pages", "first paint", "ms", paint)
            for path, size in weights.items():
                report.add("pages", f"weight of {path}", "KB", size)
    for what, each in (await _lookups()).items():
        report.add("lookups", what, "us", each)


async def _lookups() -> dict[str, float]:
    arguments = (sys.executable, "-m", "tests.benchmarks.lookups")
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return dict(json.loads(out))


async def neighbours_part(ground: Ground) -> None:
    """A slow partner beside a quick one, at a tenth of the maximum."""
    rate = max((ground.report.of(BROKER, RATE) or 100.0) * 0.1, 5.0)
    stack = Stack(BROKER, ground.server, ground.broker)
    seconds = max(ground.size.seconds, 4.0)
    ratio, pairs = await neighbours.measured(ground.folder / "neighbours", stack, rate, seconds)
    for place, (alone, beside) in enumerate(pairs, 1):
        ground.report.add(BROKER, f"POST to visible p99, pair {place}, alone", "ms", alone)
        ground.report.add(BROKER, f"POST to visible p99, pair {place}, beside", "ms", beside)
    ground.report.add(BROKER, "slow neighbour, ratio of p99", "x", ratio)


@asynccontextmanager
async def services() -> AsyncIterator[tuple[Server, rabbitmq.Broker]]:
    """A PostgreSQL server that syncs, and a broker."""
    server = Server("shared_buffers=256MB", "max_connections=200", "max_wal_size=4GB")
    try:
        with rabbitmq.running() as broker:
            yield server, broker
    finally:
        server.close()


async def run(out: Path, size: Size) -> None:
    """Everything that was asked for."""
    report = Report(
        note="signatures EdDSA (Ed25519), cipher SM4-GCM; load, partner, database and broker on the same cores"
    )
    with tempfile.TemporaryDirectory(prefix="tongban-bench-") as name:
        async with services() as (server, broker):
            ground = Ground(report, Path(name), server, broker, size)
            for part, measure in (
                ("machine", machine_part), ("flows", flows_part), ("pages", pages_part), ("neighbours", neighbours_part),
            ):  # fmt: skip
                if part in size.parts:
                    await measure(ground)
    targets.hold(report)
    report.table()
    report.write(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--clerks", type=int, default=64)
    parser.add_argument("--stored", type=int, default=100_000)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default=",".join(PARTS))
    given = parser.parse_args()
    stored = 1_000_000 if given.long else given.stored
    size = Size(frozenset(given.only.split(",")), given.seconds, given.clerks, stored, given.long)
    uvloop.run(run(given.out.absolute(), size))


if __name__ == "__main__":
    main()
