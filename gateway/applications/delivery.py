"""What the transport says of our messages, shown on the case: 已转送 when the bus has it, 对方已接收 when receipted."""

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.applications.batch import Batch, Tools
from gateway.applications.case import House
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.transport import Link, Sent
from messaging.relay import Mark as Newly
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection, Writer

# What a named person of ours did to a message that was stuck -> what the case shows, and the words of the step
SETTLED = {
    "close": ("set_aside", "本地关闭了发给{partner}的报文，不再等待回执：{reason}"),
    "send_again": ("sent", "再次发送给{partner}"),
    "replace": ("waiting", "更正后替换发送给{partner}：{reason}"),
}


class Delivery:
    """Notes confirmations and receipts; each in one transaction with what it closes."""

    def __init__(self, tools: Tools, house: Callable[[], House], now: Callable[[], datetime], writer: Writer) -> None:
        self._tools, self._house, self._now, self._writer = tools, house, now, writer

    def _batch(self, connection: Connection) -> Batch:
        return Batch(connection, self._tools, self._house(), self._now())

    async def confirmed(self, rows: Sequence[Outgoing], mark: Newly) -> None:
        """The bus took these rows for the first time: cases whose last message it has newly show 已转送."""
        await self._writer.submit(Sent([(row.partner, row.subject) for row in rows if row.sequence is not None], mark))

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
        return int(await self._writer.submit(Link(partner)))
