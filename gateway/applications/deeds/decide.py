"""办结: granted, refused or terminated, with the handler's own papers; overdue closes a supplement that never came."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.answer_withdrawal import refuse_unanswered
from gateway.applications.deeds.note import named
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import refuse_unless_possible, speak
from gateway.applications.words import OUTCOMES
from messaging.envelope import rfc3339

TYPE = "application.decided"
OPTIONAL = {
    "reference": str, "text": str, "legal_basis": str, "remedy": str, "documents": list, "certificates": list,
    "result_delivery": str, "waybill": str,
}  # fmt: skip
REMEDY = "可在收到本决定之日起六十日内申请行政复议，或者六个月内提起行政诉讼"


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any]) -> Plan:
    """`{"outcome","documents":[sha256 …],"text","legal_basis","certificates" …}`.

    A refusal needs its reason and legal basis; the remedy is filled in when it is not given. Raises WrongState while a
    wish to withdraw waits for its answer, and for a supplement that is called overdue before its last day is over.
    """
    values = bodies.read(body, {"outcome": str}, OPTIONAL)
    _check(values)
    refuse_unless_possible(case, TYPE, values["outcome"])
    refuse_unanswered(case)
    if values["outcome"] == "overdue":
        _refuse_before_its_day_is_over(case, now)
    data = {
        "outcome": values["outcome"],
        "reference": values.get("reference") or case.leg.their_number or case.number,
        "decided_at": rfc3339(now),
        "documents": named(values.get("documents") or [], files, "/documents"),
        "certificates": values.get("certificates") or [],
        "result_delivery": values.get("result_delivery") or "电子证照",
    }
    data |= {name: values[name] for name in ("text", "legal_basis", "waybill") if values.get(name)}
    if values["outcome"] == "refused":
        data["remedy"] = values.get("remedy") or REMEDY
    return speak(case, who, TYPE, data, now)


def _refuse_before_its_day_is_over(case: Case, now: datetime) -> None:
    due_by = str((case.said.get("supplement") or {}).get("due_by") or "")
    if local_day(now).isoformat() <= due_by:
        raise WrongState(f"补正期限到 {due_by}，还没有过，不能按逾期未补正办结")


def _check(values: Mapping[str, Any]) -> None:
    wrong = []
    if values["outcome"] not in OUTCOMES:
        wrong.append(Finding("/outcome", "enum", "请选择办理结果"))
    if values["outcome"] in {"refused", "terminated"}:
        wrong += [
            Finding(f"/{name}", "required", says)
            for name, says in (("text", "请写明理由"), ("legal_basis", "请写明依据"))
            if not values.get(name)
        ]
    if wrong:
        raise Invalid(wrong)
