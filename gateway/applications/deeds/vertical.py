"""系统编号: the case's number in the province's or a vertical system (公安, 人社, 医保 …), kept beside ours."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Mark, Note, Plan, Who

TYPE = "vertical.noted"
SYSTEMS = ("省政务服务平台", "公安", "人社", "医保", "税务", "民政", "市场监管", "不动产登记", "其他")


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"system","number"}`; both empty take it away. It stays in our own house and changes no state. Raises Invalid."""
    values = bodies.read(body, {}, {"system": str, "number": str})
    system, number = (str(values.get(name) or "").strip() for name in ("system", "number"))
    bodies.short({"system": system, "number": number}, system=16, number=64)
    if bool(system) is not bool(number):
        missing = "number" if system else "system"
        raise Invalid([Finding(f"/{missing}", "required", "请填写编号" if system else "请选择系统")])
    if not number.isprintable() or any(c.isspace() for c in number):
        raise Invalid([Finding("/number", "pattern", "编号中不能有空格或换行")])
    if (system or None, number or None) == (case.leg.vertical_system, case.leg.vertical_number):
        return Plan(who)
    text = f"登记{system}系统编号 {number}" if number else "删去系统编号"
    return Plan(
        who,
        leg={"vertical_system": system or None, "vertical_number": number or None},
        marks=(Mark(TYPE, text, {"system": system, "number": number}),),
        notes=(Note(TYPE, None, {"system": system}),),
    )
