"""特别程序: hearing, inspection …; told in writing with its time, which does not count (行政许可法 art. 45)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from gateway.applications.words import PROCEDURES


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"kind","from","until","basis"}`, dates included at both ends."""
    values = bodies.read(body, {"kind": str, "from": str, "until": str, "basis": str})
    wrong = []
    if values["kind"] not in PROCEDURES:
        wrong.append(Finding("/kind", "enum", "请选择特别程序的种类"))
    if values["until"] < values["from"]:
        wrong.append(Finding("/until", "order", "结束日期不能早于开始日期"))
    if wrong:
        raise Invalid(wrong)
    return speak(case, who, "procedure.suspended", values, now)
