"""好差评 as supervisors see it: how many of each grade, and what has to be followed up. Who was rated never sees it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.expressions import Q
from tortoise.functions import Count

from gateway.applications.case import place
from gateway.applications.errors import Forbidden
from gateway.applications.queries import Cases
from gateway.applications.tables import Application, Leg
from gateway.applications.views import local
from gateway.auth import roles
from gateway.auth.actor import Actor

GRADES: Mapping[int, str] = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
LOW = 2  # and below: looked into, mended, called back
MOST = 100
LONG_NUMBER = re.compile(r"[0-9]{6,}[0-9Xx]?", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One that was rated, with how often each grade was given, from 5 to 1."""

    name: str
    grades: Sequence[int]

    @property
    def total(self) -> int:
        """How many ratings."""
        return sum(self.grades)

    @property
    def good(self) -> str:
        """The share of 5, 4 and 3, in per cent."""
        return f"{100 * sum(self.grades[:3]) / self.total:.1f}%" if self.total else "—"


@dataclass(frozen=True)
class Low:
    """A rating to be followed up."""

    number: str
    window: int | None
    handler: int | None
    text: str
    at: str


class Ratings:
    """What was rated of late."""

    def __init__(self, cases: Cases, now: Callable[[], datetime]) -> None:
        self._cases, self._now = cases, now

    async def windows(self, actor: Actor, days: int) -> Sequence[Row]:
        """Our own windows, by what applicants said of them."""
        self._allow(actor)
        rated = Application.filter(role="origin", rated_window__isnull=False, received_at__gte=self._since(days))
        found = (
            await rated.annotate(n=Count("id")).group_by("window", "rated_window").values("window", "rated_window", "n")
        )
        return _rows([(str(row["window"] or "业务系统"), row["rated_window"], row["n"]) for row in found])

    async def handlers(self, actor: Actor, days: int) -> Sequence[Row]:
        """Counties that decided: others on what we sent, we ourselves on what was sent to us."""
        self._allow(actor)
        rated = Application.filter(rated_handler__isnull=False, received_at__gte=self._since(days))
        grades = {
            row["id"]: row["rated_handler"]
            for row in await rated.order_by("-id").limit(20_000).values("id", "rated_handler")
        }
        legs: list[Leg] = []
        every = list(grades)
        for first in range(0, len(every), 500):
            begun = Q(part=0) | Q(begun_at__isnull=False)
            rated_legs = self._cases.visible(actor).filter(begun, application_id__in=every[first : first + 500])
            legs += await rated_legs.exclude(role="whole")
        return _rows([(place(leg.handler), grades[leg.application_id], 1) for leg in legs])

    async def low(self, actor: Actor, days: int) -> Sequence[Low]:
        """不满意 and 非常不满意, newest first; the words only for who follows up, long numbers in them masked."""
        self._allow(actor)
        rated = Application.filter(role="origin", received_at__gte=self._since(days))
        low = rated.filter(Q(rated_window__lte=LOW) | Q(rated_handler__lte=LOW))
        rows = {row.id: row for row in await low.order_by("-id").limit(MOST)}
        legs = await self._cases.listed(actor, "origin").filter(application_id__in=list(rows)).order_by("-id")
        cases = await self._cases.opened(list(legs))
        full = actor.role == "coordinator"
        shown = []
        for case in cases:
            said = case.rating or {}
            text = LONG_NUMBER.sub("……", str(said.get("text") or "")) if full else ""
            row = case.application
            shown.append(
                Low(
                    row.number,
                    row.rated_window,
                    row.rated_handler,
                    text,
                    local(row.handed_over_at or row.received_at) or "",
                )
            )
        return shown

    def _since(self, days: int) -> datetime:
        return self._now() - timedelta(days=days)

    def _allow(self, actor: Actor) -> None:
        if not roles.may(actor.role, "ratings.view"):
            raise Forbidden("ratings.view")


def _rows(found: Sequence[tuple[str, int, int]]) -> Sequence[Row]:
    names = sorted({name for name, _, _ in found})
    return [
        Row(name, [sum(n for one, grade, n in found if one == name and grade == wanted) for wanted in GRADES])
        for name in names
    ]
