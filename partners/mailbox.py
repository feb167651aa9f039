"""The mailbox: what waits for a partner that does not read a queue itself, until its receipt."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tortoise.connection import get_connection
from tortoise.expressions import Q

from messaging import at_rest, bulk, envelope
from messaging.faults import fault
from messaging.key_ring import KeyDestroyed, KeyRing
from messaging.rows import columns, read
from messaging.tables import Mail
from messaging.unit_of_work import Connection, run_tx

ONCE = frozenset({"receipt", "resend.requested"})  # closed by being handed out
LOOK = 5.0  # seconds after which an empty mailbox is looked into even if nobody rang
AGAIN_AFTER = timedelta(seconds=2)  # what was handed out less than this ago alone does not end a long wait
HEADS = 1000  # conversations that are looked at to see how long a wait may be

# The first of each conversation, and whatever stands outside: partner, how many at most.
_FIRST = (
    "id IN (SELECT MIN(id) FROM post_mail WHERE partner = $1 AND state = 'waiting' AND sequence IS NOT NULL"
    " GROUP BY subject UNION ALL"
    " SELECT id FROM post_mail WHERE partner = $1 AND state = 'waiting' AND sequence IS NULL) ORDER BY id LIMIT $2"
)


@dataclass(frozen=True)
class Item:
    """One delivery: `body` as text; its UTF-8 bytes are the signed ones. `attempt` is 1 the first time."""

    id: str
    attempt: int
    body: str
    signature: str


@dataclass(frozen=True)
class Waiting:
    """What lies in a partner's mailbox: how many conversations' messages, and since when the oldest."""

    count: int
    oldest: datetime | None


class Mailbox:
    """Hands out, in the order of arrival and at most one unreceipted message per conversation, so that a small
    partner need not reorder. Receipts and requests to send again are closed by being handed out: a lost one comes
    again, because its sender repeats what brought it about. The partner's own messages that go back to it, because it
    lost them, have no number of ours either, but wait for its receipt like the rest.
    """

    def __init__(self, keys: KeyRing, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys, self._now = keys, now
        self._bells: dict[str, asyncio.Event] = {}

    def wake(self, partner: str) -> None:
        """Something was queued for the partner: pass this to `bus.subscribe`."""
        self._bells.pop(partner, asyncio.Event()).set()

    async def hand_out(self, partner: str, limit: int) -> list[Item]:
        """Whatever may be handed out now, oldest first. Everything unreceipted comes again at each call."""
        items = await run_tx(lambda connection: self._hand_out(connection, partner, limit))
        if items:
            fault("mailbox.after_hand_out")
        return items

    async def _hand_out(self, connection: Connection, partner: str, limit: int) -> list[Item]:
        rows = await self._ready(connection, partner, limit)
        await self._keys.fetch([row.key_id for row in rows], connection)
        now, items, loose, held = self._now(), [], [], []
        for row in rows:
            body = self._opened(row)
            if body is None:
                loose.append(row.id)  # its case was deleted with its key: nobody can read it any more
                continue
            row.attempt, row.handed_at = row.attempt + 1, now
            held.append(row)
            items.append(Item(row.message_id, row.attempt, body, row.signature))
            if row.sequence is None and envelope.parse(body.encode()).type in ONCE:
                loose.append(row.id)
        if held:
            await bulk.update(connection, held, "attempt", "handed_at")
        if loose:
            await Mail.filter(id__in=loose).using_db(connection).update(state="receipted")
        return items

    async def _ready(self, connection: Connection, partner: str, limit: int) -> list[Mail]:
        """The first of each conversation and whatever stands outside, in the order of arrival."""
        return await _first(connection, partner, limit, columns(Mail))

    def _opened(self, row: Mail) -> str | None:
        try:
            return self._keys.open(row.key_id, row.body, at_rest.mail(row.message_id)).decode()
        except KeyDestroyed:
            return None

    async def wait_and_hand_out(
        self, partner: str, limit: int, seconds: float, gone: Callable[[], bool] = lambda: False
    ) -> list[Item]:
        """As `hand_out`, but wait up to `seconds` for something that was not handed out just now.

        `gone` says whether whoever asked has left meanwhile: then nothing is handed out.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        while True:
            bell = self._bells.setdefault(partner, asyncio.Event())  # taken before looking: no ring is missed
            pause = await self._pause(partner)
            left = deadline - clock()
            if gone():
                return []
            if pause <= 0 or left <= 0:
                return await self.hand_out(partner, limit)
            await _ring_or(bell, min(pause, left))

    async def _pause(self, partner: str) -> float:
        """Seconds until there is a reason to hand out: 0 for a fresh message, else until the last ones may come again."""
        first = await _first(get_connection("default"), partner, HEADS, ("id", "handed_at"))
        oldest = [row.handed_at for row in first]
        if not oldest:
            return LOOK
        handed = [at for at in oldest if at is not None]
        return (min(handed) + AGAIN_AFTER - self._now()).total_seconds() if len(handed) == len(oldest) else 0.0

    async def settle(self, partner: str, *message_ids: str, digests: Sequence[str] = ()) -> bool:
        """The partner's receipt closes what it names by id or digest; the next of those conversations may go.

        False: nothing was open.
        """
        named = Q(message_id__in=list(set(message_ids)))
        if digests:
            named |= Q(sha256__in=list(set(digests)))
        open_ = Mail.filter(named, partner=partner, state="waiting")
        changed = await run_tx(lambda connection: open_.using_db(connection).update(state="receipted"))
        self.wake(partner)
        return bool(changed)

    async def find(self, partner: str, message_id: str) -> Mail | None:
        """The message with this id, if it was ever laid out for this partner (its body stays sealed)."""
        return await Mail.get_or_none(partner=partner, message_id=message_id)

    async def clear_outside(self, partner: str) -> None:
        """Close what stands outside conversations, for a partner to whom nothing is handed out (the desk)."""
        loose = Mail.filter(partner=partner, sequence__isnull=True, state="waiting")
        await run_tx(lambda connection: loose.using_db(connection).update(state="receipted"))

    async def of_conversation(self, partner: str, subject: str) -> Sequence[Mail]:
        """What waits in one conversation, in the order of arrival (for the desk; bodies stay sealed)."""
        return await Mail.filter(partner=partner, subject=subject, sequence__isnull=False, state="waiting").order_by(
            "id"
        )

    async def waiting(self, partner: str) -> Waiting:
        """How much waits, and since when."""
        rows = Mail.filter(partner=partner, state="waiting", sequence__isnull=False)
        oldest = await rows.order_by("id").first()
        return Waiting(await rows.count(), oldest.stored_at if oldest else None)


async def _first(connection: Connection, partner: str, most: int, names: tuple[str, ...]) -> list[Mail]:
    shared = connection.capabilities.dialect == "postgres"
    text = f"SELECT {', '.join(names)} FROM post_mail WHERE {_FIRST}"  # noqa: S608
    rows = await connection.execute_query_dict(text if shared else text.replace("$", "?"), [partner, most])
    return [read(Mail, row, shared) for row in rows]


async def _ring_or(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
