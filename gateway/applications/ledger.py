"""当日台账: what was received, sent, answered and handed over on a day, read from the time line, with totals."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway.applications.case import place
from gateway.applications.case_door import who_is
from gateway.applications.clocks import SHANGHAI, utc
from gateway.applications.errors import Forbidden
from gateway.applications.queries import Cases
from gateway.applications.tables import Application, Leg, Step
from gateway.audit import house as house_chain
from gateway.auth import roles
from gateway.auth.actor import Actor
from messaging import ids
from messaging.unit_of_work import Connection, run_tx

MOST = 5000  # lines of one day
# Kind -> (what it is called, the steps that it counts, at the window and on the side that decides)
KINDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "received": ("收件", frozenset({"application.submitted"})),
    "sent": ("对方已接收", frozenset({"delivery.receipted"})),
    "answered": (
        "答复",
        frozenset(
            {
                "application.accepted", "application.declined", "supplement.requested", "application.decided",
                "procedure.suspended", "procedure.resumed", "limit.extended", "withdrawal.granted",
                "withdrawal.refused",
            }
        ),
    ),
    "handed_over": ("送达申请人", frozenset({"result.handed_over"})),
}  # fmt: skip
KIND_OF: Mapping[str, str] = {type_: kind for kind, (_, types) in KINDS.items() for type_ in types}


Told = tuple[Step, Leg, Application]


@dataclass(frozen=True)
class Line:
    """One step of the day. No name of an applicant stands in a ledger."""

    at: datetime
    kind: str
    number: str
    matter: str
    origin: str
    handler: str
    text: str
    who: str
    window: str
    vertical: str


@dataclass(frozen=True)
class Day:
    """A day's ledger: lines, oldest first; totals by kind; `cases`: how many different ones. `more`: lines are left out."""

    day: date
    lines: Sequence[Line]
    totals: Mapping[str, int]
    cases: int
    more: bool


class Ledger:
    """The day's book."""

    def __init__(self, cases: Cases, now: Callable[[], datetime]) -> None:
        self._cases, self._now = cases, now

    async def of_day(self, actor: Actor, day: date, window: str | None = None) -> Day:
        """What happened on an Asia/Shanghai day, in cases of one window or of all. Raises Forbidden."""
        if not roles.may(actor.role, "ledger.view"):
            raise Forbidden("ledger.view")
        begin = utc(datetime.combine(day, time(), SHANGHAI))  # as the rows have it: SQLite compares times as texts
        steps = (
            await Step.filter(id__gt=ids.lowest_since(begin), at__gte=begin, at__lt=begin + timedelta(days=1))
            .filter(type__in=list(KIND_OF))
            .order_by("id")
            .limit(MOST + 1)
        )
        rows = await self._cases_of(actor, {step.number for step in steps[:MOST]})
        told = [(step, *rows[step.number]) for step in steps[:MOST] if step.number in rows]
        lines = [_line(*one) for one in _once(told)]
        kept = [line for line in lines if window in (None, line.window)]
        totals = Counter(line.kind for line in kept)
        counted = {kind: totals[kind] for kind in KINDS}
        return Day(day, kept, counted, len({line.number for line in kept}), len(steps) > MOST)

    async def _cases_of(self, actor: Actor, numbers: set[str]) -> dict[str, tuple[Leg, Application]]:
        legs = await self._cases.visible(actor).filter(number__in=numbers) if numbers else []
        found = await Application.filter(id__in={leg.application_id for leg in legs}) if legs else []
        rows = {row.id: row for row in found}
        return {leg.number: (leg, rows[leg.application_id]) for leg in legs}

    async def exported(self, actor: Actor, day: Day) -> None:
        """That somebody took it away as a file stands on the house chain."""
        detail = {"day": day.day.isoformat(), "lines": len(day.lines)}

        async def unit(connection: Connection) -> None:
            await house_chain.note(connection, str(who_is(actor)), "ledger.exported", None, detail, now=self._now())

        await run_tx(unit)


def _once(told: Sequence[Told]) -> Iterator[Told]:
    """A joint case is received with its whole, and handed over once, however many places had a part in it."""
    handed: set[int] = set()
    for step, leg, row in told:
        kind = KIND_OF[step.type]
        if leg.part and kind == "received" and leg.role != "handler":
            continue
        if leg.part and kind == "handed_over":
            if row.id in handed:
                continue
            handed.add(row.id)
        yield step, leg, row


def _line(step: Step, leg: Leg, row: Application) -> Line:
    number = f"{leg.vertical_system} {leg.vertical_number}" if leg.vertical_number else ""
    window = row.window or ""
    return Line(
        step.at, KIND_OF[step.type], step.number, row.matter_name, place(row.origin), place(leg.handler), TEXTS.get(step.type, ""),
        str(step.actor.get("name", "")), place(row.origin) if leg.role == "handler" else window, number,
    )  # fmt: skip


TEXTS: Mapping[str, str] = {
    "delivery.receipted": "对方已接收",
    "application.submitted": "收件并转送",
    "application.accepted": "受理",
    "application.declined": "不予受理",
    "supplement.requested": "告知补正",
    "application.decided": "办结",
    "procedure.suspended": "进入特别程序",
    "procedure.resumed": "恢复办理",
    "limit.extended": "延长期限",
    "withdrawal.granted": "同意撤回",
    "withdrawal.refused": "不同意撤回",
    "result.handed_over": "送达申请人",
}
