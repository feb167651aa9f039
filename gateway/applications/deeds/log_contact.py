"""告知记录: who told the applicant, how, when, and whether he was reached. It stays in our own house."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.words import CONTACTS
from messaging.envelope import rfc3339

TYPE = "contact.logged"


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"way":"phone|window|sms|letter","reached":bool,"text"?}`; `text` is what was said, at most 500 characters."""
    values = bodies.read(body, {"way": str, "reached": bool}, {"text": str})
    bodies.short(values, text=500)
    if values["way"] not in CONTACTS:
        raise Invalid([Finding("/way", "enum", "请选择联系方式")])
    told = {"at": rfc3339(now), "by": who.name, "way": values["way"]}
    text = f"{CONTACTS[values['way']]}告知申请人，{'已联系上' if values['reached'] else '没有联系上'}"
    return Plan(
        who,
        said={**case.said, "told": told} if values["reached"] else None,
        marks=(Mark(TYPE, text, {name: values.get(name) for name in ("way", "reached", "text")}),),
        notes=(Note(TYPE, None, {"way": values["way"], "reached": values["reached"]}),),
    )


def told_since(case: Case, since: str | None) -> Mapping[str, str] | None:
    """The last time the applicant was reached, when that is not before `since` (an RFC 3339 instant)."""
    told: Mapping[str, str] | None = case.said.get("told")
    if told is None or since is None:
        return told
    return told if datetime.fromisoformat(told["at"]) >= datetime.fromisoformat(since).replace(microsecond=0) else None
