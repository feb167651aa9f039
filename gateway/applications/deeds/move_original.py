"""原件流转: a paper is sent, received, given back or lost, and the other side is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications import originals
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak
from gateway.applications.words import HOLDERS, ORIGINAL_STEPS
from messaging.envelope import rfc3339


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"name","step":"sent|received|returned|lost","waybill"?,"at"?}`; a parcel needs its waybill number.

    Raises Invalid; WrongState for a step that this side cannot say of where the paper is.
    """
    values = bodies.read(body, {"name": str, "step": str}, {"waybill": str, "at": str})
    bodies.short(values, name=200, waybill=64)
    at = bodies.moment(values, now)
    _check(values, case)
    data = {"name": values["name"], "step": values["step"], "at": rfc3339(at)}
    if values.get("waybill"):
        data["waybill"] = values["waybill"]
    return speak(case, who, "original.moved", data, now)


def _check(values: Mapping[str, Any], case: Case) -> None:
    wrong = []
    if values["step"] not in ORIGINAL_STEPS:
        wrong.append(Finding("/step", "enum", "请选择寄出、收到、退还或遗失"))
    if values["step"] == "sent" and not values.get("waybill"):
        wrong.append(Finding("/waybill", "required", "寄出的，请填写快递单号"))
    if wrong:
        raise Invalid(wrong)
    known = {one.name: one for one in originals.of(case)}
    one = known.get(values["name"])
    if one is None:
        return  # a paper that turned up later is named now
    by = originals.ORIGIN if case.is_origin else originals.HANDLER
    if values["step"] not in originals.steps(one, by):
        where = HOLDERS[one.holder].format(origin="收件窗口", handler=case.handler_name)
        raise WrongState(f"“{one.name}”现在{where}，不能登记为“{ORIGINAL_STEPS[values['step']]}”")
