"""Deliberate bugs, one at a time, put into the running house: what the suite must catch."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.applications import numbers
from gateway.applications.batch import Batch
from gateway.applications.hearing import Hearing
from gateway.applications.idempotency import Repeats
from gateway.applications.queries import Cases
from gateway.applications.tables import Leg
from messaging import applier, ids, outbox, receipts
from messaging.arrivals import Arrival, Arrivals, Stored
from messaging.inbox import Inbox
from messaging.relay import Relay
from messaging.tables import Incoming, Outgoing
from messaging.unit_of_work import Connection, Writer, run_tx
from partners import signing
from tests.county import WORKING_HOURS
from tests.messaging import scenarios
from tests.messaging.scenarios import Scenario

Mutation = Callable[[pytest.MonkeyPatch], None]


def dedupe_removed(patch: pytest.MonkeyPatch) -> None:
    """Every arrival is a new message."""
    row = Arrivals._row

    def fresh(self: Arrivals, arrival: Any, *rest: Any) -> Incoming:
        return row(self, replace(arrival, envelope=replace(arrival.envelope, id=ids.message_id())), *rest)

    def free(*args: Any) -> None:
        return None

    patch.setattr(Arrivals, "_row", fresh)
    patch.setattr(Arrivals, "_taken", free)


def order_check_removed(patch: pytest.MonkeyPatch) -> None:
    """Whatever waits is applied as it comes."""

    def any_row(talk: Any, rows: Sequence[Incoming]) -> Incoming | None:
        return next((row for row in rows if row.state in applier.WAITING), None)

    def step(talk: Any, row: Incoming) -> bool:
        talk.next_in = max(talk.next_in, (row.sequence or 0) + 1)
        return True

    patch.setattr(applier, "next_row", any_row)
    patch.setattr(applier, "_step", step)


def closed_before_its_receipt(patch: pytest.MonkeyPatch) -> None:
    """The bus has it, so it is done."""
    confirmed = outbox.confirmed

    def close(row: Outgoing, now: Any) -> None:
        confirmed(row, now)
        row.state, row.due_at = "closed", None

    patch.setattr(outbox, "confirmed", close)


def held_outside_the_lock(patch: pytest.MonkeyPatch) -> None:
    """What must wait is put away by what was true before: the row is written when the next transaction has ended."""
    save = Batch.save
    late: list[int] = []

    async def save_the_rest(self: Batch) -> None:
        held = [row.id for row in self.settled if row.state == "held"]
        self.settled = [row for row in self.settled if row.state != "held"]
        await save(self)
        rows = Incoming.filter(id__in=list(late)).using_db(self.connection)
        await rows.update(state="held", reason="gap")
        late[:] = held

    patch.setattr(Batch, "save", save_the_rest)


def compared_outside_the_lock(patch: pytest.MonkeyPatch) -> None:
    """Whether a number is free is asked in one transaction, and taken in another."""
    both_looked = asyncio.Barrier(2)

    async def store(self: Inbox, partner: str, body: bytes, signature: str | None, *, door: str) -> Any:
        now = self._now()
        said, verdict = self._believe(partner, body, signature, now)
        arrival = Arrival(partner, said, body, signature or "", verdict, door)
        believing = Arrivals(self._home, self._keys, self._now, self._contradict)

        async def look(tx: Connection) -> str | None:
            known = await believing._known(tx, [arrival], now)
            return believing._taken(known, known.talks[arrival.pair], said)

        before = await run_tx(look)
        await both_looked.wait()

        def as_before(*args: Any) -> str | None:
            return before

        believing._taken = as_before  # type: ignore[method-assign, assignment]
        return (await run_tx(lambda tx: believing.perform(tx, [arrival])))[0]

    patch.setattr(Inbox, "store", store)


def signed_json_instead_of_bytes(patch: pytest.MonkeyPatch) -> None:
    """The signature is held against the message written anew."""
    verify = signing.verify

    def anew(body: bytes, signature: str, jwk: Mapping[str, Any]) -> Any:
        text = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
        return verify(text.encode(), signature, jwk)

    patch.setattr(signing, "verify", anew)


def no_tenant_filter(patch: pytest.MonkeyPatch) -> None:
    """Everybody sees every leg."""

    def every(self: Cases, actor: Any, role: str | None = None) -> Any:
        return Leg.filter(role=role) if role else Leg.all()

    patch.setattr(Cases, "visible", every)


def cases_found_by_number_alone(patch: pytest.MonkeyPatch) -> None:
    """Whose case it is, is not asked."""
    hear = Hearing.hear

    def any_of_the_number(self: Hearing, said: Any, row: Any, talk: Any, now: Any) -> Any:
        for (_, number), case in list(self._batch.cases.items()):
            if number == talk.subject:
                self._batch.cases[talk.partner, talk.subject] = case
        return hear(self, said, row, talk, now)

    patch.setattr(Hearing, "hear", any_of_the_number)


def receipts_believed_without_their_digest(patch: pytest.MonkeyPatch) -> None:
    """The id alone names what a receipt is for."""
    hear = receipts.hear

    async def by_id(connection: Connection, letters: Sequence[Any], now: Any) -> Any:
        changed = []
        for said in letters:
            entries = []
            for entry in said.data["receipts"]:
                row = await Outgoing.get_or_none(message_id=entry["id"], using_db=connection)
                entries.append(entry | {"sha256": row.sha256} if row else entry)
            changed.append(replace(said, data={"receipts": entries}))
        return await hear(connection, changed, now)

    patch.setattr(receipts, "hear", by_id)


def answered_before_it_is_durable(patch: pytest.MonkeyPatch) -> None:
    """The door does not wait for the disk, and the process dies before it is asked."""

    async def not_yet(self: Writer, work: Any) -> Stored:
        return Stored("", "", WORKING_HOURS, duplicate=False)

    patch.setattr(Writer, "submit", not_yet)


def signed_anew_each_time(patch: pytest.MonkeyPatch) -> None:
    """The signature is not kept."""

    async def anew(self: Relay, rows: Sequence[Outgoing], bodies: Mapping[int, bytes]) -> None:
        for row in rows:
            row.created_at = self._now()
            row.signature, row.kid = self._sign(bodies[row.id], row)

    patch.setattr(Relay, "_sign_new", anew)


def answers_not_kept(patch: pytest.MonkeyPatch) -> None:
    """A request that comes again is a new one."""

    def nothing(*args: Any) -> None:
        return None

    patch.setattr(Repeats, "row", nothing)


def numbers_not_counted(patch: pytest.MonkeyPatch) -> None:
    """The running number of the day is not kept."""

    async def take(connection: Connection, day: Any, how_many: int) -> int:
        return 1

    patch.setattr(numbers, "take", take)


# These are tried each time, the others in turn and in the long run.
NAMED: dict[str, tuple[Mutation, Scenario]] = {
    "dedupe removed": (dedupe_removed, scenarios.once),
    "order check removed": (order_check_removed, scenarios.in_order),
    "row closed before its receipt": (closed_before_its_receipt, scenarios.until_receipted),
    "held message stored outside the lock": (held_outside_the_lock, scenarios.nothing_left_behind),
    "signature over re-serialised JSON": (signed_json_instead_of_bytes, scenarios.the_very_bytes),
    "no tenant filter": (no_tenant_filter, scenarios.the_wall),
}
FURTHER: dict[str, tuple[Mutation, Scenario]] = {
    "number compared outside the lock": (compared_outside_the_lock, scenarios.one_number_one_message),
    "case found by its number alone": (cases_found_by_number_alone, scenarios.no_word_in_anothers_case),
    "receipt believed without its digest": (receipts_believed_without_their_digest, scenarios.by_its_digest),
    "answered before it is durable": (answered_before_it_is_durable, scenarios.durable_when_answered),
    "signed anew each time": (signed_anew_each_time, scenarios.the_same_bytes_again),
    "answers not kept": (answers_not_kept, scenarios.one_case_for_one_request),
    "numbers not counted": (numbers_not_counted, scenarios.a_number_for_each),
}
