"""补交承诺材料: what was promised for later comes, and travels to the side that decides.

It rides in a note between the windows, which every partner takes in every state: files as its attachments, and beside
them, as an addition that older partners pass over, which material each of them is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications import promises
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds import supplement
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak, with_more

TYPE = "note.sent"


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> Plan:
    """`{"materials":[{"material","sha256"|"certificate"}…],"note"}`; only what was promised and is still owed.

    Raises Invalid, WrongState.
    """
    values = bodies.read(body, {"materials": list}, {"note": str})
    bodies.short(values, note=500)
    waiting = {one["name"] for one in promises.owed(case.document)}
    if not case.at_window or not waiting:
        raise WrongState("本件没有尚未补交的承诺后补材料")
    materials = supplement.materials(values["materials"], files)
    if not materials:
        raise Invalid([Finding("/materials", "required", "请至少补交一份")])
    wrong = [
        Finding(f"/materials/{place}/material", "unknown", f"“{one['name']}”没有承诺后补，或者已经补交")
        for place, one in enumerate(materials)
        if one["name"] not in waiting
    ]
    if wrong:
        raise Invalid(wrong)
    names = "、".join(dict.fromkeys(one["name"] for one in materials))
    data = {
        "text": f"补交承诺后补的材料：{names}" + (f"。{values['note']}" if values.get("note") else ""),
        "attachments": [one["attachment"] for one in materials if one.get("attachment")],
        "author": {"name": who.name, "phone": phone},
        "materials": materials,
    }
    told = speak(case, who, TYPE, data, now)
    document = {**case.document, "supplied": [*case.document.get("supplied", []), *materials]}
    return with_more(told, document=document)
