"""不予受理: with reason, legal basis and, when it is not ours, the right authority."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.answer_withdrawal import refuse_unanswered
from gateway.applications.deeds.note import one_named
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from gateway.applications.words import DECLINES


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any]) -> Plan:
    """`{"reason","text","legal_basis","right_authority"?,"document"?}` (行政许可法 art. 32).

    Raises WrongState while a wish to withdraw waits for its answer.
    """
    required = {"reason": str, "text": str, "legal_basis": str}
    values = bodies.read(body, required, {"right_authority": str, "document": dict})
    wrong = []
    if values["reason"] not in DECLINES:
        wrong.append(Finding("/reason", "enum", "请选择不予受理的理由"))
    if values["reason"] == "not_competent" and not values.get("right_authority"):
        wrong.append(Finding("/right_authority", "required", "不属于本机关职权范围的，请指明应向哪个机关提出"))
    if wrong:
        raise Invalid(wrong)
    refuse_unanswered(case)
    if values.get("document"):
        values["document"] = one_named(values["document"], files, "/document")
    return speak(case, who, "application.declined", values, now)
