"""The web application: routes, middlewares and parts, and how it is served and stopped."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from gateway import database, keys, logs
from gateway.api import routes as api_routes
from gateway.api import security as api_security
from gateway.auth.clients import Clients
from gateway.auth.passwords import Passwords
from gateway.auth.rate_limit import Limits
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.auth.users import Users
from gateway.logs import AccessLog
from gateway.metrics import Metrics
from gateway.resources import Resources, built, now
from gateway.settings import Settings
from gateway.streams import Streams
from gateway.web import rendering
from gateway.web import routes as page_routes
from gateway.web import security as page_security
from gateway.worker import Worker
from messaging import faults

log = logging.getLogger("tongban.app")
STOP_WITHIN = 5.0  # seconds that open requests get at shutdown
BODY_MOST = 1024 * 1024  # bytes of a request that is not an attachment


class HouseHealth:
    """Looks at what the house stands on."""

    def __init__(self, worker: Worker | None) -> None:
        self._worker = worker

    async def checks(self) -> Mapping[str, str]:
        """`{"database","migrations","loops"}`, each `ok`, `degraded` or `failed`."""
        try:
            await database.alive()
            base = "ok"
        except Exception as error:
            log.warning("database: %s", type(error).__name__)
            base = "failed"
        loops = "ok" if self._worker is None or self._worker.healthy else "failed"
        return {"database": base, "migrations": base, "loops": loops}


def build(parts: Resources, worker: Worker | None) -> web.Application:
    """The application with every part in its place; raises when a route has no auth decision."""
    application = web.Application(client_max_size=BODY_MOST)
    _hang(application, parts, worker)
    page_security.install(application)
    application.middlewares.append(api_security.door)
    api_routes.add(application)
    page_routes.add(application)
    page_security.check_routes(application)
    application.on_shutdown.append(_close_streams)
    return application


def _hang(application: web.Application, parts: Resources, worker: Worker | None) -> None:
    settings, clients = parts.settings, Clients(now)
    tokens = Tokens(clients, parts.key.private_jwk(), home=settings.home, issuer=settings.public_url, clock=now)
    application[keys.SETTINGS] = settings
    application[keys.CLOCK] = now
    application[keys.CASE_ROOM] = parts.case_room
    application[keys.ATTACHMENTS] = parts.attachments
    application[keys.MATTERS] = parts.library
    application[keys.AGREEMENTS] = parts.agreements
    application[keys.INBOX] = parts.inbox
    application[keys.MAILBOX] = parts.mailbox
    application[keys.REGISTRY] = parts.registry
    application[keys.ON_BEHALF] = parts.on_behalf
    application[keys.DESK] = parts.desk
    application[keys.PUBLIC_KEYS] = parts.public_keys()
    application[keys.USERS] = Users(Passwords(), now)
    application[keys.SESSIONS] = Sessions(now)
    application[keys.CLIENTS] = clients
    application[keys.TOKENS] = tokens
    application[keys.LIMITS] = Limits()
    application[keys.NOTIFIER] = parts.feed
    application[keys.RENDERER] = rendering.Renderer()
    application[keys.HEALTH] = HouseHealth(worker)
    application[keys.METRICS] = Metrics()
    application[keys.ACCESS_LOG] = AccessLog()
    application[keys.STREAMS] = Streams()


async def _close_streams(application: web.Application) -> None:
    application[keys.STREAMS].close()


@asynccontextmanager
async def running(settings: Settings, *, host: str, port: int, loops: bool) -> AsyncIterator[Resources]:
    """The doors open and, unless told otherwise, the loops running. Everything is closed in reverse order."""
    logs.set_up(settings.log_level)
    async with built(settings) as parts:
        worker = Worker(parts) if loops else None
        runner = web.AppRunner(build(parts, worker), access_log=None, shutdown_timeout=STOP_WITHIN, handle_signals=False)
        await runner.setup()
        try:
            if worker is not None:
                await worker.start()
            await web.TCPSite(runner, host, port).start()
            yield parts
        finally:
            await runner.cleanup()
            if worker is not None:
                await worker.stop()


async def serve(settings: Settings, *, host: str, port: int, loops: bool) -> None:
    """`serve`: until SIGINT or SIGTERM."""
    async with running(settings, host=host, port=port, loops=loops):
        await until_told()


async def until_told() -> None:
    """Wait for SIGINT or SIGTERM."""
    told = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    await told.wait()


def arm_faults(setting: str | None) -> None:
    """Let tests kill this process at seeded points."""
    if setting:
        faults.arm(setting)
