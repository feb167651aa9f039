"""催办: asks the handler to hurry; changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"text"}`"""
    values = bodies.read(body, {"text": str})
    bodies.short(values, text=500)
    return speak(case, who, "application.urged", values, now)
