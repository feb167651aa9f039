"""特别程序结束: the clocks go on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from messaging.envelope import rfc3339


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """No members; the moment is now."""
    bodies.read(body, {})
    return speak(case, who, "procedure.resumed", {"at": rfc3339(now)}, now)
