"""首问负责: who looks after a case in our own house; taken, handed on with a reason, and every change written down."""

from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Mark, Note, Plan, Who

TYPE = "owner.changed"


def take(case: Case, who: Who, username: str, now: datetime, away: Set[str] = frozenset()) -> Plan:
    """认领: whoever takes it looks after it from now on. Raises WrongState when it is somebody else's who is not `away`."""
    if case.leg.owner == username:
        return Plan(who)
    if case.leg.owner is None:
        return _given(who, username, who.name, f"{who.name}认领", None)
    if case.leg.owner not in away:
        raise WrongState(f"本件由{case.leg.owner_name}负责，请对方转交")
    return _given(who, username, who.name, f"{who.name}接手（{case.leg.owner_name}不在岗）", "不在岗")


def hand_on(case: Case, who: Who, body: Mapping[str, Any], people: Mapping[str, str], now: datetime) -> Plan:
    """转交: `{"to":username,"reason"}`; `people` are those of the same work, username -> name. Raises Invalid, WrongState."""
    values = bodies.read(body, {"to": str, "reason": str})
    bodies.short(values, reason=200)
    if values["to"] not in people:
        raise Invalid([Finding("/to", "enum", "请选择接手的人")])
    if values["to"] == case.leg.owner:
        raise WrongState(f"本件已由{case.leg.owner_name}负责")
    name = people[values["to"]]
    return _given(who, values["to"], name, f"{who.name}转交{name}：{values['reason']}", values["reason"])


def pass_on(case: Case, who: Who, body: Mapping[str, Any], departments: Collection[str], now: datetime) -> Plan:
    """转交其他部门: `{"department","reason"}`; it lies there until somebody of that department takes it.

    `departments` are those of our county in which somebody may decide. Raises Invalid, WrongState.
    """
    values = bodies.read(body, {"department": str, "reason": str})
    bodies.short(values, reason=200)
    if case.is_origin:
        raise WrongState("本件由业务属地办理，本地只能转交给同事")
    if values["department"] not in departments:
        raise Invalid([Finding("/department", "enum", "请选择接手的部门")])
    if values["department"] == case.leg.department and case.leg.owner is None:
        raise WrongState(f"本件已在{case.leg.department}等待认领")
    return Plan(
        who,
        leg={"owner": None, "owner_name": None, "department": values["department"]},
        marks=(Mark(TYPE, f"{who.name}转交{values['department']}：{values['reason']}", {"to": values["department"]}),),
        notes=(Note(TYPE, values["reason"], {"department": values["department"]}),),
    )


def give_back(case: Case, who: Who, username: str, body: Mapping[str, Any], now: datetime) -> Plan:
    """退回待认领: `{"reason"}`; nobody looks after it until somebody takes it. Raises Invalid, WrongState."""
    values = bodies.read(body, {"reason": str})
    bodies.short(values, reason=200)
    if case.leg.owner != username:
        raise WrongState("本件不由您负责，不能退回")
    text = f"{who.name}退回待认领：{values['reason']}"
    return Plan(
        who,
        leg={"owner": None, "owner_name": None},
        marks=(Mark(TYPE, text, {"to": None}),),
        notes=(Note(TYPE, values["reason"], {"to": None}),),
    )


def _given(who: Who, username: str, name: str, text: str, why: str | None) -> Plan:
    return Plan(
        who,
        leg={"owner": username, "owner_name": name[:64]},
        marks=(Mark(TYPE, text, {"to": name}),),
        notes=(Note(TYPE, why, {"to": username}),),
    )
