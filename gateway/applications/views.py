"""What a case looks like from outside: pure functions from an opened case to the API's JSON and the pages' extras."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.applications import clocks, joint, lifecycle, promises, standing
from gateway.applications.case import Case, Json, place
from gateway.applications.clocks import SHANGHAI, local_day
from gateway.applications.lifecycle import State
from gateway.applications.papers import book


def local(at: datetime | None) -> str | None:
    """RFC 3339 with +08:00, to the second."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def masked_name(name: str) -> str:
    """张*: the first character stays."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def masked_id(number: str) -> str:
    """421***********9998: three in front and four at the end stay."""
    if len(number) <= 7:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def masked_phone(number: str) -> str:
    """130****0001"""
    return number[:3] + "*" * max(len(number) - 7, 0) + number[-4:] if len(number) > 7 else "*" * len(number)


def application(case: Case, now: datetime, *, full_name: bool) -> Json:
    """The application as in shapes: identifiers always masked, the name in full only inside one's own county's case."""
    return {
        **summary(case, now, full_name=full_name),
        "legs": legs(case, local_day(now)),
        "materials": materials(case),
        "papers": book.shown(case.papers),
    }


def legs(case: Case, today: date) -> list[Json]:
    """The legs as the API tells them: one, or all parts of a joint case, with what each does."""
    if case.is_whole:
        return [
            {**part, "clocks": clocks.told(clocks.shown(clocks.load(part["clocks"]), today))}
            for part in case.said.get("parts") or []
        ]
    leg = case.leg
    return [
        {
            "number": leg.number,
            "handler": _place(leg.handler),
            "stage": leg.stage,
            "state": leg.state,
            "clocks": _clocks(case, today),
            "result": result(case),
        }
    ]


def summary(case: Case, now: datetime, *, full_name: bool) -> Json:
    """As lists show it."""
    app, leg = case.application, case.leg
    now_at, number = standing.of(case, local_day(now)), leg.number
    return {
        "number": number,
        "state": leg.state,
        "state_text": state_text(case),
        "version": leg.version,
        "matter": {"id": app.matter_id, "name": app.matter_name, "mode": app.mode},
        "agreement": {"id": app.agreement, "version": app.agreement_version},
        "origin": _place(app.origin),
        "handler": _place(leg.handler),
        **({"joint": _joint(case)} if case.is_whole else {}),
        "their_number": leg.their_number,
        "received_at": local(app.received_at),
        "delivery": {"state": leg.delivery, "at": local(leg.delivery_at), "reason": leg.delivery_reason},
        "with": _with(case, now_at),
        "next_step": now_at.next,
        "clocks": _clocks(case, local_day(now)),
        "result": result(case),
        "supplement": supplement(case),
        "withdrawal": withdrawal(case),
        "deemed_accepted_on": leg.deemed_accepted_on.isoformat() if leg.deemed_accepted_on else None,
        "applicant": applicant(case, full_name=full_name),
        "reference": app.reference,
        "vertical": vertical(case),
        "owner": leg.owner_name,
        "department": leg.department,
        "links": {
            "self": f"/api/v1/applications/{number}",
            "events": f"/api/v1/applications/{number}/events",
            "evidence": f"/api/v1/applications/{number}/evidence",
            "slip": f"/applications/{number}/slip",
        },
    }


def _joint(case: Case) -> Json:
    """Of a joint case: who leads, and all who have a part."""
    places = list(dict.fromkeys(one["handler"]["name"] for one in case.said.get("parts") or []))
    return {"lead": _place(case.leg.handler), "places": places}


def state_text(case: Case) -> str:
    """The words of its state; of a joint case's whole 办理中 and 部分办结 too."""
    return (joint.text if case.is_whole else lifecycle.state_text)(case.state, case.leg.outcome)


def applicant(case: Case, *, full_name: bool) -> Json:
    """Name, ID number and telephone, masked."""
    person = case.person
    name = str(person.get("name", ""))
    return {
        "name": name if full_name else masked_name(name),
        "id_number": masked_id(str(person.get("id_number", ""))),
        "phone": masked_phone(str(person.get("phone", ""))),
    }


def _place(code: str) -> Json:
    return {"code": code, "name": place(code)}


def _clocks(case: Case, today: date) -> list[Json]:
    return clocks.told(clocks.shown(clocks.load(case.leg.clocks), today))


def result(case: Case) -> Json | None:
    """What was decided, with the handler's papers as it sent them."""
    said = case.said.get("result")
    if not said or said["outcome"] == "overdue":
        return None
    return {
        "outcome": said["outcome"],
        "at": said["at"],
        "documents": said.get("documents") or [],
        "certificates": said.get("certificates") or [],
        "text": said.get("text"),
        "legal_basis": said.get("legal_basis"),
        "remedy": said.get("remedy"),
        "result_delivery": said.get("result_delivery"),
        "waybill": said.get("waybill"),
    }


def supplement(case: Case) -> Json | None:
    """What is asked for now, or None."""
    said = case.said.get("supplement")
    if not said or case.state is not State.SUPPLEMENT:
        return None
    return {"items": said["items"], "due_by": said["due_by"], "addressed_to": said["addressed_to"]}


def withdrawal(case: Case) -> Json | None:
    """The flag beside the state, with the handler's answer."""
    if case.leg.withdrawal_asked_at is None:
        return None
    return {"asked_at": local(case.leg.withdrawal_asked_at), "answer": case.leg.withdrawal_answer}


def vertical(case: Case) -> Json | None:
    """The case's number in the province's or a vertical system, as the window wrote it down."""
    if not case.leg.vertical_number:
        return None
    return {"system": case.leg.vertical_system, "number": case.leg.vertical_number}


def materials(case: Case) -> list[Json]:
    """Materials as given, each with its file when it has one; supplied ones after them, then those that are promised."""
    files: dict[Any, list[Any]] = {}
    for one in case.document.get("attachments") or []:
        files.setdefault(one["material"], []).append(one)
    given = [
        {"code": one.get("code"), "name": one.get("name"), "source": one.get("source"), "attachment": _file(file)}
        for one in case.document["answers"].get("materials") or []
        for file in files.get(one.get("code")) or files.get(one.get("name")) or [None]
    ]
    supplied = [
        {"code": None, "name": one["name"], "source": one["kind"], "attachment": _file(one.get("attachment"))}
        for one in case.document.get("supplied") or []
    ]
    paid = [
        {"code": None, "name": f"缴费凭证 {one['text']}".strip(), "source": "缴费凭证", "attachment": _file(file)}
        for one in (case.said.get("fee") or {}).get("vouchers", [])
        for file in one["attachments"]
    ]
    owed = [
        {"code": None, "name": one["name"], "source": promises.LATER, "attachment": None, "due_on": one["due_on"]}
        for one in promises.owed(case.document)
    ]
    return given + supplied + paid + owed


def files(case: Case) -> list[Json]:
    """Those of them that are files: `{"code","name","source","attachment"}`."""
    return [one for one in materials(case) if one["attachment"] is not None]


def _file(one: Mapping[str, Any] | None) -> Json | None:
    return None if not one else {name: one[name] for name in ("sha256", "size", "name", "media_type")}


def waits_for(case: Case, today: date) -> Json:
    """With whom the case is now, and what that side is waited for: one line on every case."""
    return _with(case, standing.of(case, today))


def _with(case: Case, found: standing.Standing) -> Json:
    living = standing.living(case)
    if living:
        return {**living[0]["handler"], "text": found.text}
    return _place(case.house.home if found.who == standing.HOME else case.leg.partner) | {"text": found.text}
