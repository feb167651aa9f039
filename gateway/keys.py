"""The keys under which the parts of the house hang in the web application, each with its type."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from gateway.applications.case_room import CaseRoom
from gateway.applications.desk_room import DeskRoom
from gateway.applications.ledger import Ledger
from gateway.applications.papers.room import PaperRoom
from gateway.applications.pending import Pending
from gateway.applications.phrases import Phrases
from gateway.applications.progress_room import ProgressRoom
from gateway.applications.ratings import Ratings
from gateway.applications.shifts import Shifts
from gateway.attachments.store import AttachmentStore
from gateway.attachments.thumbnails import Thumbnails
from gateway.attachments.uploads import Uploads
from gateway.auth.actor import Actor
from gateway.auth.clients import Clients
from gateway.auth.rate_limit import Limits
from gateway.auth.sessions import Sessions
from gateway.auth.tokens import Tokens
from gateway.auth.users import Users
from gateway.coordination.absences import Absences
from gateway.coordination.list_desk import ListDesk
from gateway.coordination.list_drafts import ListDrafts
from gateway.coordination.list_imports import ListImports
from gateway.coordination.list_room import ListRoom
from gateway.coordination.post_room import PostRoom
from gateway.coordination.working_days import WorkingDays
from gateway.logs import AccessLog
from gateway.metrics import Metrics
from gateway.settings import Settings
from gateway.streams import Streams
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex
from messaging.inbox import Inbox
from partners.couriers.desk import Desk
from partners.couriers.on_behalf import OnBehalf
from partners.mailbox import Mailbox
from partners.registry import Registry

Clock = Callable[[], datetime]
"""Aware, UTC."""
Refresh = Callable[[], Awaitable[None]]
"""Bring the gauges up to now, before they are told."""
Evidence = Callable[[str], Awaitable[bytes]]
"""Number of a case -> its evidence as a zip file; whether somebody may have it is asked before."""


@dataclass
class Library:
    """What routing and forms are answered from; `index` is replaced as a whole when a list version begins or ends."""

    index: MatterIndex
    forms: Forms


@dataclass(frozen=True)
class Change:
    """One line of the feed: `cursor` is its place, `data` is `{"number","type","state","delivery","version","at"}`."""

    cursor: str
    data: Mapping[str, Any]


class Feed(Protocol):
    """What changed, for open pages and for `GET events`."""

    async def latest(self) -> str:
        """The cursor of now."""

    async def after(self, actor: Actor, cursor: str, limit: int) -> Sequence[Change]:
        """What this actor may see after a cursor, oldest first, only rows older than every open transaction.

        Raises ValueError for a cursor that is none.
        """

    async def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after `seconds`."""


class Agreements(Protocol):
    """The agreements and their list versions, as `GET agreements` tells them."""

    async def all(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """Those that the actor's county is a member of, in the order of the house."""

    async def version(self, actor: Actor, agreement: str, version: int) -> Mapping[str, Any] | None:
        """One list version; None when there is none or it is not theirs."""


class Renderer(Protocol):
    """The drawing table of the pages."""

    def page(
        self, request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
    ) -> web.Response:
        """The page drawn from a template, with what every page needs (who is signed in, form token, addresses)."""


class Health(Protocol):
    """Looks at what the house stands on."""

    async def checks(self) -> Mapping[str, str]:
        """`{"database","migrations","loops"}` and, with a broker, `"bus"`, each `ok`, `degraded` or `failed`."""


SETTINGS = web.AppKey("settings", Settings)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
CASE_ROOM = web.AppKey("case_room", CaseRoom)
ATTACHMENTS = web.AppKey("attachments", AttachmentStore)
THUMBNAILS = web.AppKey("thumbnails", Thumbnails)
UPLOADS = web.AppKey("uploads", Uploads)
MATTERS = web.AppKey("matters", Library)
WORKING_DAYS: web.AppKey[WorkingDays] = web.AppKey("working_days")
AGREEMENTS: web.AppKey[Agreements] = web.AppKey("agreements")
LIST_ROOM = web.AppKey("list_room", ListRoom)
LIST_DRAFTS = web.AppKey("list_drafts", ListDrafts)
LIST_IMPORTS = web.AppKey("list_imports", ListImports)
LIST_DESK = web.AppKey("list_desk", ListDesk)
EVIDENCE: web.AppKey[Evidence] = web.AppKey("evidence")
INBOX = web.AppKey("inbox", Inbox)
MAILBOX = web.AppKey("mailbox", Mailbox)
REGISTRY = web.AppKey("registry", Registry)
ON_BEHALF = web.AppKey("on_behalf", OnBehalf)
DESK = web.AppKey("desk", Desk)
DESK_ROOM = web.AppKey("desk_room", DeskRoom)
PAPERS = web.AppKey("papers", PaperRoom)
PHRASES = web.AppKey("phrases", Phrases)
LEDGER = web.AppKey("ledger", Ledger)
SHIFTS = web.AppKey("shifts", Shifts)
RATINGS = web.AppKey("ratings", Ratings)
ABSENCES = web.AppKey("absences", Absences)
PENDING = web.AppKey("pending", Pending)
PROGRESS = web.AppKey("progress", ProgressRoom)
POST_ROOM = web.AppKey("post_room", PostRoom)
PUBLIC_KEYS: web.AppKey[Sequence[Mapping[str, Any]]] = web.AppKey("public_keys")  # our own, also retired ones
USERS = web.AppKey("users", Users)
SESSIONS = web.AppKey("sessions", Sessions)
CLIENTS = web.AppKey("clients", Clients)
TOKENS = web.AppKey("tokens", Tokens)
LIMITS = web.AppKey("limits", Limits)
NOTIFIER: web.AppKey[Feed] = web.AppKey("notifier")
RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")
HEALTH: web.AppKey[Health] = web.AppKey("health")
METRICS = web.AppKey("metrics", Metrics)
FIGURES: web.AppKey[Refresh] = web.AppKey("figures")
ACCESS_LOG = web.AppKey("access_log", AccessLog)
STREAMS = web.AppKey("streams", Streams)

ACTOR = web.RequestKey("actor", Actor)  # absent: nobody is signed in
CSRF = web.RequestKey("csrf", str)  # the session's form token
