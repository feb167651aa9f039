"""受理: the handler takes the case and says until when it will decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications import effects
from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.note import one_named
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from matters_map.deadlines import due
from messaging.envelope import rfc3339

TYPE = "application.accepted"


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> Plan:
    """`{"reference","promised_by"?,"contact"?,"document"?}`; the promised day defaults to the list's limit."""
    values = bodies.read(body, {}, {"reference": str, "promised_by": str, "contact": dict, "document": dict})
    data = {
        "reference": values.get("reference") or case.number,
        "accepted_at": rfc3339(now),
        "promised_by": values.get("promised_by") or promised_day(case, now),
        "contact": values.get("contact") or {"name": who.name, "phone": phone},
    }
    if values.get("document"):
        data["document"] = one_named(values["document"], files, "/document")
    return speak(case, who, TYPE, data, now)


def promised_day(case: Case, now: datetime) -> str:
    """The last day of the promised limit of the line, from the day of acceptance; never a day that is over."""
    days = case.matter.line.promised_days if case.matter else 0
    start, today = effects.acceptance_day(case, now), local_day(now)
    return max(due(start, days, case.house.calendar).due, due(today, 0, case.house.calendar).due).isoformat()
