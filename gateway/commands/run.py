"""Commands that run the house: `demo`, `serve`, `work`, `migrate`, `simulate`."""

import asyncio
import errno
import socket
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from gateway import database, serving, settings, signing_key
from gateway import demo as trial
from gateway.commands import answers
from gateway.crew import Crew
from matters_map.importing import import_forms_and_calendar
from messaging.unit_of_work import run_tx
from partners import simulator
from partners.demo import demo_partners

EMBEDDED = "embedded:"


def demo(arguments: Namespace) -> int:
    """Everything embedded on sample data; ends with 0 on SIGINT or SIGTERM."""
    serving.private_files()
    with port_free(arguments.port):
        uvloop.run(trial.run(Path(arguments.data), port=arguments.port, simulate=arguments.simulate))
    return answers.DONE


def serve(arguments: Namespace) -> int:
    """The doors and, unless told otherwise, the loops; ends with 0 on SIGINT or SIGTERM."""
    configured = settings.read()
    if arguments.workers > 1:
        _refuse_alone("--workers", configured)
    serving.private_files()
    with port_free(arguments.port):
        if arguments.workers > 1:
            asyncio.run(_can_begin(configured))
            return crew_of(configured, arguments)
        uvloop.run(serving.serve(configured, host=arguments.host, port=arguments.port, loops=not arguments.no_loops))
    return answers.DONE


def crew_of(configured: settings.Settings, arguments: Namespace) -> int:
    """`--workers` processes behind one port; keys that have to be made are made before they start."""
    signing_key.of(configured)
    with socket.create_server((arguments.host, arguments.port)):
        pass  # raises when somebody else has the port: afterwards all of ours share it

    def one() -> int:
        told = {"host": arguments.host, "port": arguments.port, "loops": not arguments.no_loops}
        try:
            uvloop.run(serving.serve(configured, **told, shared_port=True))
        except (answers.WrongUse, settings.BadSetting, database.NotMigrated) as wrong:
            answers.tell(str(wrong))
            return answers.WRONG_USE
        except database.Unreachable as away:  # it was there when we began: it comes back, and so do we
            answers.tell(f"TONGBAN_DATABASE_URL：数据库连接不上 (the database cannot be reached): {away}")
            return answers.FOUND
        return answers.DONE

    return Crew(arguments.workers, one).run()


async def _can_begin(configured: settings.Settings) -> None:
    """What keeps every process from beginning is told once, before there are several. Raises NotMigrated, Unreachable."""
    async with database.opened(configured):
        pass


def work(arguments: Namespace) -> int:
    """Loops without doors: only beside a message broker."""
    configured = settings.read()
    _refuse_alone(arguments.command, configured)
    serving.private_files()
    uvloop.run(serving.work(configured))
    return answers.DONE


def migrate(arguments: Namespace) -> int:
    """Bring the database to this version's tables."""
    serving.private_files()
    asyncio.run(_migrate(settings.read()))
    answers.tell(f"{arguments.command}：数据库已是本版本的结构")
    return answers.DONE


async def _migrate(configured: settings.Settings) -> None:
    """Tables first, then the forms and the calendar that this version brings; and the key, before several processes need it."""
    signing_key.of(configured)
    await database.migrate(configured)
    async with database.opened(configured):
        await run_tx(import_forms_and_calendar, doubles=True)


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
def port_free(port: int) -> Iterator[None]:
    """A port that somebody else has is told as wrong use."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise answers.WrongUse(f"端口 {port} 已被占用，请换一个：--port (the port is in use)") from None


def _refuse_alone(what: str, configured: settings.Settings) -> None:
    """Several processes need a broker between the counties and a database that several may write."""
    if configured.bus_url == EMBEDDED:
        raise answers.WrongUse(
            f"{what}：内嵌总线（TONGBAN_BUS_URL=embedded:）只能用一个进程，后台任务由 serve 运行 (the embedded bus lives in one process)"
        )
    if not database.is_shared(configured.database_url):
        raise answers.WrongUse(
            f"{what}：SQLite 只能用一个进程，请把 TONGBAN_DATABASE_URL 设为 PostgreSQL (SQLite lives in one process)"
        )
