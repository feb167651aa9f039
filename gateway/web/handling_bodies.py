"""From a handler's form to the body that its deed takes, and the first values that the form shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds.accept import promised_day
from gateway.applications.errors import Finding, Invalid
from gateway.auth.actor import Actor
from gateway.web import forms_values
from gateway.web.posted import Posted
from matters_map.matters import split_list

Json = dict[str, Any]
Values = Mapping[str, str]
PAPERS = ("paper1", "paper2", "paper3")  # files that a decision may bring
CERTIFICATES = (1, 2)
ITEMS, MOST_ITEMS = 1, 20  # rows of a supplement notice at first, and at most
DATE = {"type": "string", "format": "date"}


def day(posted: Posted, name: str) -> str | None:
    """A date as typed, 2026-12-01. Raises Invalid for what is none."""
    text = posted.get(name).strip()
    if not text:
        return None
    found = str(forms_values.read(DATE, text, {}))
    try:
        datetime.strptime(found, "%Y-%m-%d")  # noqa: DTZ007
    except ValueError:
        raise Invalid([Finding(f"/{name}", "format", "日期请写成 2026-12-01")]) from None
    return found


def _text(posted: Posted, name: str) -> str | None:
    return posted.get(name).strip() or None


def _paper(posted: Posted, name: str) -> Json | None:
    digest = posted.get(f"file:{name}")
    return {"sha256": digest} if digest else None


def _given(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def nothing(case: Case, actor: Actor, now: datetime) -> Values:
    """An empty form."""
    return {}


def fresh_acceptance(case: Case, actor: Actor, now: datetime) -> Values:
    """The day that the list promises, and the person who accepts as the contact."""
    return {"reference": "", "promised_by": promised_day(case, now), "name": actor.name, "phone": actor.phone or ""}


def acceptance(posted: Posted, name: str) -> tuple[str, Json]:
    """受理"""
    contact = {"name": _text(posted, "name") or "", "phone": _text(posted, "phone") or ""}
    promised = day(posted, "promised_by")
    missing = [
        Finding(f"/{field}", "required", says)
        for field, value, says in (
            ("promised_by", promised, "请填写承诺办结日期"),
            ("name", contact["name"], "请填写联系人"),
            ("phone", contact["phone"], "请填写联系电话"),
        )
        if not value
    ]
    if missing:
        raise Invalid(missing)
    body = _given(reference=_text(posted, "reference"), promised_by=promised, document=_paper(posted, "document"))
    return name, body | {"contact": contact}


def declination(posted: Posted, name: str) -> tuple[str, Json]:
    """不予受理"""
    body = _given(right_authority=_text(posted, "right_authority"), document=_paper(posted, "document"))
    return name, body | {part: posted.get(part).strip() for part in ("reason", "text", "legal_basis")}


def fresh_supplement(case: Case, actor: Actor, now: datetime) -> Values:
    """One empty item."""
    return {"addressed_to": "applicant", "rows": str(ITEMS), "due_by": ""}


def rows(values: Callable[[str], str]) -> int:
    """How many items the form has."""
    text = values("rows")
    return min(max(int(text), ITEMS), MOST_ITEMS) if text.isascii() and text.isdigit() else ITEMS


def supplement(posted: Posted, name: str) -> tuple[str, Json]:
    """告知补正; rows that are empty altogether are left out."""
    items = [item for number in range(rows(posted.get)) if (item := _item(posted, number))]
    body = _given(document=_paper(posted, "document"))
    due_by = day(posted, "due_by") or ""
    return name, body | {"addressed_to": posted.get("addressed_to"), "items": items, "due_by": due_by}


def _item(posted: Posted, number: int) -> Json | None:
    place, other = posted.get(f"place-{number}"), _text(posted, f"other-{number}")
    parts = {part: posted.get(f"{part}-{number}").strip() for part in ("problem", "wanted")}
    if not place and not other and not any(parts.values()):
        return None
    pointer = place.removeprefix("p:") if place.startswith("p:") else None
    material = place.removeprefix("m:") if place.startswith("m:") else other
    return _given(pointer=pointer, material=material, basis=_text(posted, f"basis-{number}")) | parts


def item_rows(posted: Posted) -> list[int]:
    """The numbers of the form's rows that became items, in order."""
    return [number for number in range(rows(posted.get)) if _item(posted, number)]


def fresh_suspension(case: Case, actor: Actor, now: datetime) -> Values:
    """From today."""
    return {"from": local_day(now).isoformat()}


def suspension(posted: Posted, name: str) -> tuple[str, Json]:
    """特别程序"""
    days = {part: day(posted, part) or "" for part in ("from", "until")}
    return name, days | {"kind": posted.get("kind"), "basis": posted.get("basis").strip()}


def resumption(posted: Posted, name: str) -> tuple[str, Json]:
    """恢复办理"""
    return name, {}


def extension(posted: Posted, name: str) -> tuple[str, Json]:
    """延长期限"""
    text = posted.get("working_days").strip()
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    if text and days is None:
        raise Invalid([Finding("/working_days", "type", "请填写工作日数，如 5")])
    return name, {
        "working_days": days,
        "reason": posted.get("reason").strip(),
        "approved_by": posted.get("approved_by").strip(),
    }


def fresh_decision(case: Case, actor: Actor, now: datetime) -> Values:
    """The reference that was given at acceptance, and how the list sends the result."""
    ways = ways_of(case)
    return {"reference": case.leg.their_number or "", "result_delivery": ways[0], "outcome": ""}


def ways_of(case: Case) -> Sequence[str]:
    """How the result may travel, as the list says it."""
    listed = split_list(case.matter.line.result_delivery) if case.matter else []
    return listed or ["电子证照", "窗口自取", "邮寄"]


def decision(posted: Posted, name: str) -> tuple[str, Json]:
    """办结"""
    certificates = [
        {"name": kind, "number": number}
        for place in CERTIFICATES
        for kind, number in [(_text(posted, f"certificate-{place}") or "", _text(posted, f"number-{place}") or "")]
        if kind or number
    ]
    half = [
        Finding(f"/certificate-{place}", "required", "证照名称和编号请都填写")
        for place in CERTIFICATES
        if bool(_text(posted, f"certificate-{place}")) != bool(_text(posted, f"number-{place}"))
    ]
    if half:
        raise Invalid(half)
    optional = ("reference", "text", "legal_basis", "remedy", "waybill")
    body = _given(**{part: _text(posted, part) for part in optional})
    papers = [paper for part in PAPERS if (paper := _paper(posted, part))]
    return name, body | {
        "outcome": posted.get("outcome"),
        "documents": papers,
        "certificates": certificates,
        "result_delivery": posted.get("result_delivery"),
    }


def withdrawal(posted: Posted, name: str) -> tuple[str, Json]:
    """The answer decides which deed it is."""
    if posted.get("answer") == "grant":
        return "grant_withdrawal", {}
    if posted.get("answer") == "refuse":
        return "refuse_withdrawal", {"reason": posted.get("reason").strip()}
    raise Invalid([Finding("/answer", "required", "请选择是否同意撤回")])


def note(posted: Posted, name: str) -> tuple[str, Json]:
    """留言"""
    file = posted.get("file:document")
    return name, {"text": posted.get("text").strip(), "attachments": [{"sha256": file}] if file else []}


@dataclass(frozen=True)
class Form:
    """How one deed's form begins, and what it says."""

    fresh: Callable[[Case, Actor, datetime], Values]
    body: Callable[[Posted, str], tuple[str, Json]]  # (posted, deed) -> (deed, body)


FORMS: Mapping[str, Form] = {
    "acceptance": Form(fresh_acceptance, acceptance),
    "declination": Form(nothing, declination),
    "supplement-notice": Form(fresh_supplement, supplement),
    "suspension": Form(fresh_suspension, suspension),
    "resumption": Form(nothing, resumption),
    "extension": Form(nothing, extension),
    "decision": Form(fresh_decision, decision),
    "withdrawal-answer": Form(nothing, withdrawal),
    "notes": Form(nothing, note),
}


def field_of(path: str, pointer: str, posted: Posted) -> str:
    """The form's field that a finding's pointer is about."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "items" and len(parts) > 1 and parts[1].isdigit():
        numbers = item_rows(posted)
        number = numbers[int(parts[1])] if int(parts[1]) < len(numbers) else 0
        return f"{parts[2] if len(parts) > 2 and parts[2] in ('problem', 'wanted', 'basis') else 'place'}-{number}"
    if parts[0] == "items":
        return "place-0"
    if parts[0] in ("documents", "attachments"):
        return (
            "document" if path != "decision" else PAPERS[int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0]
        )
    if parts[0] == "contact":
        return parts[1] if len(parts) > 1 else "name"
    return parts[0]
