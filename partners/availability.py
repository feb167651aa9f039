"""How a link is doing: when something last came through, how much waits, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.functions import Count, Max, Min

from messaging.tables import Incoming, Outgoing

OPEN = ("written", "confirmed")  # states of a numbered message that waits for its receipt
QUIET = timedelta(minutes=5)  # something waits this long without a receipt: the link counts as down


@dataclass(frozen=True)
class Availability:
    """One link at one moment. `last_success`: the last receipt or message of theirs; None: never yet."""

    code: str
    last_success: datetime | None
    backlog: int
    oldest_waiting: datetime | None

    def down(self, now: datetime) -> bool:
        """Does something wait for longer than a living link would let it?"""
        if self.oldest_waiting is None or now - self.oldest_waiting < QUIET:
            return False
        return self.last_success is None or now - self.last_success >= QUIET


async def availability(codes: Iterable[str]) -> dict[str, Availability]:
    """For each code how its link is doing, in three grouped reads."""
    wanted = list(codes)
    numbered = Outgoing.filter(partner__in=wanted, sequence__isnull=False)
    open_rows = (
        numbered.filter(state__in=OPEN).annotate(backlog=Count("id"), oldest=Min("created_at")).group_by("partner")
    )
    waiting = {row["partner"]: row for row in await open_rows.values("partner", "backlog", "oldest")}
    receipts = numbered.annotate(last=Max("receipted_at")).group_by("partner")
    arrivals = Incoming.filter(partner__in=wanted).annotate(last=Max("stored_at")).group_by("partner")
    last: dict[str, list[datetime]] = {}
    for row in [*await receipts.values("partner", "last"), *await arrivals.values("partner", "last")]:
        if row["last"] is not None:
            last.setdefault(row["partner"], []).append(row["last"])
    return {
        code: Availability(
            code=code,
            last_success=max(last[code]) if code in last else None,
            backlog=int(waiting[code]["backlog"]) if code in waiting else 0,
            oldest_waiting=waiting[code]["oldest"] if code in waiting else None,
        )
        for code in wanted
    }
