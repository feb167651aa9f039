"""撤回: asked for by the citizen; only the handler can grant it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from messaging.envelope import rfc3339


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"reason"}`. Raises WrongState while an earlier request waits for its answer."""
    values = bodies.read(body, {"reason": str})
    bodies.short(values, reason=200)
    if case.withdrawal_waits:
        raise WrongState("已经申请撤回，正在等待对方确认")
    data = {"reason": values["reason"], "asked_at": rfc3339(now)}
    return speak(case, who, "application.withdrawn", data, now, why=None)
