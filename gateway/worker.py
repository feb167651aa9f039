"""The background loops: relay, applier, receipts, gaps, second looks, clocks, roots and tidying. One supervisor each."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from tortoise.expressions import Q

from gateway import bus as road
from gateway import outages
from gateway.applications import advance, alarms, idempotency, promises, recount, silence, transport
from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.plan import Plan
from gateway.applications.tables import Leg
from gateway.applications.works import Deed, Drain, WholeDeed
from gateway.auth.sessions import Sessions
from gateway.coordination.list_room import of_list
from gateway.figures import LoopState
from gateway.resources import Resources, now
from gateway.wakes import LOOPS
from messaging import applier, at_rest, conversation, inbox, receipts, restored, retry
from messaging.bell import Bell
from messaging.faults import fault
from messaging.strict_json import Malformed
from messaging.tables import Conversation, Incoming, SetApart
from messaging.unit_of_work import Connection, run_tx, spawn

log = logging.getLogger("tongban.worker")
LOOK = 0.5  # seconds between two looks through the outbox
Pair = tuple[str, str]
Once = Callable[[], Awaitable[object]]
Loops = tuple[tuple[str, float, Once], ...]
Behind = Callable[[int], Awaitable[Sequence[Leg]]]
"""(id) -> a page of legs behind the one with this id, in the order of their ids."""
PlanOf = Callable[[Case, datetime], Plan]


class Worker:
    """Runs the loops of one process; `healthy` is False while one of them keeps failing.

    Every process keeps its copies of partners and lists fresh. The other loops run in one process at a time, the holder
    of the lease; a second one waits to take over.
    """

    def __init__(self, parts: Resources, *, loops: bool = True) -> None:
        """`loops`: does this process take the lease?"""
        self._parts, self._loops = parts, loops
        self._tasks: list[asyncio.Task[None]] = []
        self.states: dict[str, LoopState] = {}
        self._again: dict[Pair, datetime] = {}  # conversations whose applying failed, and when to try again
        self._counted_by: object = None  # marks of the calendar by which all limits are counted
        self._led = False  # did we hold the lease when we last looked?
        self._beginning = asyncio.Lock()
        self._look_at = 0.0  # when the outbox is looked through again, whatever is in hand
        self._stopping = asyncio.Event()
        parts.dirty.kept = loops

    @property
    def healthy(self) -> bool:
        """Are all loops running, none of them failing three times in a row?"""
        alive = all(not task.done() for task in self._tasks) and road.loops_run(self._parts.bus)
        return bool(self._tasks) and alive and all(state.failing < 3 for state in self.states.values())

    async def start(self) -> None:
        """Begin every loop, and look at what was left by the last run."""
        await self._parts.attachments.start()
        kept_fresh: Loops = (
            ("registry", 5.0, self._parts.registry.load),
            ("lists", 2.0, self._lists),
            ("changes", 2.0, self._parts.feed.look),
        )
        one_holder: Loops = (
            ("relay", 0.5, self._relay),
            ("applier", 0.5, self._apply),
            ("receipts", 0.5, self._receipts),
            ("gaps", 1.0, self._gaps),
            ("second looks", 2.0, self._second_looks),
            ("roots", 1.0, self._parts.roots.once),
            ("submissions", 1.0, self._parts.pending.once),
            ("list versions", 2.0, self._settle_lists),
            ("recount", 5.0, self._recount),
            ("silence", 30.0, self._silence),
            ("alarms", 30.0, self._alarms),
            ("joint", 2.0, self._joint),
            ("tidying", 600.0, self._tidy),
        )
        self._begin(kept_fresh)
        if self._loops:
            self._parts.wakes.want(LOOPS)
            await self._parts.listen()
            self._begin(tuple((name, seconds, partial(self._in_turn, once)) for name, seconds, once in one_holder))

    def _begin(self, loops: Loops) -> None:
        for name, seconds, once in loops:
            self._tasks.append(spawn(self._supervise(name, seconds, once), name=name))

    async def _in_turn(self, once: Once) -> None:
        """A pass of a loop if the lease is ours; who takes it over looks first at what is waiting."""
        if not self._parts.wakes.holds(LOOPS):
            self._led = False
            self._parts.dirty.take()
            return
        async with self._beginning:
            if not self._led:
                await self._remember_waiting()
                self._led = True
        await once()

    async def stop(self) -> None:
        """Let each loop finish what it is doing, then end."""
        self._stopping.set()
        self._parts.bells.ring_all()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)
        for task in self._tasks:
            task.cancel()

    async def _supervise(self, name: str, seconds: float, once: Once) -> None:
        """Call `once` for ever; a fault is logged by its type and tried again, more slowly while it lasts."""
        state = self.states.setdefault(name, LoopState())
        while not self._stopping.is_set():
            try:
                await once()
            except Exception as error:
                state.failures, state.failing = state.failures + 1, state.failing + 1
                log.error("loop %s: %s", name, type(error).__name__, exc_info=not outages.passing(error))
            else:
                state.failing, state.succeeded_at = 0, time.time()
            await self._pause(name, seconds * min(1 + state.failing, 10))

    async def _pause(self, name: str, seconds: float) -> None:
        bell: Bell | None = getattr(self._parts.bells, name, None)
        if bell is not None and not self.states[name].failing:
            await bell.wait(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    # sending

    async def _relay(self) -> None:
        """What was just committed goes at once; for the rest the outbox is looked through twice a second."""
        relay, clock = self._parts.relay, asyncio.get_running_loop().time
        if relay.fed and clock() < self._look_at:
            await relay.send_fresh()
        else:
            await relay.once()
            self._look_at = 0.0 if relay.more else clock() + LOOK
            if relay.more or relay.fed:
                self._parts.bells.relay.ring()

    def _show(self) -> None:
        """Pages and machine feeds, of every process, look anew."""
        self._parts.feed.ring()
        self._parts.wakes.tell("feed")

    # applying

    async def _remember_waiting(self) -> None:
        rows = Incoming.filter(state__in=["stored", "held"]).distinct().values_list("partner", "subject")
        for partner, subject in await rows:
            self._parts.dirty.add(str(partner), str(subject))
        await self._parts.roots.latest()

    async def _apply(self) -> None:
        """Drain what was touched: conversations, and links with what stands outside them, all together."""
        due = [pair for pair, at in self._again.items() if at <= now()]
        for pair in due:
            del self._again[pair]
        pairs = [pair for pair in dict.fromkeys([*self._parts.dirty.take(), *due]) if pair not in self._again]
        if not pairs:
            return
        fault("applier.before_apply")
        links = [self._take_link(partner) for partner, subject in pairs if not subject]
        drains = [self._drain(pair) for pair in pairs if pair[1]]
        changed = await asyncio.gather(*links, *drains)
        if not all(changed):  # something came again, or was kept apart: it is told by the loop
            self._parts.bells.receipts.ring()

    async def _drain(self, pair: Pair) -> int:
        """Its receipts are written with it; those of a list's conversation go with the next look."""
        try:
            if of_list(pair[1]):
                return await self._parts.list_room.drain(pair)
            return int(await self._parts.writer.submit(Drain(pair)))
        except Exception as error:
            await self._failed(pair, error)
            return 0

    async def _take_link(self, partner: str) -> int:
        taken = 0
        try:
            taken = await self._parts.delivery.take_link_messages(partner)
            if taken >= transport.MOST:
                self._parts.dirty.add(partner, "")
            self._parts.mailbox.wake(partner)
            self._parts.wakes.tell("mail", partner)
        except Exception as error:
            await self._failed((partner, ""), error)
        self._parts.bells.relay.ring()
        self._show()
        return taken

    async def _failed(self, pair: Pair, error: BaseException) -> None:
        """Try again a little later; after five faults of our own the message at the head is parked, in sight."""
        log.error("applying %s %s: %s", *pair, type(error).__name__, exc_info=error)
        tries = 1
        if not outages.passing(error):
            tries = await run_tx(lambda connection: self._count_failure(connection, pair, type(error).__name__))
        self._again[pair] = now() + retry.apply_delay(tries)

    async def _count_failure(self, connection: Connection, pair: Pair, name: str) -> int:
        partner, subject = pair
        talk = await conversation.locked(connection, self._parts.keys, partner, subject, now())
        waiting = Incoming.filter(partner=partner, subject=subject, state__in=["stored", "held"])
        row = await waiting.using_db(connection).order_by("sequence", "id").first()
        if row is None:
            return 1
        row.attempts += 1
        if row.attempts >= retry.APPLY_TRIES:
            applier.park_fault(talk, row, f"apply_failed {name}", now())
            await talk.save(using_db=connection, update_fields=["next_in"])
        await row.save(using_db=connection)
        return row.attempts

    # telling

    async def _receipts(self) -> None:
        """One receipt to each partner to whom something is still due: what waits for five seconds, what came again, what was
        kept apart. What is applied is told by the transaction that applies it."""
        sender = self._parts.tools.sender
        told = 0
        for partner in await receipts.owing(self._parts.connection, now()):
            if partner not in {one.code for one in self._parts.registry.all()}:
                continue
            root = await self._parts.roots.latest()
            letter = await run_tx(lambda tx, to=partner, top=root: receipts.compose(tx, sender, to, top, now()))  # type: ignore[misc]
            if letter is not None:
                told += 1
                self._parts.relay.feed([letter])
        if told:
            self._parts.bells.relay.ring()

    async def _gaps(self) -> None:
        """Ask for numbers that are missing: after five seconds, then doubling to five minutes."""
        talks = await Conversation.filter(gap_asked_at__not_isnull=True)
        for talk in talks:
            if applier.gap_due(talk, now()):
                await run_tx(lambda tx, pair=(talk.partner, talk.subject): self._ask(tx, pair))  # type: ignore[misc]
        if talks:
            self._parts.bells.relay.ring()

    async def _ask(self, connection: Connection, pair: Pair) -> None:
        talk = await conversation.locked(connection, self._parts.keys, *pair, now())
        if not talk.subject:  # the link itself: we were restored, and ask for what we lost
            if applier.gap_due(talk, now()):
                await restored.ask_again(connection, talk, now())
            return
        rows = Incoming.filter(partner=pair[0], subject=pair[1], state="held", sequence__gt=talk.next_in)
        waiting = await rows.using_db(connection)
        if not waiting or not applier.gap_due(talk, now()):  # closed meanwhile
            return
        await self._parts.keys.fetch([talk.key_id], connection)
        letter = receipts.ask_again(self._parts.tools.sender, talk, waiting, now())
        await letter.save(using_db=connection, force_create=True)
        await talk.save(using_db=connection, update_fields=["gap_asked_at", "gap_asks"])

    async def _second_looks(self) -> None:
        """What was held for a file or a list version, what a command beside us replayed, what was signed ahead of time."""
        held = Q(state="held") & ~Q(reason="gap")
        for partner, subject in (
            await Incoming.filter(held | Q(state="stored")).distinct().values_list("partner", "subject")
        ):
            self._parts.dirty.add(str(partner), str(subject))
        for row in await SetApart.filter(outcome="quarantined", retry_at__lte=now(), settled_at__isnull=True).limit(50):
            await self._believe_again(row)

    async def _believe_again(self, row: SetApart) -> None:
        await self._parts.keys.fetch([row.key_id])
        body = self._parts.keys.open(row.key_id, row.body, at_rest.apart(row.partner, row.sha256))
        with contextlib.suppress(inbox.Unverified, Malformed):
            await self._parts.inbox.store(row.partner, body, row.signature, door=row.door)

    # the house

    async def _settle_lists(self) -> None:
        """A version takes effect at its minute, the one before it ends; routing knew both already."""
        await self._parts.list_room.settle()

    async def _lists(self) -> None:
        if await self._parts.lists.stale(self._parts.connection, now()):
            await self._parts.reload_lists()

    async def _recount(self) -> None:
        """After a calendar was loaded, every limit that still runs is counted by it; at start too."""
        marks, calendar = self._parts.lists.calendar_marks, self._parts.lists.calendar
        if marks != self._counted_by:
            await self._walk(recount.ticking_legs, recount.plan, lambda leg: recount.differs(leg, calendar))
            self._counted_by = marks

    async def _alarms(self) -> None:
        """Limits that end soon or are over: each step of the ladder is told once."""
        house = self._parts.house
        await self._walk(
            lambda after: alarms.near_legs(now(), house.ladder, after),
            alarms.plan,
            lambda leg: alarms.rises(leg, now(), house.calendar, house.ladder),
        )

        await self._walk(
            lambda after: promises.near_legs(now(), house.ladder, after),
            promises.plan,
            lambda leg: (
                promises.level(leg.material_due, local_day(now()), house.ladder, house.calendar) > leg.material_told
            ),
        )

    async def _silence(self) -> None:
        """Five silent working days: 视为受理 for 行政许可, 逾期未反馈 for the rest."""
        await self._walk(
            lambda after: silence.silent_legs(now(), after), silence.plan, lambda leg: silence.has_run_out(leg, now())
        )

    async def _joint(self) -> None:
        """Joint cases of which a part changed: what is due next is done. The bell rings at once; the mark is never lost."""
        after, trouble = 0, None
        while True:
            found, last = await advance.marked(after)
            for one in found:
                deed = WholeDeed(one.application_id, one.pairs, advance.nothing, lambda case: None)
                try:
                    await self._parts.writer.submit(deed)
                except Exception as error:  # one case does not hold up the others
                    trouble = error
            if last == after:
                break
            after = last
        if trouble is not None:
            raise trouble

    async def _walk(self, behind: Behind, plan: PlanOf, wanted: Callable[[Leg], bool] = lambda leg: True) -> None:
        """A deed of the house's own on every wanted leg, page by page behind the last id."""
        after = 0
        while legs := await behind(after):
            for leg in legs:
                if wanted(leg):
                    await self._parts.writer.submit(Deed((leg.partner, leg.number), plan, lambda case: None))
            after = legs[-1].id

    async def _tidy(self) -> None:
        await Sessions(now).purge()
        await idempotency.purge(now())
        await self._parts.case_room.drafts.purge()
        await self._parts.shifts.purge()
        await self._parts.attachments.sweep()
        await self._parts.uploads.sweep()
        await self._parts.retention.once(self._parts.connection)
