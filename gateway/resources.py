"""The parts of the house, built in one place and closed in reverse order."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TextIO

from gateway import bus as road
from gateway import database, outages, signing_key
from gateway.applications import evidence
from gateway.applications.batch import Tools
from gateway.applications.case import House
from gateway.applications.case_room import CaseRoom
from gateway.applications.delivery import Delivery
from gateway.applications.desk_room import DeskRoom
from gateway.applications.evidence import Issuer
from gateway.applications.evidence_keys import PublicKey
from gateway.applications.ladder import Ladder
from gateway.applications.ledger import Ledger
from gateway.applications.papers.issuing import Issuing
from gateway.applications.papers.press import Press
from gateway.applications.papers.room import PaperRoom
from gateway.applications.pending import Pending
from gateway.applications.phrases import Phrases
from gateway.applications.progress_room import ProgressRoom
from gateway.applications.ratings import Ratings
from gateway.applications.retention import Retention
from gateway.applications.search import SearchIndex
from gateway.applications.shifts import Shifts
from gateway.applications.works import perform
from gateway.attachments.clamd import Guard
from gateway.attachments.store import AttachmentStore
from gateway.attachments.uploads import Uploads
from gateway.audit import house as house_chain
from gateway.audit.sealer import RootSealer
from gateway.believing import Believing
from gateway.coordination.list_drafts import ListDrafts
from gateway.coordination.list_imports import ListImports
from gateway.coordination.list_room import ListRoom
from gateway.coordination.lists import AgreementsShown, Lists
from gateway.coordination.post_room import PostRoom
from gateway.feed import CaseFeed
from gateway.keys import Library
from gateway.settings import Settings
from gateway.wakes import LOOPS, SharedWakes, Wakes
from gateway.web.form_reader import FormReader
from messaging import envelope, ids
from messaging.bell import Bell
from messaging.bus.port import Bus
from messaging.inbox import Inbox
from messaging.key_ring import KeyRing
from messaging.outbox import Sender
from messaging.relay import Relay
from messaging.sealing import Sealer
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection, Writer, run_tx
from partners import signing
from partners.couriers.desk import Desk
from partners.couriers.on_behalf import OnBehalf
from partners.keys import SigningKey
from partners.mailbox import Mailbox
from partners.registry import KnownKey, Registry, UnknownPartner


@dataclass
class Bells:
    """What wakes the loops."""

    relay: Bell
    applier: Bell
    receipts: Bell
    registry: Bell
    lists: Bell
    joint: Bell

    def ring_all(self) -> None:
        """Look at everything."""
        for one in vars(self).values():
            one.ring()


class Dirty:
    """Conversations in which something was stored and not yet looked at."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._pairs: dict[tuple[str, str], None] = {}
        self.kept = True  # whether loops of this process take them; without loops there is nothing to remember

    def add(self, partner: str, subject: str) -> None:
        """Something became durable in this conversation."""
        if self.kept:
            self._pairs[partner, subject] = None
            self._bell.ring()

    def take(self) -> list[tuple[str, str]]:
        """All of them, in the order in which they came; the next call begins anew."""
        taken, self._pairs = list(self._pairs), {}
        return taken


@dataclass
class Resources:
    """Everything that doors and loops use."""

    settings: Settings
    connection: Connection
    sealer: Sealer
    keys: KeyRing
    key: SigningKey
    registry: Registry
    lists: Lists
    library: Library
    agreements: AgreementsShown
    list_room: ListRoom
    list_drafts: ListDrafts
    list_imports: ListImports
    attachments: AttachmentStore
    uploads: Uploads
    tools: Tools
    writer: Writer
    case_room: CaseRoom
    pending: Pending
    phrases: Phrases
    ledger: Ledger
    shifts: Shifts
    ratings: Ratings
    issuing: Issuing
    papers: PaperRoom
    delivery: Delivery
    bus: Bus
    relay: Relay
    inbox: Inbox
    mailbox: Mailbox
    on_behalf: OnBehalf
    desk: Desk
    desk_room: DeskRoom
    post_room: PostRoom
    progress_room: ProgressRoom
    roots: RootSealer
    retention: Retention
    feed: CaseFeed
    bells: Bells
    dirty: Dirty
    queued: road.Queued
    wakes: Wakes
    access_log: TextIO

    @property
    def house(self) -> House:
        """Who we are, with calendar and forms of now."""
        return _house(self.settings, self.lists)

    async def listen(self) -> None:
        """Take what comes by the bus; called where the loops run."""
        await road.listen(self.bus, self.keys, self.inbox, self.queued, now)

    async def reload_lists(self) -> None:
        """Read lists, forms and calendar again, and answer from the new ones."""
        await self.lists.load(self.connection, now())
        self.library.index, self.library.forms = self.lists.index, self.lists.forms

    async def evidence(self, number: str) -> bytes:
        """The evidence of a case, with every public key that signed any of it."""
        ours = [PublicKey(self.settings.home, jwk) for jwk in self.public_keys()]
        theirs = [_known(key) for one in self.registry.all() for key in self.registry.keys_of(one.code)]
        return await evidence.build(number, keys=self.keys, known=[*ours, *theirs], issuer=self.evidence_issuer)

    @property
    def evidence_issuer(self) -> Issuer:
        """Home, as it signs what it gives out."""
        sign = partial(_sign_evidence, self.key, self.settings.home)
        return Issuer(self.settings.home, self.key.kid, sign)

    def public_keys(self) -> Sequence[dict[str, object]]:
        """Our own public keys, as others pin them."""
        return [dict(self.key.public_jwk())]


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Resources]:
    """The whole house on an open database. Raises NotMigrated."""
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(database.opened(settings))
        access_log = (settings.data / "access.log").open("a", encoding="utf-8")
        stack.callback(_close, access_log)
        made = await _build(settings, connection, access_log)
        stack.push_async_callback(made.list_imports.close)
        stack.push_async_callback(made.wakes.close)
        stack.push_async_callback(made.bus.close)
        stack.push_async_callback(made.relay.close)
        yield made


def _close(access_log: TextIO) -> None:
    """What a full disk did not take of the access log is lost, and nothing else."""
    with contextlib.suppress(OSError):
        access_log.close()


async def _build(settings: Settings, connection: Connection, access_log: TextIO) -> Resources:
    sealer = Sealer(settings.sealing_key, settings.index_key, settings.cipher)
    ring, key = KeyRing(sealer), signing_key.of(settings)
    registry, lists = Registry(sealer), Lists(settings.home)
    await registry.load(connection)
    await lists.load(connection, now())
    guard = Guard(settings.clamd, required=settings.clamd_required)
    attachments = AttachmentStore(settings.data, ring, now, home=settings.home, guard=guard, refused=_infected)
    uploads = Uploads(settings.data, attachments, ring, now)
    sender = Sender(settings.home, ring)
    roots = RootSealer(partial(_sign_root, key, settings.home), now)
    tools = Tools(
        sender, attachments, SearchIndex(sealer), lists.matter_of, lists.version_known, connection,
        registry.has, lambda: roots.told,
    )  # fmt: skip
    bells = Bells(Bell(), Bell(), Bell(), Bell(), Bell(), Bell())
    house = partial(_house, settings, lists)
    dirty = Dirty(bells.applier)

    def committed() -> None:
        if tools.written and wakes.holds(LOOPS):
            relay.feed(tools.written)
            tools.written.clear()
        bells.relay.ring()
        if tools.parts_changed:
            tools.parts_changed = False
            bells.joint.ring()
            if not wakes.holds(LOOPS):
                wakes.tell("joint")
        feed.ring()
        wakes.tell("feed")
        if not wakes.holds(LOOPS):
            wakes.tell("relay")

    def stored(partner: str, subject: str) -> None:
        dirty.add(partner, subject)
        if not wakes.holds(LOOPS):
            wakes.tell("stored", f"{partner} {subject}")

    def queued(partner: str) -> None:
        mailbox.wake(partner)
        wakes.tell("mail", partner)

    def missed() -> None:
        bells.ring_all()
        feed.ring()

    writer = Writer(partial(perform, tools, house, now), committed, away=outages.passing)
    press, reader = Press(settings.public_url), FormReader(lambda: lists.forms)
    issuing = Issuing(attachments, press, reader, now)
    room = CaseRoom(tools, house, now, writer, lambda: (lists.index, lists.forms), issuing)
    papers = PaperRoom(tools, room.cases, writer, press, reader, house, now)
    feed = CaseFeed(room.cases)
    ids.start_after(await room.cases.newest())
    delivery = Delivery(tools, house, now, writer)
    mailbox = Mailbox(ring, now)
    bus = road.of(settings.bus_url, ring, registry, queued, lambda: wakes.holds(LOOPS), now)
    relay = Relay(bus, ring, partial(_sign, key, settings.home), delivery.confirmed, now, partial(_rests, registry))
    inbox = Inbox(
        settings.home, ring, Believing(registry, settings.home, [key.public_jwk()]), now, stored, outages.passing
    )
    on_behalf = OnBehalf(registry, settings.home, now)
    desk = Desk(mailbox, on_behalf, inbox.store, now)
    desk_room = DeskRoom(room, tools, writer, desk, mailbox, registry, now)
    drafts = ListDrafts(now)
    list_room = ListRoom(
        settings.home, sender, key, partial(_keys_of, registry, settings.home, key), registry.has, _note, committed, now
    )
    post_room = PostRoom(settings.home, sender, _note, delivery.settled, stored, committed, now)
    progress_room = ProgressRoom(room.cases, sealer, house, now, writer, connection)
    wakes: Wakes = Wakes()
    if database.is_shared(settings.database_url):
        hear = partial(_hear, bells, dirty, feed, mailbox)
        wakes = SharedWakes(settings.database_url, hear, missed)
    return Resources(
        settings=settings,
        connection=connection,
        sealer=sealer,
        keys=ring,
        key=key,
        registry=registry,
        lists=lists,
        library=Library(lists.index, lists.forms),
        agreements=AgreementsShown(settings.home, connection, now),
        list_room=list_room,
        list_drafts=drafts,
        list_imports=ListImports(settings.home, lambda: lists.forms, drafts, now),
        attachments=attachments,
        uploads=uploads,
        tools=tools,
        writer=writer,
        case_room=room,
        phrases=Phrases(now),
        ledger=Ledger(room.cases, now),
        shifts=Shifts(room.cases, ring, house, now),
        ratings=Ratings(room.cases, now),
        pending=Pending(ring, room, settings.undo_seconds, now),
        issuing=issuing,
        papers=papers,
        delivery=delivery,
        bus=bus,
        relay=relay,
        inbox=inbox,
        mailbox=mailbox,
        on_behalf=on_behalf,
        desk=desk,
        desk_room=desk_room,
        post_room=post_room,
        progress_room=progress_room,
        roots=roots,
        retention=Retention(ring, attachments, settings.retention_days, settings.home, now),
        feed=feed,
        bells=bells,
        dirty=dirty,
        queued=queued,
        wakes=wakes,
        access_log=access_log,
    )


def _keys_of(registry: Registry, home: str, own: SigningKey, jurisdiction: str) -> dict[str, Mapping[str, Any]]:
    """A county's public keys that were not revoked; our own too."""
    if jurisdiction == home:
        return {own.kid: own.public_jwk()}
    return {one.kid: one.jwk for one in registry.keys_of(jurisdiction) if one.revoked_at is None}


def _house(settings: Settings, lists: Lists) -> House:
    """Who we are, with the calendar and the forms of now."""
    ladder = Ladder(*settings.alarm_days)
    return House(settings.home, lists.calendar, lists.forms, ladder, settings.uncollected_days)


def _hear(bells: Bells, dirty: Dirty, feed: CaseFeed, mailbox: Mailbox, topic: str, detail: str) -> None:
    """Another process wakes us; a topic that this version does not know is no matter."""
    match topic:
        case "feed":
            feed.ring()
        case "mail":
            mailbox.wake(detail)
        case "stored":
            partner, _, subject = detail.partition(" ")
            dirty.add(partner, subject)
        case "relay" | "registry" | "lists" | "joint":
            getattr(bells, topic).ring()


async def _infected(who: str, sha256: str, found: str) -> None:
    """A file that clamd refused: who brought it, by its digest, and the name of what was found."""
    detail = {"sha256": sha256, "found": found}
    await run_tx(lambda connection: house_chain.note(connection, who, "file.infected", None, detail, now=now()))


async def _note(connection: Connection, who: str, what: str, why: str | None, detail: Mapping[str, object]) -> None:
    """A line on the house's own audit chain."""
    await house_chain.note(connection, who, what, why, detail, now=now())


def _sign(key: SigningKey, home: str, body: bytes, row: Outgoing) -> tuple[str, str]:
    """Our detached signature over a message's bytes."""
    issued = int(row.created_at.timestamp())
    return signing.sign(body, key, iss=home, aud=row.partner, jti=row.message_id, iat=issued), key.kid


def _sign_root(key: SigningKey, home: str, text: bytes) -> tuple[str, str]:
    """Our signature over a root of the audit chains, addressed to ourselves."""
    issued = int(now().timestamp())
    return signing.sign(text, key, iss=home, aud=home, jti=ids.message_id(), iat=issued), key.kid


def _sign_evidence(key: SigningKey, home: str, text: bytes, at: datetime) -> str:
    """Our signature over the manifest of a case's evidence, addressed to ourselves: the same text, the same signature."""
    jti = f"evidence-{envelope.sha256_hex(text)[:32]}"
    return signing.sign(text, key, iss=home, aud=home, jti=jti, iat=int(at.timestamp()))


def _known(key: KnownKey) -> PublicKey:
    return PublicKey(key.jurisdiction, key.jwk, key.held, key.valid_from, key.valid_to, key.revoked_at)


def _rests(registry: Registry, partner: str) -> bool:
    """Nothing is offered to a link that rests or is not there."""
    try:
        return registry.get(partner).rests(now())
    except UnknownPartner:
        return True
