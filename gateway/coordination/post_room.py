"""The post room as coordinators and administrators work in it: what is stuck, why, and its exits, each by name."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination import post_payload, post_rows
from gateway.coordination.errors import Forbidden, NotFound, Refused
from gateway.coordination.post_rows import Group, Row, Stuck
from messaging import at_rest, envelope, outbox, settling
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.settling import Note, NotStuck, NotThere
from messaging.tables import Incoming, Outgoing, SetApart
from messaging.unit_of_work import Connection, run_tx

PAGE, MOST = 50, 500  # rows on a page; messages of one deed
LONGEST = 200  # characters of a reason

Show = Callable[[Connection, Outgoing, str, str, str | None], Awaitable[None]]
"""(connection, row of ours, deed, name of the person, reason) -> the case shows what became of its message."""

# Deed -> what it is called
DEEDS = {
    "replay": "重放",
    "set_aside": "搁置",
    "send_again": "再次发送",
    "replace": "替换发送",
    "close": "关闭",
    "settle": "办结核对",
}
WITHOUT_REASON = frozenset({"send_again"})
STATES = {
    "stored": "正在重新处理",
    "held": "只是暂存，到齐后自动处理",
    "parked": "已被搁置",
    "applied": "已经处理",
    "recorded": "已经登记",
    "replaced": "已被替换",
    "set_aside": "已经搁置",
    "settled": "已经办结核对",
    "closed": "已经关闭",
}


@dataclass(frozen=True)
class Result:
    """What a deed made, or would make, of one message."""

    id: str
    number: str | None
    type_text: str
    ok: bool
    text: str


class _Only(Exception):
    """Ends a preview: everything it did is rolled back."""


class PostRoom:
    """Looks and settles. Every exit is one transaction with one audit line; a bulk deed settles each by itself."""

    def __init__(
        self,
        home: str,
        sender: outbox.Sender,
        note: Note,
        show: Show,
        dirty: Callable[[str, str], None],
        ring: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        """`dirty(partner, subject)` has a conversation drained, `ring()` wakes the relay; both after the commit."""
        self._home, self._sender, self._note, self._show = home, sender, note, show
        self._dirty, self._ring, self._now = dirty, ring, now

    @property
    def _keys(self) -> KeyRing:
        return self._sender.keys

    # looking

    async def counts(self, actor: Actor) -> dict[str, int]:
        """How many are stuck of each kind."""
        self._allow(actor, "post.view")
        return await post_rows.counts(self._now())

    async def groups(self, actor: Actor, kind: str) -> Sequence[Group]:
        """By partner and cause, the largest first. Raises NotFound for an unknown kind."""
        self._allow(actor, "post.view")
        return await post_rows.groups(kind, self._now())

    async def listing(
        self,
        actor: Actor,
        kind: str,
        *,
        partner: str | None = None,
        cause: str | None = None,
        after: str | None = None,
        limit: int = PAGE,
    ) -> tuple[Sequence[Stuck], str | None]:
        """One page of one kind, newest first, and the cursor of the next one."""
        self._allow(actor, "post.view")
        return await post_rows.page(kind, self._now(), partner=partner, cause=cause, after=after, limit=limit)

    async def all_of(self, actor: Actor, kind: str, partner: str | None, cause: str | None) -> Sequence[str]:
        """References to a whole group, at most MOST."""
        self._allow(actor, "post.view")
        return await post_rows.refs(kind, self._now(), partner, cause, MOST)

    async def one(self, actor: Actor, ref: str) -> Stuck:
        """One message, also after it was settled. Raises NotFound."""
        self._allow(actor, "post.view")
        return post_rows.stuck(await post_rows.row_of(ref))

    async def masked(self, actor: Actor, ref: str) -> str | None:
        """The message's content with personal values hidden; None for those who see no content at all."""
        self._allow(actor, "post.view")
        if not roles.may(actor.role, "post.reveal"):
            return None
        return post_payload.masked(await self._content(await post_rows.row_of(ref)))

    async def reveal(self, actor: Actor, ref: str, reason: str) -> str:
        """The message's content in full, once; its audit line is written first. Raises Forbidden, NotFound, Refused."""
        self._allow(actor, "post.reveal")
        why = _reason(reason)
        row = await post_rows.row_of(ref)
        text = await self._content(row)
        detail = {"partner": row.partner, "sha256": row.sha256, "message": post_rows.stuck(row).message_id}
        await run_tx(lambda tx: self._note(tx, name_of(actor), "post.revealed", why, detail))
        return post_payload.shown(text)

    async def data_of(self, actor: Actor, ref: str, reason: str) -> Any:
        """The data of a message of ours, to be corrected; revealing it is audited."""
        text = await self.reveal(actor, ref, reason)
        return envelope.parse(text.encode()).data

    async def _content(self, row: Row) -> str:
        await self._keys.fetch([row.key_id])
        try:
            return self._keys.open(row.key_id, row.body, _where(row)).decode("utf-8", "replace")
        except KeyDestroyed:
            raise Refused("办件已到期销毁，内容不能再读取") from None

    # settling

    async def settle(
        self,
        actor: Actor,
        deed: str,
        refs: Sequence[str],
        reason: str = "",
        *,
        dry_run: bool = False,
        data: dict[str, Any] | None = None,
    ) -> list[Result]:
        """Lead these messages out, each by itself; `data` is the new content when one is replaced.

        Raises Forbidden; Refused for no message, too many, or a missing reason.
        """
        self._allow(actor, "post.settle")
        if deed not in DEEDS:
            raise NotFound(deed)
        why = "" if deed in WITHOUT_REASON and not reason.strip() else _reason(reason)
        wanted = list(dict.fromkeys(refs))
        if not wanted:
            raise Refused("请至少选择一份报文")
        if len(wanted) > MOST:
            raise Refused(f"一次最多处理 {MOST} 份，请分批")
        return [await self._one(actor, deed, ref, why, dry_run, data) for ref in wanted]

    async def _one(
        self, actor: Actor, deed: str, ref: str, reason: str, dry_run: bool, data: dict[str, Any] | None
    ) -> Result:
        try:
            row = await post_rows.row_of(ref)
        except NotFound:
            return Result(ref, None, "", False, "没有这份报文")
        found = post_rows.stuck(row)

        async def unit(tx: Connection) -> None:
            await self._carry_out(tx, actor, deed, row, reason, data)
            if dry_run:
                raise _Only

        ok, text = True, f"可以{DEEDS[deed]}" if dry_run else f"已{DEEDS[deed]}"
        try:
            await run_tx(unit)
        except _Only:
            pass
        except (Refused, NotThere, NotStuck, outbox.Unspeakable) as refusal:
            ok, text = False, _says(refusal)
        else:
            self._after(row)
        return Result(ref, found.number, found.type_text, ok, text)

    def _after(self, row: Row) -> None:
        if isinstance(row, Incoming):
            self._dirty(row.partner, row.subject)
        self._ring()

    async def _carry_out(
        self, tx: Connection, actor: Actor, deed: str, row: Row, reason: str, data: dict[str, Any] | None
    ) -> None:
        who, now, note = name_of(actor), self._now(), self._note
        match deed, row:
            case "replay", Incoming():
                await settling.replay(tx, self._keys, row.id, who, reason, now, note)
            case "set_aside", Incoming():
                await settling.set_aside_incoming(tx, self._keys, row.id, who, reason, now, note)
            case "settle", SetApart():
                await settling.settle_apart(tx, row.id, who, reason, now, note)
            case (("send_again" | "close" | "set_aside" | "replace"), Outgoing()):
                await self._outgoing(tx, actor, deed, row, reason, data)
            case _:
                raise Refused(f"这类报文不能{DEEDS[deed]}")

    async def _outgoing(
        self, tx: Connection, actor: Actor, deed: str, row: Outgoing, reason: str, data: dict[str, Any] | None
    ) -> None:
        who, now = name_of(actor), self._now()
        if deed == "send_again":
            changed = await settling.send_again(tx, row.id, who, now, self._note)
        elif deed == "replace":
            if data is None:
                raise Refused("请填写替换的内容")
            changed = await settling.replace_outgoing(tx, self._sender, row.id, data, who, reason, now, self._note)
        else:
            deed, changed = "close", await settling.set_aside_outgoing(tx, row.id, who, reason, now, self._note)
        await self._show(tx, changed, deed, actor.name, reason or None)

    def _allow(self, actor: Actor, deed: str) -> None:
        if actor.jurisdiction != self._home or not roles.may(actor.role, deed):
            raise Forbidden(deed)


def name_of(actor: Actor) -> str:
    """A person as audit lines and the post room's rows name them."""
    return f"{actor.kind}:{actor.jurisdiction}:{actor.name}"[:64]


def _where(row: Row) -> str:
    if isinstance(row, Incoming):
        return at_rest.incoming(row.partner, row.message_id)
    if isinstance(row, Outgoing):
        return at_rest.outgoing(row.message_id)
    return at_rest.apart(row.partner, row.sha256)


def _reason(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise Refused("请写明理由")
    if len(text) > LONGEST:
        raise Refused(f"理由不超过 {LONGEST} 个字")
    return text


def _says(refusal: Exception) -> str:
    if isinstance(refusal, NotStuck):
        return f"不能处理：这份报文{STATES.get(refusal.state, '不在可以这样处理的状态')}"
    if isinstance(refusal, outbox.Unspeakable):
        places = "、".join(f"{pointer or '/'}（{code}）" for pointer, code in refusal.errors[:5])
        return f"内容不符合报文格式：{places}"
    return str(refusal) if isinstance(refusal, Refused) else "没有这份报文"
