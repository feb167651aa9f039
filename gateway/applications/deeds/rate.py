"""评价: voluntary, once; a grade alone goes to the handler, never the text or the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak, with_more
from messaging.envelope import rfc3339


def plan(case: Case, who: Who, body: Mapping[str, Any], now: datetime) -> Plan:
    """`{"window":1–5,"handler":1–5,"text"}`. Raises WrongState when the case has been rated."""
    values = bodies.read(body, {"window": int, "handler": int}, {"text": str})
    bodies.short(values, text=500)
    wrong = [
        Finding(f"/{name}", "maximum", "评价为 1 到 5") for name in ("window", "handler") if not 1 <= values[name] <= 5
    ]
    if wrong:
        raise Invalid(wrong)
    if case.application.rating is not None:
        raise WrongState("本件已经评价过")
    told = speak(case, who, "application.rated", {"handler": values["handler"]}, now, mark={})
    grades = {"rated_window": values["window"], "rated_handler": values["handler"]}
    return with_more(told, application=grades, rating=values | {"at": rfc3339(now)})
