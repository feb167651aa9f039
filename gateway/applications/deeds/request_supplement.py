"""补正告知: once and completely; addressed to the window it is no notice and does not count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.note import one_named
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import refuse_unless_possible, speak

TYPE = "supplement.requested"


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any]) -> Plan:
    """`{"addressed_to","items":[{"pointer"?,"material"?,"problem","wanted","basis"?}],"due_by","document"?}`.

    Raises WrongState for a second notice to the applicant: everything must be told once (行政许可法 art. 32(4)).
    """
    required = {"addressed_to": str, "items": list, "due_by": str}
    values = bodies.read(body, required, {"document": dict})
    refuse_unless_possible(case, TYPE)
    if values["addressed_to"] == "applicant" and case.leg.supplements > 0:
        raise WrongState("已经出具过补正告知书，须一次告知全部内容，不能再次出具（SECOND_SUPPLEMENT_NOTICE）")
    _check(values, local_day(now).isoformat())
    if values.get("document"):
        values["document"] = one_named(values["document"], files, "/document")
    return speak(case, who, TYPE, values, now)


def _check(values: Mapping[str, Any], today: str) -> None:
    wrong = []
    if values["addressed_to"] not in {"applicant", "window"}:
        wrong.append(Finding("/addressed_to", "enum", "请选择告知申请人，或退回窗口更正"))
    if not values["items"]:
        wrong.append(Finding("/items", "minItems", "请至少写明一项"))
    if values["due_by"] < today:
        wrong.append(Finding("/due_by", "format", "补正期限不能早于今天"))
    for place, item in enumerate(values["items"]):
        if not isinstance(item, Mapping):
            wrong.append(Finding(f"/items/{place}", "type", "类型不对"))
            continue
        if not item.get("pointer") and not item.get("material"):
            wrong.append(Finding(f"/items/{place}", "required", "请指明是哪一项填写内容或哪一份材料"))
        wrong += [
            Finding(f"/items/{place}/{name}", "required", says)
            for name, says in (("problem", "请写明问题"), ("wanted", "请写明要求"))
            if not item.get(name)
        ]
    if wrong:
        raise Invalid(wrong)
