"""缴费: the handler's payment notice with its code, and the voucher of who paid it. The platform takes no money.

No message has a place for either, so both travel as notes between the windows that begin with a word; whoever hears
such a note shows it where fees stand.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds import note
from gateway.applications.errors import Finding, Invalid
from gateway.applications.fees import NOTICE, VOUCHER
from gateway.applications.plan import Plan, Who


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> Plan:
    """`{"text","attachments":[sha256]}`: a notice from the side that decides, a voucher, with its file, from the window."""
    values = bodies.read(body, {"text": str}, {"attachments": list})
    bodies.short(values, text=900)
    if case.is_origin and not values.get("attachments"):
        raise Invalid([Finding("/attachments", "required", "请上传缴费凭证")])
    text = (VOUCHER if case.is_origin else NOTICE) + values["text"].strip()
    return note.plan(case, who, {"text": text, "attachments": values.get("attachments") or []}, now, files, phone)
