"""送达: the citizen has the result; with to whom, how and the proof."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications import originals
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak, with_more
from gateway.applications.words import HAND_OVER
from messaging.envelope import rfc3339


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any]) -> Plan:
    """`{"method","to","at","waybill","proof":"<sha256>"}`; `at` defaults to now and cannot lie ahead."""
    values = bodies.read(body, {"method": str, "to": str}, {"at": str, "waybill": str, "proof": str})
    bodies.short(values, to=60, waybill=40)
    at = bodies.moment(values, now, "送达时间")
    _check(values, files)
    _refuse_over_loose_originals(case)
    data = {"at": rfc3339(at), "method": values["method"], "to": values["to"]}
    if values.get("waybill"):
        data["waybill"] = values["waybill"]
    shown = {"method": values["method"], "waybill": values.get("waybill")}
    told = speak(case, who, "result.handed_over", data, now, mark=shown)
    proof = [(values["proof"], case.house.home)] if values.get("proof") else []
    kept = data | {"proof": values.get("proof"), "by": who.name}
    return with_more(told, application={"handed_over_at": at}, hand_over=kept, mentions=(*told.mentions, *proof))


def _refuse_over_loose_originals(case: Case) -> None:
    loose = originals.loose(originals.of(case))
    if loose:
        names = "、".join(f"{one.name}（{'寄递中' if one.holder == originals.POST else '在窗口'}）" for one in loose)
        raise WrongState(f"还有原件没有登记去向：{names}。请先在“原件”中登记退还、寄出或收到，再送达结案")


def _check(values: Mapping[str, Any], files: Mapping[str, Any]) -> None:
    wrong = []
    if values["method"] not in HAND_OVER:
        wrong.append(Finding("/method", "enum", "送达方式应为 window、post 或 electronic"))
    if values["method"] == "post" and not values.get("waybill"):
        wrong.append(Finding("/waybill", "required", "邮寄送达的，请填写快递单号"))
    if values.get("proof") and values["proof"] not in files:
        wrong.append(Finding("/proof", "file_missing", "没有找到这个文件，请先上传"))
    if wrong:
        raise Invalid(wrong)
