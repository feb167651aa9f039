"""登记对方答复: a county without a system answers on paper or by telephone, and a named person here types it in.

What is said is the county's own message, signed with the key that we hold for it. This is the line beside it: who typed
it, on whose word, when and how that came, and the scan that proves it. Without a scan it is 登记信息 and nothing more.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.note import one_named
from gateway.applications.errors import Finding, Invalid
from gateway.applications.papers.content import rendered
from gateway.applications.plan import Mark, Note, Plan, Who

TYPE = "desk.typed"
WAYS: Mapping[str, str] = {
    "letter": "来函",
    "fax": "传真",
    "mail": "电子邮件",
    "phone": "电话",
    "visit": "当面",
}
DEEDS: Mapping[str, str] = {
    "accept": "受理",
    "decline": "不予受理",
    "request_supplement": "告知补正",
    "suspend": "特别程序",
    "resume": "恢复办理",
    "extend_limit": "延长期限",
    "decide": "办结",
    "grant_withdrawal": "同意撤回",
    "refuse_withdrawal": "不同意撤回",
    "note": "说明情况",
}


def read(told: Mapping[str, Any], files: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """`{"name","phone"?,"way","on","scan"?}`: on whose word, how and when it came. Raises Invalid."""
    values = bodies.read(told, {"name": str, "way": str, "on": str}, {"phone": str, "scan": dict})
    bodies.short(values, name=60, phone=40)
    wrong = []
    if values["way"] not in WAYS:
        wrong.append(Finding("/way", "enum", "请选择答复是怎样来的"))
    try:
        if date.fromisoformat(values["on"]) > local_day(now):
            wrong.append(Finding("/on", "format", "答复日期不能晚于今天"))
    except ValueError:
        wrong.append(Finding("/on", "format", "日期请写成 2026-12-01"))
    if wrong:
        raise Invalid(wrong)
    scan = one_named(values["scan"], files, "/scan") if values.get("scan") else None
    return {**values, "scan": scan}


def plan(case: Case, who: Who, deed: str, told: Mapping[str, Any], message_id: str, now: datetime) -> Plan:
    """The line in the time line and on the chain, and what the case remembers of the last one."""
    if (case.said.get("typed") or {}).get("id") == message_id:  # another press of the same button
        return Plan(who)
    scan, what, way = told["scan"], DEEDS[deed], WAYS[told["way"]]
    proof = "附扫描件" if scan else "无扫描件，为登记信息"
    text = f"{who.name}登记{case.partner_name}的答复：{what}（{way}，{told['name']}，{told['on']}；{proof}）"
    kept = {
        "id": message_id,
        "deed": deed,
        "what": what,
        "way": way,
        "name": told["name"],
        "phone": told.get("phone"),
        "on": told["on"],
        "by": who.name,
        "at": rendered(now),
        "scan": scan,
    }
    detail = {"deed": deed, "way": told["way"], "on": told["on"], "message": message_id}
    detail |= {"scan": scan["sha256"]} if scan else {}
    places = (case.leg.partner, case.house.home)
    return Plan(
        who,
        said={**case.said, "typed": kept},
        marks=(Mark(TYPE, text, kept),),
        notes=(Note(TYPE, "scan" if scan else "no_scan", detail),),
        mentions=tuple((scan["sha256"], one) for one in places) if scan else (),
    )


def unproved(case: Case) -> dict[str, Any] | None:
    """The last answer that was typed in, when there is no scan of it."""
    typed: dict[str, Any] | None = case.said.get("typed")
    return typed if typed is not None and not typed.get("scan") else None
