"""What the handler told about a case, for its page: what is to be supplied, and how it ended, with its own papers."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications.case import Case, Json
from gateway.applications.lifecycle import State
from gateway.applications.views import local
from gateway.web import chips, forms, timeline_shown


def supplement(schema: forms.FormSchema, case: Case) -> Json | None:
    """What the handler asks for now: `{"items":[{"what","problem","wanted","basis"}],"due_by","to_window","document"}`."""
    asked = case.said.get("supplement")
    if not asked or case.state is not State.SUPPLEMENT:
        return None
    return {
        "items": [_item(schema, case, item) for item in asked["items"]],
        "due_by": asked["due_by"],
        "to_window": asked["addressed_to"] == "window",
        "document": asked.get("document"),
    }


def _item(schema: forms.FormSchema, case: Case, item: Mapping[str, Any]) -> Json:
    pointer = item.get("pointer")
    named = forms.label(schema, case.document["answers"], pointer) if pointer else None
    what = item.get("material") or named or "申请"
    return {"what": what, "problem": item["problem"], "wanted": item["wanted"], "basis": item.get("basis")}


def ending(case: Case) -> Json | None:
    """How it ended, with the handler's own papers: decided or declined."""
    declined = case.said.get("declined") if case.state is State.DECLINED else None
    if declined:
        reason = timeline_shown.decline_reason(declined["reason"])
        document = declined.get("document")
        lines = [("理由", f"{reason}：{declined['text']}"), ("法律依据", declined.get("legal_basis"))]
        lines.append(("应向何处申请", declined.get("right_authority")))
        return {"title": "不予受理", "lines": said(lines), "documents": [document] if document else []}
    result = case.said.get("result")
    if not result:
        return None
    certificates = "；".join(f"{one['name']} {one['number']}" for one in result.get("certificates") or [])
    lines = [
        ("说明", result.get("text")),
        ("法律依据", result.get("legal_basis")),
        ("救济途径", result.get("remedy")),
        ("证照编号", certificates),
        ("领取方式", result.get("result_delivery")),
        ("快递单号", result.get("waybill")),
        ("决定时间", short(local(case.leg.decided_at))),
    ]
    title = "逾期未补正" if result["outcome"] == "overdue" else chips.state("DECIDED", result["outcome"]).text
    return {"title": title, "lines": said(lines), "documents": result.get("documents") or []}


def short(when: str | None) -> str | None:
    """11-24 09:30 of an RFC 3339 text."""
    return f"{when[5:10]} {when[11:16]}" if when else None


def said(lines: Sequence[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """The lines in which something stands."""
    return [(label, text) for label, text in lines if text]
