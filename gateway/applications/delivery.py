"""What the transport says of our messages, shown on the case: 已转送 when the bus has it, 对方已接收 when receipted."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.applications import effects
from gateway.applications.batch import Batch, Tools
from gateway.applications.case import Case, House
from gateway.applications.plan import Mark, Note, Plan, Who
from matters_map import regions
from messaging import applier, receipts, restored
from messaging.envelope import Envelope
from messaging.faults import fault
from messaging.relay import Mark as Newly
from messaging.tables import Incoming, Outgoing
from messaging.unit_of_work import Connection, run_tx

SHOWN = {"applied": "receipted"}  # outcome of a receipt -> delivery state, where they differ
TEXT = {
    "receipted": "{partner}已接收",
    "held": "{partner}已收到，暂存待处理",
    "parked": "{partner}已收到，不能处理：{reason}",
    "quarantined": "{partner}未能核验报文：{reason}",
    "conflict": "{partner}报告编号冲突：{reason}",
    "set_aside": "{partner}已将报文搁置：{reason}",
}
# What a named person of ours did to a message that was stuck -> what the case shows, and the words of the step
SETTLED = {
    "close": ("set_aside", "本地关闭了发给{partner}的报文，不再等待回执：{reason}"),
    "send_again": ("sent", "再次发送给{partner}"),
    "replace": ("waiting", "更正后替换发送给{partner}：{reason}"),
}


class Delivery:
    """Notes confirmations and receipts; each in one transaction with what it closes."""

    def __init__(self, tools: Tools, house: Callable[[], House], now: Callable[[], datetime]) -> None:
        self._tools, self._house, self._now = tools, house, now

    def _batch(self, connection: Connection) -> Batch:
        return Batch(connection, self._tools, self._house(), self._now())

    async def confirmed(self, connection: Connection, rows: Sequence[Outgoing], now: datetime, newly: Newly) -> None:
        """The bus took these rows for the first time: cases whose last message it has newly show 已转送."""
        batch = self._batch(connection)
        await batch.lock((row.partner, row.subject) for row in rows if row.sequence is not None)
        for row in await newly():
            case = batch.cases.get((row.partner, row.subject))
            if case is not None and row.sequence == case.leg.delivery_sequence and case.leg.delivery == "waiting":
                who = Who(batch.house.home, "system", "通办")
                changes = {"delivery": "sent", "delivery_at": now}
                mark = Mark("delivery.sent", f"已转送{case.partner_name}")
                batch.carry_out(case, Plan(who, leg=changes, marks=(mark,)), message_id=row.message_id)
        await batch.save()

    async def settled(self, connection: Connection, row: Outgoing, deed: str, person: str, reason: str | None) -> None:
        """A named person led a stuck message of ours out: `close`, `send_again` or `replace`; its case shows it."""
        batch = self._batch(connection)
        await batch.lock([(row.partner, row.subject)])
        case = batch.cases.get((row.partner, row.subject))
        if case is None or row.sequence is None:
            return
        shown, text = SETTLED[deed]
        shown = "waiting" if shown == "sent" and row.confirmed_at is None else shown
        mark = Mark(f"delivery.{deed}", text.format(partner=case.partner_name, reason=reason or "未说明"))
        changes = {"delivery": shown, "delivery_at": batch.now, "delivery_reason": reason}
        last = row.sequence >= case.leg.delivery_sequence
        note = Note(f"post.{deed}", reason, {"message": row.message_id, "sha256": row.sha256})
        plan = Plan(Who(batch.house.home, "person", person), leg=changes if last else {}, marks=(mark,), notes=(note,))
        batch.carry_out(case, plan, message_id=row.message_id)
        await batch.save()

    async def take_link_messages(self, partner: str) -> int:
        """Have the effect of a partner's receipts and resend requests that are stored; how many there were."""
        return await run_tx(lambda connection: self._take(connection, partner))

    async def _take(self, connection: Connection, partner: str) -> int:
        waiting = Incoming.filter(partner=partner, subject="", state="stored", sequence__isnull=True)
        open_ = waiting.using_db(connection).order_by("id").limit(100)
        rows = await open_.select_for_update(skip_locked=True)  # what another process is at is not for us
        if not rows:
            return 0
        batch = self._batch(connection)
        await self._tools.sender.keys.fetch({row.key_id for row in rows}, connection)
        letters = [applier.read(self._tools.sender.keys, row) for row in rows]
        await batch.lock(await self._pairs(connection, partner, letters))
        for row, said in zip(rows, letters, strict=True):
            state, reason = await self._one(batch, said)
            await (
                Incoming.filter(id=row.id)
                .using_db(connection)
                .update(state=state, reason=reason, applied_at=batch.now, receipt_due_at=None)
            )
        await batch.save()
        fault("link.before_commit")
        return len(rows)

    async def _pairs(self, connection: Connection, partner: str, letters: Sequence[Envelope]) -> set[tuple[str, str]]:
        digests = {entry["sha256"] for said in letters if self._fit(said) for entry in said.data.get("receipts", [])}
        rows = Outgoing.filter(partner=partner, sha256__in=digests, sequence__not_isnull=True)
        return {(row.partner, row.subject) for row in await rows.using_db(connection)}

    def _fit(self, said: Envelope) -> bool:
        return said.type == "receipt" and applier.unfit(said) is None

    async def _one(self, batch: Batch, said: Envelope) -> tuple[str, str | None]:
        fault = applier.unfit(said)
        if fault is not None:
            return "parked", fault
        if said.type == "receipt":
            for told in await receipts.hear(batch.connection, said, batch.now):
                self._show(batch, told.row, said)
            return "applied", None
        if said.type == "resend.requested":
            first, last = int(said.data["from"]), int(said.data["to"])
            since = effects.instant(said.data["since"]) if said.data.get("since") else None
            await restored.send_again(
                batch.connection, self._tools.sender.keys, said.sender, said.subject, (first, last), batch.now, since
            )
            return "applied", None
        return "recorded", "unknown_type"

    def _show(self, batch: Batch, row: Outgoing, said: Envelope) -> None:
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
