"""A batch under lock: loads rows of many cases in one order, takes plans, and writes all of it in bulk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.applications import numbers
from gateway.applications.case import Case, House, context, seal
from gateway.applications.lifecycle import CLOSED
from gateway.applications.papers import book
from gateway.applications.plan import Note, Plan, Who
from gateway.applications.search import SearchIndex
from gateway.applications.tables import Application, Leg, Paper, SearchTerm, Step, StoredAnswer
from gateway.attachments.store import AttachmentStore
from gateway.audit import chain
from gateway.audit.tables import AuditLine
from matters_map.matters import Matter
from messaging import bulk, conversation, ids, outbox, receipts, restored
from messaging.conversation import Pair
from messaging.tables import Conversation, DataKey, Incoming, Mail, Outgoing
from messaging.unit_of_work import Connection

LEG_FIELDS = [
    "state", "before_supplement", "version", "their_number", "delivery", "delivery_at", "delivery_reason",
    "delivery_sequence", "clocks", "next_due", "accepted_at", "decided_at", "outcome", "supplements", "irregular",
    "withdrawal_asked_at", "withdrawal_answer", "deemed_accepted_on", "silent_since",
    "owner", "owner_name", "department", "material_due", "material_told", "originals_open", "alarm", "alarm_for",
    "vertical_system", "vertical_number", "said", "papers", "begun_at", "joint_due", "document", "audit_sequence",
    "audit_hash", "updated_at",
]  # fmt: skip
FILES_AFTER_CLOSE = timedelta(days=30)  # how long a partner may still fetch the files of a closed case
INCOMING_FIELDS = ["state", "reason", "attempts", "applied_at", "receipt_due_at"]
GAVE_WAY_FIELDS = ["state", "outcome", "reason", "closed_by", "receipted_at", "due_at"]
TALK_FIELDS = ["next_out", "next_in", "their_seen", "gap_asked_at", "gap_asks"]
APPLICATION_FIELDS = [
    "answers", "person", "id_index", "arranged", "handed_over_at", "hand_over", "rating", "rated_window", "rated_handler",
]  # fmt: skip


MatterOf = Callable[[str, int, str], Matter | None]
"""(agreement, version, matter id) -> the line that a case was filed under, or None when we do not know it."""


@dataclass
class Tools:
    """What a batch needs of the house; built once."""

    sender: outbox.Sender
    attachments: AttachmentStore
    search: SearchIndex
    matter_of: MatterOf
    version_known: Callable[[str, int], bool]
    connection: Connection  # for reading outside a transaction
    connected: Callable[[str], bool] = lambda partner: True  # is there a link to it over which receipts go?
    root: Callable[[], Mapping[str, Any] | None] = lambda: None  # the last root of the audit, for receipts
    written: list[Outgoing] = field(default_factory=list)  # by the writer's last transaction, for the relay
    parts_changed: bool = False  # by it: a part of a joint case, which its whole has to look at


@dataclass
class Batch:
    """Rows locked in this transaction, and what will be written at its end."""

    connection: Connection
    tools: Tools
    house: House
    now: datetime
    talks: dict[Pair, Conversation] = field(default_factory=dict)
    cases: dict[Pair, Case] = field(default_factory=dict)  # by partner and the leg's number
    numbers: set[str] = field(default_factory=set)  # of these, the cases that exist, whoever the other side is
    incoming: dict[Pair, list[Incoming]] = field(default_factory=dict)  # rows that wait or are parked, in order
    missing: set[str] = field(default_factory=set)  # digests of files that have not arrived
    lost: set[str] = field(
        default_factory=set
    )  # digests of files of ours that messages that came back name, and are gone
    settled: list[Incoming] = field(default_factory=list)
    returned: dict[Pair, list[Incoming]] = field(
        default_factory=dict
    )  # our own that came back, in the order of numbers
    said: dict[Pair, list[Outgoing]] = field(default_factory=dict)  # ours of conversations in which some came back
    gave_way: list[Outgoing] = field(default_factory=list)
    resend: list[tuple[str, str, int]] = field(default_factory=list)  # (partner, subject, first number)
    _new_rows: list[Application | Leg | Conversation | DataKey] = field(default_factory=list)
    _changed: dict[int, Case] = field(default_factory=dict)
    _written: set[int] = field(default_factory=set)  # applications of which more than the leg changed
    _outgoing: list[Outgoing] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _audit: list[AuditLine] = field(default_factory=list)
    _terms: list[SearchTerm] = field(default_factory=list)
    _answers: list[StoredAnswer] = field(default_factory=list)
    _papers: list[Paper] = field(default_factory=list)
    _closed: list[str] = field(default_factory=list)  # legs that closed: their files stay readable a while longer
    _mentions: list[tuple[str, str, str, int]] = field(default_factory=list)

    async def lock(self, pairs: Iterable[Pair]) -> None:
        """Lock legs, then conversations, each in the order of their ids; open their cases."""
        wanted = set(pairs)
        named = {subject for _, subject in wanted if len(subject) <= numbers.LENGTH}
        legs = await bulk.select(self.connection, Leg, number=list(named), lock=True)
        self.numbers |= {leg.number for leg in legs}
        belonging = [leg.application_id for leg in legs]
        rows = {row.id: row for row in await bulk.select(self.connection, Application, id=belonging)}
        key_ids = {(leg.partner, leg.number): rows[leg.application_id].key_id for leg in legs}
        self.talks |= await conversation.lock_all(self.connection, self.tools.sender.keys, wanted, self.now, key_ids)
        await self.tools.sender.keys.fetch(
            {row.key_id for row in rows.values()} | {talk.key_id for talk in self.talks.values()}, self.connection
        )
        for leg in legs:
            talk = self.talks.get((leg.partner, leg.number))
            if talk is not None:
                self.cases[leg.partner, leg.number] = self._open(rows[leg.application_id], leg, talk)

    def _open(self, application: Application, leg: Leg, talk: Conversation) -> Case:
        matter = self.tools.matter_of(application.agreement, application.agreement_version, application.matter_id)
        return Case(self.house, self.tools.sender.keys, application, leg, talk, matter)

    def begin(self, case: Case, key: DataKey | None, talk_is_new: bool) -> None:
        """A case that did not exist before; its rows are inserted at the end."""
        self.cases[case.leg.partner, case.number] = case
        self.talks[case.leg.partner, case.number] = case.talk
        if key is not None:
            self._new_rows.append(key)
        self._new_rows += [case.application, case.leg, *([case.talk] if talk_is_new else [])]
        self._terms += self.tools.search.terms(case.application.id, case.person, self.now)

    def begin_joint(self, whole: Case, parts: Sequence[Case], key: DataKey) -> None:
        """A joint case that did not exist before: one application, the whole's row and one for each part."""
        self.begin(whole, key, talk_is_new=True)
        for part in parts:
            self.cases[part.leg.partner, part.number] = part
            self.talks[part.leg.partner, part.number] = part.talk
            self._new_rows += [part.leg, part.talk]

    def of_application(self, application_id: int) -> tuple[Case, list[Case]]:
        """The whole of a joint case and its parts in their order, all of them locked."""
        found = [case for case in self.cases.values() if case.application.id == application_id]
        whole = next(case for case in found if case.is_whole)
        return whole, sorted((case for case in found if not case.is_whole), key=lambda case: case.leg.part)

    def looked_at(self, part: Case) -> None:
        """The whole knows how this part stands."""
        if part.leg.joint_due:
            part.leg.joint_due = 0
            self._changed[part.leg.id] = part

    def carry_out(self, case: Case, plan: Plan, *, message_id: str | None = None, trace: str | None = None) -> None:
        """Take a plan over: new values, numbered messages, steps and audit lines. Writes nothing yet.

        Raises Unspeakable, before anything changed, when one of its words breaks the contract.
        """
        self.check(plan)
        was_open = case.state not in CLOSED
        self._take_values(case, plan)
        if was_open and case.state in CLOSED:
            self._closed.append(case.number)
        words = () if case.at_home else plan.words
        letters = [self._say(case, word.type, word.data, trace) for word in words]
        case.leg.version += 1 if plan.leg or plan.words else 0
        case.leg.updated_at = self.now
        for mark in plan.marks:
            ours = (mark.who or plan.who).jurisdiction == self.house.home
            own = next((letter.message_id for letter in letters if ours and letter.type == mark.type), None)
            self._steps.append(
                self._step(
                    case,
                    mark.who or plan.who,
                    mark.type,
                    {"text": mark.text, "data": dict(mark.data)},
                    own or message_id,
                    mark.state,
                )
            )
        self._papers += book.issue(case, plan, self.tools.sender.keys)
        for note in plan.notes:
            self._chain(case, plan.who, book.told(note, plan.papers), letters)
        for sha256, allowed in plan.mentions:
            self._mentions.append((sha256, case.number, allowed, case.application.key_id))
        if case.leg.part:
            case.leg.joint_due = 1
        self._changed[case.leg.id] = case

    def check(self, plan: Plan) -> None:
        """Hold a plan's words against the contract. Raises Unspeakable."""
        for word in plan.words:
            outbox.check(word.type, dict(word.data))

    def _take_values(self, case: Case, plan: Plan) -> None:
        for column, value in plan.leg.items():
            setattr(case.leg, column, value)
        if not case.leg.part:  # what belongs to all parts is written under the lock of the whole alone
            self._take_of_application(case, plan)
        if plan.said is not None:
            case.said = dict(plan.said)
            case.leg.said = self._seal(case, plan.said, "case_leg", "said", case.leg.id)
        if plan.document is not None and case.leg.part:
            case.document = dict(plan.document)
            case.leg.document = self._seal(case, plan.document, "case_leg", "document", case.leg.id)
        elif plan.document is not None:
            case.document = dict(plan.document)
            case.application.answers = self._seal(
                case, plan.document, "case_application", "answers", case.application.id
            )
        if plan.person is not None and case.leg.part:
            case.person = dict(plan.person)  # it follows from the part's own document
        elif plan.person is not None:
            case.person = dict(plan.person)
            case.application.person = self._seal(case, plan.person, "case_application", "person", case.application.id)
            case.application.id_index = self.tools.search.id_index(str(plan.person.get("id_number", "")))
            self._terms += self.tools.search.terms(case.application.id, case.person, self.now)

    def _take_of_application(self, case: Case, plan: Plan) -> None:
        for column, value in plan.application.items():
            setattr(case.application, column, value)
        for column in ("hand_over", "rating"):
            value = getattr(plan, column)
            if value is not None:
                sealed = self._seal(case, value, "case_application", column, case.application.id)
                setattr(case.application, column, sealed)
        given = (plan.document, plan.person, plan.hand_over, plan.rating)
        if plan.application or not all(part is None for part in given):
            self._written.add(case.application.id)

    def _seal(self, case: Case, value: Mapping[str, Any], table: str, column: str, row_id: int) -> bytes:
        return seal(self.tools.sender.keys, case.application.key_id, dict(value), context(table, column, row_id))

    def _say(self, case: Case, type_: str, data: Mapping[str, Any], trace: str | None) -> Outgoing:
        letter = outbox.write(self.tools.sender, case.talk, type_, dict(data), self.now, trace=trace)
        self._outgoing.append(letter)
        if letter.sequence is not None:
            case.leg.delivery, case.leg.delivery_at, case.leg.delivery_reason = "waiting", None, None
            case.leg.delivery_sequence = letter.sequence
        return letter

    def _step(
        self, case: Case, who: Who, type_: str, detail: Mapping[str, Any], message_id: str | None, state: str | None
    ) -> Step:
        step = Step(
            id=ids.row_id(),
            application_id=case.application.id,
            number=case.number,
            at=self.now,
            type=type_,
            state=state or case.leg.state,
            actor=who.to_json(),
            message_id=message_id,
            version=case.leg.version,
            delivery=case.leg.delivery,
        )
        step.detail = self._seal(case, detail, "case_step", "detail", step.id)
        return step

    def _chain(self, case: Case, who: Who, note: Note, letters: list[Outgoing]) -> None:
        detail = dict(note.detail)
        if letters:
            detail["sent"] = [{"message": letter.message_id, "sha256": letter.sha256} for letter in letters]
        case.leg.audit_sequence += 1
        line = chain.line(
            case.number, case.leg.audit_sequence, case.leg.audit_hash, self.now, str(who), note.what, note.why, detail
        )
        case.leg.audit_hash = line.hash
        self._audit.append(line)

    def take_back(self, letter: Outgoing) -> None:
        """Our own message that came back, into our books again."""
        self._outgoing.append(letter)

    def ask_for_ours(self, talk: Conversation) -> None:
        """The other side knows more of our words than we do: ask for all that was said in this conversation."""
        self._outgoing.append(restored.ask(self.tools.sender, talk, restored.ALWAYS, self.now))

    def heard_of_us(self, pair: Pair) -> int:
        """Up to which number we know our own words; while some are coming back, up to the first that is missing."""
        if not self.returned.get(pair):
            return int(self.talks[pair].next_out) - 1
        height, ours = 0, {row.sequence for row in self.said.get(pair, [])}
        while height + 1 in ours:
            height += 1
        return height

    def keep_answer(self, answer: StoredAnswer) -> None:
        """An idempotent answer, written with the deed that it answers."""
        self._answers.append(answer)

    async def save(self) -> None:
        """Write everything. Rows stand in the order in which foreign readers may rely on them."""
        fresh, writing = {row.id for row in self._new_rows}, bulk.Writing()
        for model in (DataKey, Application, Leg, Conversation):
            writing.insert([row for row in self._new_rows if isinstance(row, model)])
        self._put_changed(fresh, writing)
        await self._put_settled(writing)
        for more in (self._outgoing, self._steps, self._audit, self._papers, self._terms, self._answers):
            writing.insert(more)
        await writing.write(self.connection)
        self.tools.written[:] = self._outgoing
        self.tools.parts_changed |= any(case.leg.joint_due for case in self._changed.values())
        for gone in self.gave_way:
            await gone.save(using_db=self.connection, update_fields=GAVE_WAY_FIELDS)
            laid_out = Mail.filter(partner=gone.partner, message_id=gone.message_id, state="waiting")
            await laid_out.using_db(self.connection).update(state="receipted")
        for partner, subject, first in self.resend:
            await receipts.resend(self.connection, partner, subject, first, 2**53, self.now)
        await self.tools.attachments.mention_all(self.connection, self._mentions)
        if self._closed:
            await self.tools.attachments.release_all(self.connection, self._closed, self.now + FILES_AFTER_CLOSE)

    async def _put_settled(self, writing: bulk.Writing) -> None:
        """What was settled, with the receipts that may go at once; those of what waits are left to the loop."""
        settled = {row.id: row for row in self.settled}.values()
        due = [row for row in settled if row.receipt_due_at is not None and row.receipt_due_at <= self.now]
        told = [row for row in due if self.tools.connected(row.partner)]
        told_ids = {row.id for row in told}
        if told:
            self._outgoing += await receipts.of_settled(
                self.connection, self.tools.sender, told, self.talks, self.tools.root(), self.now
            )
        writing.update(told, *INCOMING_FIELDS, *receipts.TOLD[1:])
        writing.update([row for row in settled if row.id not in told_ids], *INCOMING_FIELDS)

    def _put_changed(self, fresh: set[int], writing: bulk.Writing) -> None:
        old = [case for case in self._changed.values() if case.leg.id not in fresh]
        writing.update([case.leg for case in old], *LEG_FIELDS)
        applications = {case.application.id: case.application for case in old}
        writing.update([row for row in applications.values() if row.id in self._written], *APPLICATION_FIELDS)
        writing.update([talk for talk in self.talks.values() if talk.id not in fresh], *TALK_FIELDS)
