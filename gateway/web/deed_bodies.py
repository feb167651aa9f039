"""From a small form to the body that a deed takes; what cannot be read stays as typed, so that the deed names it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import SHANGHAI
from gateway.applications.views import local
from gateway.web.posted import Posted

Json = dict[str, Any]
# How the applicant wanted the result -> how it is handed over
METHODS = {"邮寄": "post", "窗口自取": "window", "电子证照": "electronic"}


def nothing(case: Case, now: datetime) -> Mapping[str, str]:
    """An empty form."""
    return {}


def fresh_hand_over(case: Case, now: datetime) -> Mapping[str, str]:
    """To the applicant, in the way that was asked for, now; by post to whom the parcel goes."""
    delivery = case.document["answers"].get("delivery") or {}
    method = METHODS.get(str(delivery.get("method")), "window")
    to = delivery.get("recipient") if method == "post" else None
    at = (local(now) or "")[:16].replace("T", " ")
    acting = case.document["answers"].get("agent") or {}
    agent = f"{acting.get('name', '')}（{acting.get('relation', '')}）" if acting else ""
    return {"method": method, "to": str(to or case.person.get("name") or ""), "at": at, "waybill": "", "agent": agent}


def urge(posted: Posted) -> Json:
    """`{"text"}`"""
    return {"text": posted.get("text").strip()}


def note(posted: Posted) -> Json:
    """`{"text","attachments"}`"""
    file = posted.get("file:file")
    return {"text": posted.get("text").strip(), "attachments": [{"sha256": file}] if file else []}


def contact(posted: Posted) -> Json:
    """`{"way","reached","text"}`; `reached` stays missing until it is said."""
    reached = {"yes": True, "no": False}.get(posted.get("reached"))
    body = {"way": posted.get("way"), "text": posted.get("text").strip() or None}
    return body if reached is None else {**body, "reached": reached}


def withdrawal(posted: Posted) -> Json:
    """`{"reason"}`"""
    return {"reason": posted.get("reason").strip()}


def hand_over(posted: Posted) -> Json:
    """`{"method","to","at","waybill","proof"}`; members left empty are null."""
    return {
        "method": posted.get("method"),
        "to": posted.get("to").strip(),
        "at": instant(posted.get("at").strip()),
        "waybill": posted.get("waybill").strip() or None,
        "proof": posted.get("file:file") or None,
    }


def instant(text: str) -> str | None:
    """`2026-11-24 10:30` in Asia/Shanghai as RFC 3339; what is no such time stays."""
    if not text:
        return None
    try:
        return datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).isoformat()
    except ValueError:
        return text


def rating(posted: Posted) -> Json:
    """`{"window","handler","text"}`"""
    grades = {name: int(text) if (text := posted.get(name)) in {"1", "2", "3", "4", "5"} else None for name in GRADED}
    return {**grades, "text": posted.get("text").strip() or None}


GRADED = ("window", "handler")
