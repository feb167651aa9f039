"""What the one writer is given by the transport: the bus has messages of ours, a partner's receipts have come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.applications import effects
from gateway.applications.batch import Batch
from gateway.applications.case import Case
from gateway.applications.plan import Mark, Note, Plan, Who
from matters_map import regions
from messaging import applier, bulk, outbox, receipts, restored
from messaging.conversation import Pair
from messaging.envelope import Envelope
from messaging.faults import fault
from messaging.receipts import Told
from messaging.relay import Mark as Newly
from messaging.tables import Incoming, Outgoing

MOST = 100  # receipts and requests of one partner in one transaction
SHOWN = {"applied": "receipted"}  # outcome of a receipt -> delivery state, where they differ
TEXT = {
    "receipted": "{partner}已接收",
    "held": "{partner}已收到，暂存待处理",
    "parked": "{partner}已收到，不能处理：{reason}",
    "quarantined": "{partner}未能核验报文：{reason}",
    "conflict": "{partner}报告编号冲突：{reason}",
    "set_aside": "{partner}已将报文搁置：{reason}",
}


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass
class Sent:
    """Messages that the bus has; `mark` notes its answers on their rows and gives those that it has newly."""

    pairs: Sequence[Pair]
    mark: Newly
    done: "asyncio.Future[Any]" = field(default_factory=_future)

    async def hear(self, batch: Batch) -> None:
        """Cases whose last message the bus has newly show 已转送."""
        for row in await self.mark(batch.connection):
            case = batch.cases.get((row.partner, row.subject))
            if case is not None and row.sequence == case.leg.delivery_sequence and case.leg.delivery == "waiting":
                who = Who(batch.house.home, "system", "通办")
                changes = {"delivery": "sent", "delivery_at": batch.now}
                mark = Mark("delivery.sent", f"已转送{case.partner_name}")
                batch.carry_out(case, Plan(who, leg=changes, marks=(mark,)), message_id=row.message_id)

    def run(self, batch: Batch) -> None:
        """All was done before."""


@dataclass
class Link:
    """A partner's receipts and resend requests that are stored; the answer is how many there were."""

    partner: str
    done: "asyncio.Future[Any]" = field(default_factory=_future)
    _letters: list[tuple[Incoming, Envelope]] = field(default_factory=list)

    async def load(self, batch: Batch) -> set[Pair]:
        """Take what is stored; the conversations that it speaks of are to be locked."""
        rows = await bulk.select(
            batch.connection, Incoming, partner=[self.partner], subject=[""], state=["stored"],
            lock=True, skip=True, most=MOST,  # what another process is at is not for us
        )  # fmt: skip
        keys = batch.tools.sender.keys
        await keys.fetch({row.key_id for row in rows}, batch.connection)
        self._letters = [(row, applier.read(keys, row)) for row in rows]
        digests = {entry["sha256"] for _, said in self._letters if _is_receipt(said) for entry in said.data["receipts"]}
        named = await bulk.select(
            batch.connection, Outgoing, partner=[self.partner], sha256=list(digests), without=outbox.BYTES
        )
        return {(row.partner, row.subject) for row in named if row.sequence is not None}

    async def hear(self, batch: Batch) -> None:
        """Have the effect of each, in order; every row is settled with it."""
        told = await receipts.hear(
            batch.connection, [said for _, said in self._letters if _is_receipt(said)], batch.now
        )
        changes = iter(told)
        for row, said in self._letters:
            row.state, row.reason = await self._one(batch, said, changes=next(changes) if _is_receipt(said) else ())
            row.applied_at, row.receipt_due_at = batch.now, None
        await bulk.update(
            batch.connection, [row for row, _ in self._letters], "state", "reason", "applied_at", "receipt_due_at"
        )
        if self._letters:
            fault("link.before_commit")

    def run(self, batch: Batch) -> int:
        """All was done before."""
        return len(self._letters)

    async def _one(self, batch: Batch, said: Envelope, changes: Sequence[Told]) -> tuple[str, str | None]:
        unfit = applier.unfit(said)
        if unfit is not None:
            return "parked", unfit
        if said.type == "receipt":
            for told in changes:
                _show(batch, told.row, said)
            return "applied", None
        if said.type == "resend.requested":
            numbers = int(said.data["from"]), int(said.data["to"])
            since = effects.instant(said.data["since"]) if said.data.get("since") else None
            await restored.send_again(
                batch.connection, batch.tools.sender.keys, said.sender, said.subject, numbers, batch.now, since
            )
            return "applied", None
        return "recorded", "unknown_type"


def _is_receipt(said: Envelope) -> bool:
    return said.type == "receipt" and applier.unfit(said) is None


def _show(batch: Batch, row: Outgoing, said: Envelope) -> None:
    """The delivery of the last message that a case sent is what its page shows."""
    case = batch.cases.get((row.partner, row.subject))
    if case is None or row.sequence is None or row.outcome is None:
        return
    shown = SHOWN.get(row.outcome, row.outcome)
    plan = _told(case, row, shown, said)
    if row.sequence >= case.leg.delivery_sequence:
        changes = {"delivery": shown, "delivery_at": batch.now, "delivery_reason": row.reason}
        plan = Plan(plan.who, leg=changes, marks=plan.marks, notes=plan.notes)
    batch.carry_out(case, plan, message_id=row.message_id)


def _told(case: Case, row: Outgoing, shown: str, said: Envelope) -> Plan:
    partner = regions.name_of(said.sender) or said.sender
    text = TEXT[shown].format(partner=partner, reason=row.reason or "未说明")
    detail = {"message": row.message_id, "sha256": row.sha256, "receipt": said.id, "outcome": row.outcome}
    who = Who(said.sender, "partner", partner)
    mark = Mark(f"delivery.{shown}", text, {"message_id": row.message_id, "type": row.type})
    return Plan(who, marks=(mark,), notes=(Note("receipt", None, detail),))
