"""What is stuck in the post room, read for people: one page of it, the groups of one cause, the numbers on the tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Count, Min
from tortoise.queryset import QuerySet

from gateway.coordination import post_causes
from gateway.coordination.errors import NotFound
from gateway.coordination.post_causes import Cause
from matters_map import regions
from messaging.settling import LOOKED_AT
from messaging.tables import Incoming, Outgoing, SetApart

Row = Incoming | Outgoing | SetApart
KINDS = ("parked", "held", "quarantined", "conflict", "outgoing")
LETTERS: Mapping[str, type[Row]] = {"i": Incoming, "o": Outgoing, "a": SetApart}  # a message is named i…, o… or a…
LATE = timedelta(minutes=5)  # without a receipt for so long a message of ours is shown
HELD = timedelta(minutes=30)  # held at the partner's for so long
REASONS_READ = 1000  # different reasons that are counted into groups


@dataclass(frozen=True)
class Stuck:
    """One message that is stuck, as a page or a command tells it. Content stays sealed."""

    id: str
    kind: str
    partner: str
    number: str | None  # the case or agreement that it is about
    type: str | None  # None where nothing of it is believed
    sequence: int | None
    cause: Cause
    said: str | None  # what the partner or the post room says of it, beyond the cause
    since: datetime
    times: int  # sends, tries, or arrivals
    message_id: str | None
    sha256: str
    settled: str | None  # by whom it was settled, when it was

    @property
    def partner_name(self) -> str:
        """The partner's name."""
        return regions.name_of(self.partner) or self.partner

    @property
    def type_text(self) -> str:
        """What this kind of message is called."""
        return post_causes.type_text(self.type) if self.type else "未核验的报文"


@dataclass(frozen=True)
class Group:
    """Messages of one partner that are stuck for one reason."""

    partner: str
    partner_name: str
    cause: Cause
    count: int
    since: datetime


def query(kind: str, now: datetime, partner: str | None = None, cause: str | None = None) -> QuerySet[Any]:
    """The stuck rows of one kind."""
    rows: QuerySet[Any]
    match kind:
        case "parked" | "held":
            rows = Incoming.filter(state=kind)
            rows = rows.filter(Q(reason=cause) | Q(reason__startswith=f"{cause} ")) if cause else rows
        case "quarantined" | "conflict":
            rows = SetApart.filter(outcome=kind, settled_at__isnull=True)
            rows = rows.filter(Q(reason=cause) | Q(reason__startswith=f"{cause}:")) if cause else rows
        case "outgoing":
            rows = Outgoing.filter(_outgoing(now, cause), sequence__isnull=False, closed_by__isnull=True)
        case _:
            raise NotFound(kind)
    return rows.filter(partner=partner) if partner else rows


def _outgoing(now: datetime, cause: str | None) -> Q:
    open_ = Q(state__in=["written", "confirmed"], outcome__isnull=True, created_at__lte=now - LATE)
    parts = {
        "unsent": open_ & Q(confirmed_at__isnull=True),
        "unreceipted": open_ & Q(confirmed_at__isnull=False),
        "held": Q(outcome="held", receipted_at__lte=now - HELD),
        **{outcome: Q(outcome=outcome) for outcome in LOOKED_AT},
    }
    if cause is not None:
        return parts.get(cause, Q(id=-1))
    return open_ | parts["held"] | Q(outcome__in=list(LOOKED_AT))


async def page(
    kind: str, now: datetime, *, partner: str | None, cause: str | None, after: str | None, limit: int
) -> tuple[list[Stuck], str | None]:
    """Newest first, and the cursor of the next page."""
    rows = query(kind, now, partner, cause)
    if after is not None and after.isascii() and after.isdigit() and len(after) < 20:
        rows = rows.filter(id__lt=int(after))
    found = await rows.order_by("-id").limit(limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return [stuck(row) for row in found[:limit]], following


async def groups(kind: str, now: datetime) -> list[Group]:
    """By partner and cause, the largest first."""
    if kind == "outgoing":
        found = [group for code in post_causes.OUTGOING for group in await _outgoing_group(code, now)]
    else:
        found = await _reason_groups(kind, now)
    return sorted(found, key=lambda one: (-one.count, one.partner, one.cause.code))


async def _outgoing_group(code: str, now: datetime) -> list[Group]:
    rows = query("outgoing", now, cause=code).annotate(n=Count("id"), since=Min("created_at")).group_by("partner")
    cause = Cause(code, *post_causes.OUTGOING[code])
    return [_group(row, cause) for row in await rows.values("partner", "n", "since")]


async def _reason_groups(kind: str, now: datetime) -> list[Group]:
    rows = query(kind, now).annotate(n=Count("id"), since=Min("stored_at")).group_by("partner", "reason")
    merged: dict[tuple[str, str], Group] = {}
    for row in await rows.limit(REASONS_READ).values("partner", "reason", "n", "since"):
        one = _group(row, _cause_of(kind, row["reason"]))
        old = merged.get((one.partner, one.cause.code))
        if old is not None:
            one = Group(one.partner, one.partner_name, one.cause, one.count + old.count, min(one.since, old.since))
        merged[one.partner, one.cause.code] = one
    return list(merged.values())


def _group(row: Mapping[str, Any], cause: Cause) -> Group:
    return Group(row["partner"], regions.name_of(row["partner"]) or row["partner"], cause, row["n"], row["since"])


def _cause_of(kind: str, reason: str | None) -> Cause:
    named = {"quarantined": post_causes.quarantined, "conflict": post_causes.conflict}.get(kind)
    return named(reason or "") if named else post_causes.incoming(reason)


async def counts(now: datetime) -> dict[str, int]:
    """How many of each kind."""
    return {kind: await query(kind, now).count() for kind in KINDS}


async def row_of(ref: str) -> Row:
    """The row that a reference such as i123 names. Raises NotFound."""
    model, number = LETTERS.get(ref[:1]), ref[1:]
    if model is None or not (number.isascii() and number.isdigit() and len(number) < 20):
        raise NotFound(ref)
    found = await model.get_or_none(id=int(number))
    if found is None:
        raise NotFound(ref)
    return found


async def refs(kind: str, now: datetime, partner: str | None, cause: str | None, most: int) -> Sequence[str]:
    """References to all of one group, oldest first, at most `most`."""
    letter = {"outgoing": "o", "quarantined": "a", "conflict": "a"}.get(kind, "i")
    ids = await query(kind, now, partner, cause).order_by("id").limit(most).values_list("id", flat=True)
    return [f"{letter}{id_}" for id_ in ids]


def stuck(row: Row) -> Stuck:
    """A row as people see it, whatever became of it."""
    if isinstance(row, Incoming):
        return _incoming(row)
    return _outgoing_row(row) if isinstance(row, Outgoing) else _apart(row)


def _incoming(row: Incoming) -> Stuck:
    cause = post_causes.incoming(row.reason)
    said = (row.reason or "").removeprefix(cause.code).strip() or None
    done = None if row.state in {"parked", "held"} else row.settled_by
    return Stuck(
        f"i{row.id}", row.state, row.partner, row.subject or None, row.type, row.sequence, cause, said, row.stored_at,
        row.attempts, row.message_id, row.sha256, done,
    )  # fmt: skip


def _outgoing_row(row: Outgoing) -> Stuck:
    cause = post_causes.outgoing(row.state, row.outcome, row.confirmed_at is not None)
    return Stuck(
        f"o{row.id}", "outgoing", row.partner, row.subject or None, row.type, row.sequence, cause, row.reason,
        row.created_at, row.attempts, row.message_id, row.sha256, row.closed_by,
    )  # fmt: skip


def _apart(row: SetApart) -> Stuck:
    cause = post_causes.conflict(row.reason) if row.outcome == "conflict" else post_causes.quarantined(row.reason)
    return Stuck(
        f"a{row.id}", row.outcome, row.partner, None, None, None, cause, row.reason, row.stored_at, row.times,
        row.claimed_id, row.sha256, row.settled_by,
    )  # fmt: skip
