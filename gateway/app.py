"""The web application: routes, middlewares, and every part in its place."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from aiohttp import web

from gateway import bus as road
from gateway import database, keys
from gateway.api import routes as api_routes
from gateway.api import security as api_security
from gateway.attachments.thumbnails import Thumbnails
from gateway.auth import addresses
from gateway.auth.clients import Clients
from gateway.auth.passwords import Passwords
from gateway.auth.rate_limit import Limits
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.auth.users import Users
from gateway.coordination.absences import Absences
from gateway.coordination.list_desk import ListDesk
from gateway.coordination.working_days import WorkingDays
from gateway.figures import Figures, LoopState
from gateway.logs import AccessLog
from gateway.metrics import Metrics
from gateway.resources import Resources, now
from gateway.streams import Streams
from gateway.wakes import LOOPS
from gateway.web import rendering
from gateway.web import routes as page_routes
from gateway.web import security as page_security

log = logging.getLogger("tongban.app")
BODY_MOST = 1024 * 1024  # bytes of a request that is not an attachment


class HouseHealth:
    """Looks at what the house stands on; `loops` tells whether all loops run, and is None where there are none."""

    def __init__(self, loops: Callable[[], bool] | None, bus: Callable[[], Mapping[str, str]]) -> None:
        self._loops, self._bus = loops, bus

    async def checks(self) -> Mapping[str, str]:
        """`{"database","migrations","loops"}` and, with a broker, `"bus"`, each `ok`, `degraded` or `failed`."""
        try:
            await database.alive()
            base = "ok"
        except Exception as error:
            log.warning("database: %s", type(error).__name__)
            base = "failed"
        loops = "ok" if self._loops is None or self._loops() else "failed"
        return {"database": base, "migrations": base, "loops": loops, **self._bus()}


def build(
    parts: Resources,
    loops: Callable[[], bool] | None = None,
    states: Callable[[], Mapping[str, LoopState]] = lambda: {},
) -> web.Application:
    """The application with every part in its place; raises when a route has no auth decision.

    `states`: how each loop of this process does.
    """
    application = web.Application(client_max_size=BODY_MOST)
    _hang(application, parts, loops)
    _measure(application, parts, states)
    page_security.install(application)
    application.middlewares.append(api_security.door)
    api_routes.add(application)
    page_routes.add(application)
    page_security.check_routes(application)
    application.on_shutdown.append(_close_streams)
    return application


def _hang(application: web.Application, parts: Resources, loops: Callable[[], bool] | None) -> None:
    settings, clients = parts.settings, Clients(now)
    tokens = Tokens(clients, parts.key.private_jwk(), home=settings.home, issuer=settings.public_url, clock=now)
    application[keys.SETTINGS] = settings
    application[addresses.PROXIES] = settings.trusted_proxies
    application[keys.CLOCK] = now
    application[keys.CASE_ROOM] = parts.case_room
    application[keys.ATTACHMENTS] = parts.attachments
    application[keys.THUMBNAILS] = Thumbnails(parts.attachments)
    application[keys.UPLOADS] = parts.uploads
    application[keys.MATTERS] = parts.library
    application[keys.LIST_ROOM] = parts.list_room
    application[keys.LIST_DRAFTS] = parts.list_drafts
    application[keys.LIST_IMPORTS] = parts.list_imports
    application[keys.LIST_DESK] = ListDesk(parts.desk, parts.registry)
    application[keys.AGREEMENTS] = parts.agreements
    application[keys.WORKING_DAYS] = WorkingDays(parts.connection, now)
    application[keys.INBOX] = parts.inbox
    application[keys.MAILBOX] = parts.mailbox
    application[keys.REGISTRY] = parts.registry
    application[keys.ON_BEHALF] = parts.on_behalf
    application[keys.DESK] = parts.desk
    application[keys.DESK_ROOM] = parts.desk_room
    application[keys.PAPERS] = parts.papers
    application[keys.PHRASES] = parts.phrases
    application[keys.LEDGER] = parts.ledger
    application[keys.SHIFTS] = parts.shifts
    application[keys.RATINGS] = parts.ratings
    application[keys.ABSENCES] = Absences(parts.settings.home, now)
    application[keys.PENDING] = parts.pending
    application[keys.PROGRESS] = parts.progress_room
    application[keys.POST_ROOM] = parts.post_room
    application[keys.PUBLIC_KEYS] = parts.public_keys()
    application[keys.USERS] = Users(Passwords(), now)
    application[keys.SESSIONS] = Sessions(now)
    application[keys.CLIENTS] = clients
    application[keys.TOKENS] = tokens
    application[keys.LIMITS] = Limits()
    application[keys.NOTIFIER] = parts.feed
    application[keys.RENDERER] = rendering.Renderer()
    application[keys.HEALTH] = HouseHealth(loops, partial(road.state, parts.bus))
    application[keys.METRICS] = Metrics()
    application[keys.ACCESS_LOG] = AccessLog(parts.access_log)
    application[keys.STREAMS] = Streams()
    application[keys.EVIDENCE] = parts.evidence


def _measure(application: web.Application, parts: Resources, states: Callable[[], Mapping[str, LoopState]]) -> None:
    figures = Figures(
        application[keys.METRICS],
        parts.connection,
        parts.registry,
        parts.settings.data,
        partial(road.state, parts.bus),
        lambda: parts.wakes.holds(LOOPS),
        states,
    )
    application[keys.FIGURES] = figures.refresh

    async def watching(application: web.Application) -> AsyncIterator[None]:
        figures.watch()
        yield
        await figures.close()

    application.cleanup_ctx.append(watching)


async def _close_streams(application: web.Application) -> None:
    application[keys.STREAMS].close()
