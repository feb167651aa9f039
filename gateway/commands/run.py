"""Commands that run the house: `demo`, `serve`, `work`, `migrate`, `simulate`."""

import asyncio
import errno
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from gateway import database, serving, settings
from gateway import demo as trial
from gateway.commands import answers
from matters_map.importing import import_forms_and_calendar
from messaging.unit_of_work import run_tx
from partners import simulator
from partners.demo import demo_partners

EMBEDDED = "embedded:"


def demo(arguments: Namespace) -> int:
    """Everything embedded on sample data; ends with 0 on SIGINT or SIGTERM."""
    serving.private_files()
    with _port_free(arguments.port):
        uvloop.run(trial.run(Path(arguments.data), port=arguments.port, simulate=arguments.simulate))
    return answers.DONE


def serve(arguments: Namespace) -> int:
    """The doors and, unless told otherwise, the loops; ends with 0 on SIGINT or SIGTERM."""
    configured = settings.read()
    _refuse_a_broker(configured)
    if arguments.workers > 1:
        raise answers.WrongUse(
            "--workers：内嵌总线（TONGBAN_BUS_URL=embedded:）只能用一个进程 (the embedded bus lives in one process)"
        )
    serving.private_files()
    with _port_free(arguments.port):
        uvloop.run(serving.serve(configured, host=arguments.host, port=arguments.port, loops=not arguments.no_loops))
    return answers.DONE


def work(arguments: Namespace) -> int:
    """Loops without doors: only beside a message broker."""
    configured = settings.read()
    _refuse_a_broker(configured)
    raise answers.WrongUse(
        f"{arguments.command}：内嵌总线（TONGBAN_BUS_URL=embedded:）只能用一个进程，后台任务由 serve 运行 (serve runs the loops)"
    )


def migrate(arguments: Namespace) -> int:
    """Bring the database to this version's tables."""
    serving.private_files()
    asyncio.run(_migrate(settings.read()))
    answers.tell(f"{arguments.command}：数据库已是本版本的结构")
    return answers.DONE


async def _migrate(configured: settings.Settings) -> None:
    """Tables first, then the forms and the calendar that this version brings."""
    await database.migrate(configured)
    async with database.opened(configured):
        await run_tx(import_forms_and_calendar)


def simulate(arguments: Namespace) -> int:
    """A partner's system, as a separate program that knows only the public protocol; it says itself what is wrong."""
    return simulator.main(arguments.partner, arguments.config)


def simulated(text: str) -> str:
    """An argument `all`, `none` or codes of the demonstration's partners with commas."""
    known = [one.code for one in demo_partners()]
    if text in ("all", "none") or all(code in known for code in text.split(",")):
        return text
    raise ArgumentTypeError(
        f"'{text}' 应为 all、none，或用逗号隔开的代码：{'、'.join(known)} (all, none, or these codes)"
    )


@contextmanager
def _port_free(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise answers.WrongUse(f"端口 {port} 已被占用，请换一个：--port (the port is in use)") from None


def _refuse_a_broker(configured: settings.Settings) -> None:
    if configured.bus_url != EMBEDDED:
        raise answers.WrongUse(
            "TONGBAN_BUS_URL：本版本只有内嵌总线 embedded:，还不能连接消息代理 (this version has the embedded bus only)"
        )
