"""Two counties without a disk: the very rules that the house runs (deeds, hearing, draining, numbering), rows in memory.

What a transaction changes is copied first and kept only when it commits, so that a county can crash at any moment and
go on from what it had written.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from gateway.applications import filing
from gateway.applications.batch import Batch, Tools
from gateway.applications.case import Case, House
from gateway.applications.deeds import submit
from gateway.applications.errors import CaseError
from gateway.applications.numbers import number as case_number
from gateway.applications.plan import Who
from gateway.applications.search import SearchIndex
from gateway.applications.tables import Application, Leg
from gateway.applications.works import Deed, Drain, Filing
from gateway.attachments.store import AttachmentStore
from gateway.audit.tables import AuditLine
from matters_map.matters import Matter, matter_of
from messaging import at_rest, envelope, ids, outbox
from messaging.envelope import Envelope
from messaging.key_ring import KeyRing
from messaging.outbox import Sender
from messaging.sealing import Sealer
from messaging.tables import Conversation, Incoming, Outgoing
from messaging.unit_of_work import Connection
from tests.county import MATTER, WORKING_HOURS, answers
from tests.faults.both_lists import AGREEMENT, CALENDAR, FORMS, LINES, index
from tests.faults.world import HEARD

T = TypeVar("T")


class Clock:
    """Passes a second at each look."""

    def __init__(self) -> None:
        self.at = WORKING_HOURS

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at.astimezone(UTC)


@dataclass
class Disk:
    """What a county has written."""

    talks: dict[str, Conversation] = field(default_factory=dict)
    outgoing: dict[int, Outgoing] = field(default_factory=dict)
    incoming: dict[int, Incoming] = field(default_factory=dict)
    applications: dict[int, Application] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    lines: list[AuditLine] = field(default_factory=list)
    effects: list[tuple[str, int, str]] = field(default_factory=list)  # (subject, sequence, message id)
    filed: int = 0


@dataclass
class Letter:
    """One message, or one receipt, on the line."""

    to: str
    body: bytes | None = None
    receipt: Mapping[str, Any] | None = None


class Crash(Exception):
    """The process died before the commit."""


class PureCounty:
    """One end of the line; every public deed is one transaction."""

    def __init__(self, home: str, other: str, clock: Clock) -> None:
        self.home, self.other, self._clock, self.disk = home, other, clock, Disk()
        self.crash_next = False
        sealer = Sealer(home.encode().ljust(32, b"s"), home.encode().ljust(32, b"i"), "aes-gcm")
        keys = KeyRing(sealer)
        self._matters = {one.id: one for one in (matter_of(AGREEMENT.id, 1, line) for line in LINES[home])}
        nowhere, nobody = cast("Connection", None), cast("AttachmentStore", None)
        self._tools = Tools(
            Sender(home, keys),
            nobody,
            SearchIndex(sealer),
            self._matter,
            lambda agreement, number: number == 1,
            nowhere,
        )

    def _matter(self, agreement: str, version: int, matter_id: str) -> Matter | None:
        return self._matters.get(matter_id) if version == 1 else None

    # transactions

    def _transact(self, work: Callable[[Batch], T]) -> T:
        """All of it or nothing: the batch works on copies."""
        batch = Batch(self._tools.connection, self._tools, House(self.home, CALENDAR, FORMS), self._clock())
        for subject, talk in self.disk.talks.items():
            batch.talks[self.other, subject] = copy.copy(talk)
        for number, leg in self.disk.legs.items():
            application = copy.copy(self.disk.applications[leg.application_id])
            case = batch._open(application, copy.copy(leg), batch.talks[self.other, number])
            batch.cases[self.other, number] = case
        for row in sorted(self.disk.incoming.values(), key=lambda one: (one.sequence or 0, one.id)):
            if row.state in {"stored", "held", "parked", "set_aside"}:
                batch.incoming.setdefault((self.other, row.subject), []).append(copy.copy(row))
        result = work(batch)
        if self.crash_next:
            self.crash_next = False
            raise Crash
        self._commit(batch)
        return result

    def _commit(self, batch: Batch) -> None:
        for (_, subject), talk in batch.talks.items():
            self.disk.talks[subject] = talk
        for case in batch._changed.values():
            self.disk.applications[case.application.id], self.disk.legs[case.number] = case.application, case.leg
        for letter in batch._outgoing:
            self.disk.outgoing[letter.id] = letter
        self.disk.lines += batch._audit
        for row in {row.id: row for row in batch.settled}.values():
            before, self.disk.incoming[row.id] = self.disk.incoming[row.id].state, row
            if row.state in HEARD and before not in HEARD:
                self.disk.effects.append((row.subject, row.sequence or 0, row.message_id))

    # deeds

    def file(self) -> str:
        """A citizen comes to our window; the case's number."""
        body = {"matter": MATTER, "answers": answers(targetRegion=self.other, acceptRegion=self.home)}
        running = self.disk.filed + 1

        def work(batch: Batch) -> str:
            looked = filing.sort(index(self.home), FORMS, self.home, body, batch.now)
            assert looked.sorted is not None, looked.findings
            sorted_ = looked.sorted
            window = {"name": "综合窗口", "clerk": "张三", "phone": ""}

            def begin(number: str, now: datetime, house: House, batch: Batch) -> Any:
                return submit.begin(number, now, house, batch, sorted_, [], self.who, 1, window, None, None, None)

            filed = Filing(1, begin, lambda case: None, done=cast("Any", None))
            filed.number = case_number(self.home, batch.now.date(), 1, running)
            filed.run(batch)
            return filed.number

        number = self._transact(work)
        self.disk.filed = running
        return number

    @property
    def who(self) -> Who:
        """The person at our desk."""
        return Who(self.home, "person", "张三")

    def deed(self, number: str, plan: Callable[[Case, Who, datetime], Any]) -> bool:
        """One deed on a case; False when it may not be done now."""

        def work(batch: Batch) -> None:
            planned = Deed((self.other, number), lambda case, now: plan(case, self.who, now), lambda case: None,
                           done=cast("Any", None))  # fmt: skip
            planned.run(batch)

        try:
            self._transact(work)
        except CaseError:
            return False
        return True

    # the line

    def send(self, only: int | None = None) -> list[Letter]:
        """Everything that is not receipted goes (again); `only`: no more than so many."""
        rows = sorted((row for row in self.disk.outgoing.values() if row.due_at is not None), key=lambda row: row.id)
        for row in rows[:only]:
            outbox.confirmed(row, self._clock())
        return [Letter(self.other, body=self._body(row)) for row in rows[:only]]

    def _body(self, row: Outgoing) -> bytes:
        return self._tools.sender.keys.open(row.key_id, row.body, at_rest.outgoing(row.message_id))

    def arrives(self, letter: Letter) -> Letter | None:
        """A letter comes in; what goes back for it."""
        if letter.receipt is not None:
            self._take_receipt(letter.receipt)
            return None
        assert letter.body is not None
        said = envelope.parse(letter.body)
        row = next((one for one in self.disk.incoming.values() if one.message_id == said.id), None)
        if row is None:
            row = self._store(said, letter.body)
        self.drain(said.subject)
        return self.receipt(row.id)

    def _store(self, said: Envelope, body: bytes) -> Incoming:
        """Durable, before anything is made of it."""
        keys, now = self._tools.sender.keys, self._clock()
        talk = self.disk.talks.get(said.subject)
        if talk is None:
            key = keys.make(now)
            talk = Conversation(
                id=ids.row_id(), partner=self.other, subject=said.subject, key_id=key.id, next_out=1, next_in=1,
                partner_seen=0, their_seen=0, gap_asks=0,
            )  # fmt: skip
            self.disk.talks[said.subject] = talk
        row = Incoming(
            id=ids.row_id(), message_id=said.id, partner=self.other, subject=said.subject, sequence=said.sequence,
            type=said.type, key_id=talk.key_id, body=keys.seal(talk.key_id, body, at_rest.incoming(self.other, said.id)),
            sha256=envelope.sha256_hex(body), signature="", kid="", stored_at=now, door="rest", state="stored",
        )  # fmt: skip
        self.disk.incoming[row.id] = row
        return row

    def drain(self, subject: str) -> None:
        """Apply what can be applied; a crash leaves it stored."""

        def work(batch: Batch) -> None:
            Drain((self.other, subject), done=cast("Any", None)).run(batch)

        try:
            self._transact(work)
        except Crash:
            return

    def receipt(self, row_id: int) -> Letter:
        """What we say of a message of theirs, as it stands now."""
        row = self.disk.incoming[row_id]
        outcome = {"recorded": "applied", "stored": "held"}.get(row.state, row.state)
        return Letter(self.other, receipt={"sha256": row.sha256, "outcome": outcome, "reason": row.reason})

    def _take_receipt(self, entry: Mapping[str, Any]) -> None:
        for row in self.disk.outgoing.values():
            if row.sha256 == entry["sha256"]:
                outbox.receipted(row, entry["outcome"], entry["reason"], "receipt", self._clock())
