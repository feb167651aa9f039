"""Five silent working days: what the law makes of them is marked and alarmed; it changes nothing that the handler says."""

from collections.abc import Sequence
from datetime import date, datetime

from gateway.applications import clocks, effects
from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.lifecycle import State
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.tables import Leg

LICENCE = "行政许可"
WAITING = (State.SUBMITTED, State.SUPPLEMENT)  # a case that was returned to the window is still owed its answer
STUCK = ("waiting", "sent", "held", "parked")  # the link is down: what is marked stays provisional


async def silent_legs(now: datetime, after: int = 0, most: int = 200) -> Sequence[Leg]:
    """Legs whose reply clock has run out and that are not marked yet, behind the one with the id `after`."""
    rows = Leg.filter(
        id__gt=after,
        role="origin",
        state__in=[state.value for state in WAITING],
        next_due__lt=local_day(now),
        deemed_accepted_on__isnull=True,
        silent_since__isnull=True,
    )
    return await rows.order_by("id").limit(most)


def has_run_out(leg: Leg, now: datetime) -> bool:
    """Is the answer overdue? A notice to the applicant was one; a return to the window is none."""
    return _run_out(clocks.load(leg.clocks), local_day(now)) is not None


def plan(case: Case, now: datetime) -> Plan:
    """视为受理 from the day the materials were received (行政许可法 art. 32(4)), or 逾期未反馈.

    A provisional clock (no calendar published for its days) marks nothing.
    """
    who = Who(case.house.home, "system", "时限")
    run_out = _run_out(clocks.load(case.leg.clocks), local_day(now)) if case.state in WAITING else None
    if run_out is None:
        return Plan(who)
    link = "，对方尚未接收，暂记" if case.leg.delivery in STUCK else ""
    if case.matter_type == LICENCE:
        day = date.fromisoformat(run_out.start)
        mark = Mark(
            "clock.deemed_accepted", f"五个工作日内未告知补正，自 {day} 起视为受理{link}", {"on": run_out.start}
        )
        changes: dict[str, object] = {"deemed_accepted_on": day} | _law(case, day)
    else:
        mark = Mark("clock.silent", f"对方逾期未反馈（应于 {run_out.due} 前答复）{link}", {"due": run_out.due})
        changes = {"silent_since": date.fromisoformat(run_out.due)}
    return Plan(who, leg=changes, marks=(mark,), notes=(Note(mark.type, None, {"due": run_out.due}),))


def _law(case: Case, day: date) -> dict[str, object]:
    """The law's limit for deciding runs from that day, whether or not the handler ever says that it accepted."""
    limit = effects.statutory(case, day)
    if limit is None:
        return {}
    running = clocks.put(clocks.load(case.leg.clocks), limit)
    return {"clocks": clocks.dump(running), "next_due": clocks.next_due(running)}


def _run_out(every: Sequence[clocks.Clock], today: date) -> clocks.Clock | None:
    running = [clock for clock in every if clock.kind == "reply" and clock.state == "running"]
    late = [clock for clock in running if clock.due < today.isoformat() and not clock.provisional]
    return late[0] if late else None
