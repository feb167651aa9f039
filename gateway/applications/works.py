"""What the one writer is given to do: file a case, do a deed on one, drain a conversation."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.applications import adopting, advance, filing, numbers
from gateway.applications.batch import Batch, Tools
from gateway.applications.case import Case, House
from gateway.applications.clocks import local_day
from gateway.applications.errors import CaseError
from gateway.applications.hearing import Hearing, prepare
from gateway.applications.idempotency import Key, claim
from gateway.applications.plan import Plan
from gateway.applications.tables import StoredAnswer
from gateway.applications.transport import Link, Sent
from messaging import applier, bulk, restored
from messaging.conversation import Pair
from messaging.faults import fault
from messaging.tables import DataKey, Incoming, Outgoing
from messaging.unit_of_work import Connection, Work


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


NOT_APPLIED = ("stored", "held", "parked", "set_aside")

Keep = Callable[[Case], StoredAnswer | None]
"""The answer to keep for an Idempotency-Key, made from the case as it will stand."""


@dataclass
class Deed:
    """A deed on a case that exists: `plan` is pure and may raise a CaseError."""

    pair: Pair
    plan: Callable[[Case, datetime], Plan]
    answer: Callable[[Case], Any]
    keep: Keep | None = None
    key: Key | None = None
    message_id: str | None = None
    trace: str | None = None
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    def run(self, batch: Batch) -> Any:
        """Plan, take over, answer."""
        case = batch.cases[self.pair]
        batch.carry_out(case, self.plan(case, batch.now), message_id=self.message_id, trace=self.trace)
        return _answer(batch, case, self.answer, self.keep)


@dataclass
class Filing:
    """A new case. `begin` builds it with its key and the plan that sends it, and changes nothing."""

    source: int
    begin: Callable[[str, datetime, House, Batch], tuple[Case, DataKey, Plan]]
    answer: Callable[[Case], Any]
    keep: Keep | None = None
    key: Key | None = None
    trace: str | None = None
    number: str = ""
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    def run(self, batch: Batch) -> Any:
        """Begin the case under its number and say it."""
        case, key, plan = self.begin(self.number, batch.now, batch.house, batch)
        filing.refuse_unless_sayable(plan)
        batch.begin(case, key, talk_is_new=True)
        batch.carry_out(case, plan, trace=self.trace)
        return _answer(batch, case, self.answer, self.keep)


@dataclass
class JointFiling:
    """A new joint case. `begin` builds the whole and its parts under so many numbers, the whole's first."""

    source: int
    parts: int
    begin: Callable[[Sequence[str], datetime, House, Batch], tuple[Case, Sequence[Case], DataKey, Plan]]
    answer: Callable[[Case], Any]
    keep: Keep | None = None
    key: Key | None = None
    trace: str | None = None
    numbers: Sequence[str] = ()
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    def run(self, batch: Batch) -> Any:
        """Begin it under its numbers, and say what the first stage's handlers are to hear."""
        whole, parts, key, plan = self.begin(self.numbers, batch.now, batch.house, batch)
        begun = advance.first_plans(whole, parts, batch.now, plan.who)
        for _, one in begun:
            filing.refuse_unless_sayable(one)
        batch.begin_joint(whole, parts, key)
        batch.carry_out(whole, plan, trace=self.trace)
        for part, one in advance.planned(parts, begun, plan.who):
            batch.carry_out(part, one, trace=self.trace)
        advance.settle(batch, whole, parts)
        return _answer(batch, whole, self.answer, self.keep)


@dataclass
class WholeDeed:
    """A deed on a joint case: `plan` is pure, and says what is done with the whole and with which parts.

    All rows of the case are locked; what is due afterwards is done with it.
    """

    application_id: int
    pairs: Sequence[Pair]
    plan: Callable[[Case, Sequence[Case], datetime], Sequence[tuple[Case, Plan]]]
    answer: Callable[[Case], Any]
    keep: Keep | None = None
    key: Key | None = None
    trace: str | None = None
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    def run(self, batch: Batch) -> Any:
        """Plan, take over, do what follows, answer."""
        whole, parts = batch.of_application(self.application_id)
        plans = self.plan(whole, parts, batch.now)
        for _, one in plans:
            batch.check(one)
        for case, one in plans:
            batch.carry_out(case, one, trace=self.trace)
        advance.settle(batch, whole, parts, self.trace)
        return _answer(batch, whole, self.answer, self.keep)


def _answer(batch: Batch, case: Case, answer: Callable[[Case], Any], keep: Keep | None) -> Any:
    stored = keep(case) if keep is not None else None
    if stored is not None:
        batch.keep_answer(stored)
    return answer(case)


@dataclass
class Drain:
    """Apply whatever can be applied of one conversation; the answer is how many rows changed."""

    pair: Pair
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    def run(self, batch: Batch) -> int:
        """Nothing here waits: the rows were loaded with the batch."""
        talk = batch.talks[self.pair]
        rows = batch.incoming.get(self.pair, [])
        changed: list[Incoming] = []
        came_back = adopting.adopt(batch, self.pair)
        while True:
            changed += came_back
            changed += applier.drain(batch.tools.sender.keys, talk, rows, Hearing(batch), batch.now)
            came_back = adopting.adopt(batch, self.pair)
            if not came_back:
                break
        batch.settled += changed
        return len(changed)


KEYED = (Deed, WholeDeed, Filing, JointFiling)


async def perform(
    tools: Tools, house: Callable[[], House], now: Callable[[], datetime], connection: Connection, works: Sequence[Work]
) -> Sequence[Any]:
    """One transaction for many works: lock, plan each, write all. A work's own refusal is returned in its place."""
    tools.written.clear()
    batch = Batch(connection, tools, house(), now())
    links = [work for work in works if isinstance(work, Link)]
    named = [await link.load(batch) for link in links]
    named += [set(work.pairs) for work in works if isinstance(work, Sent | WholeDeed)]
    named.append({work.pair for work in works if isinstance(work, Deed | Drain)})
    await batch.lock(set().union(*named))
    refused = await claim(connection, [work.key for work in works if isinstance(work, KEYED) and work.key])
    await _load_incoming(batch, [work.pair for work in works if isinstance(work, Drain)])
    filings = [work for work in works if isinstance(work, Filing | JointFiling) and work.key not in refused]
    await _give_numbers(batch, filings)
    for work in works:
        if isinstance(work, Link | Sent):
            await work.hear(batch)
    results = [_run(batch, work, refused) for work in works]
    fault("writer.before_save")
    await batch.save()
    fault("writer.before_commit")
    return results


def _run(batch: Batch, work: Work, refused: Mapping[Key, CaseError]) -> Any:
    assert isinstance(work, Deed | WholeDeed | Filing | JointFiling | Drain | Link | Sent)  # noqa: S101
    try:
        if isinstance(work, KEYED) and work.key is not None and work.key in refused:
            raise refused[work.key]
        return work.run(batch)
    except CaseError as refusal:
        return refusal


async def _give_numbers(batch: Batch, filings: Sequence[Filing | JointFiling]) -> None:
    """One to each case, and one more to each part of a joint one."""
    if not filings:
        return
    day, home = local_day(batch.now), batch.house.home
    wanted = [1 + one.parts if isinstance(one, JointFiling) else 1 for one in filings]
    following = await numbers.take(batch.connection, day, sum(wanted))
    for one, many in zip(filings, wanted, strict=True):
        given = [numbers.number(home, day, one.source, following + offset) for offset in range(many)]
        following += many
        if isinstance(one, JointFiling):
            one.numbers = given
        else:
            one.number = given[0]


async def _load_incoming(batch: Batch, pairs: Sequence[Pair]) -> None:
    """The rows that wait, are parked or were set aside, in order, and what the room must know of them."""
    if not pairs:
        return
    partners, subjects = {partner for partner, _ in pairs}, {subject for _, subject in pairs}
    rows = await bulk.select(
        batch.connection, Incoming, partner=list(partners), subject=list(subjects), state=NOT_APPLIED,
        order="sequence, id",
    )  # fmt: skip
    for row in (row for row in rows if row.sequence is not None):
        batch.incoming.setdefault((row.partner, row.subject), []).append(row)
    await batch.tools.sender.keys.fetch(
        (row.key_id for rows_ in batch.incoming.values() for row in rows_), batch.connection
    )
    await _load_returned(batch, [row for row in rows if row.sequence is None])
    await prepare(batch)


async def _load_returned(batch: Batch, outside: Sequence[Incoming]) -> None:
    """Our own messages that came back, and what we have of those conversations. Rare: only after a restore."""
    back = [row for row in outside if row.door == restored.RETURNED and row.state in applier.WAITING]
    keys = batch.tools.sender.keys
    for row in sorted(back, key=lambda row: row.id):
        batch.returned.setdefault((row.partner, row.subject), []).append(row)
    for (partner, subject), rows in batch.returned.items():
        said = await Outgoing.filter(partner=partner, subject=subject, sequence__not_isnull=True).using_db(
            batch.connection
        )
        batch.said[partner, subject] = list(said)
        await keys.fetch({row.key_id for row in rows} | {row.key_id for row in said}, batch.connection)
        rows.sort(key=lambda row: applier.read(keys, row).sequence or 0)
