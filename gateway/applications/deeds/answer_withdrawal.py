"""撤回的答复: the handler, and only the handler, grants or refuses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications import lifecycle
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from messaging.envelope import rfc3339


def grant(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """No members."""
    bodies.read(body, {})
    _refuse_unasked(case)
    return speak(case, who, "withdrawal.granted", {"at": rfc3339(now)}, now)


def refuse(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"reason"}`"""
    values = bodies.read(body, {"reason": str})
    _refuse_unasked(case)
    data = {"at": rfc3339(now), "reason": values["reason"]}
    return speak(case, who, "withdrawal.refused", data, now)


def refuse_unanswered(case: Case) -> None:
    """Nobody ends a case over a wish to withdraw that he knows of and has not answered. Raises WrongState."""
    if case.withdrawal_waits and case.state in lifecycle.OPEN:
        raise WrongState("申请人申请撤回，还没有答复。请先答复是否同意撤回，不同意的再继续办理")


def _refuse_unasked(case: Case) -> None:
    if not case.withdrawal_waits:
        raise WrongState("没有等待答复的撤回申请")
