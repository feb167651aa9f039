"""延期: at most ten working days, approved by a named head, its reason told (行政许可法 art. 42)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.applications import clocks
from gateway.applications.case import Case
from gateway.applications.clocks import GOING, local_day
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import refuse_unless_possible, speak
from matters_map.deadlines import due

TYPE = "limit.extended"
MOST = 10  # working days


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"working_days","reason","approved_by"}`; the new promised day is counted from the old one.

    Raises WrongState for a second extension: the law knows one.
    """
    values = bodies.read(body, {"working_days": int, "reason": str, "approved_by": str})
    refuse_unless_possible(case, TYPE)
    if case.said.get("extended"):
        raise WrongState("已经延期一次，法定只可延长一次，不能再次延期（SECOND_EXTENSION）")
    if not 1 <= values["working_days"] <= MOST:
        raise Invalid([Finding("/working_days", "maximum", f"延长不超过 {MOST} 个工作日")])
    running = [clock.due for clock in clocks.load(case.leg.clocks) if clock.kind == "promised" and clock.state in GOING]
    start = date.fromisoformat(running[-1]) if running else local_day(now)
    until = due(start, values["working_days"], case.house.calendar).due.isoformat()
    return speak(case, who, TYPE, values | {"promised_by": until}, now)
