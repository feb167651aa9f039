"""What a case looks like from outside: pure functions from an opened case to the API's JSON and the pages' extras."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from gateway.applications import clocks, joint, lifecycle, words
from gateway.applications.case import Case, Json, place
from gateway.applications.clocks import SHANGHAI, local_day
from gateway.applications.deeds import log_contact
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
    number = leg.number
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
        "with": waits_for(case),
        "clocks": _clocks(case, local_day(now)),
        "result": result(case),
        "supplement": supplement(case),
        "withdrawal": withdrawal(case),
        "deemed_accepted_on": leg.deemed_accepted_on.isoformat() if leg.deemed_accepted_on else None,
        "applicant": applicant(case, full_name=full_name),
        "reference": app.reference,
        "owner": leg.owner_name,
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


def materials(case: Case) -> list[Json]:
    """Materials as given, each with its file when it has one; supplied ones after them."""
    files = {one["material"]: one for one in case.document.get("attachments") or []}
    given = [
        {
            "code": one.get("code"),
            "name": one.get("name"),
            "source": one.get("source"),
            "attachment": _file(files.get(one.get("code"))),
        }
        for one in case.document["answers"].get("materials") or []
    ]
    supplied = [
        {"code": None, "name": one["name"], "source": one["kind"], "attachment": _file(one.get("attachment"))}
        for one in case.document.get("supplied") or []
    ]
    return given + supplied


def _file(one: Mapping[str, Any] | None) -> Json | None:
    return None if not one else {name: one[name] for name in ("sha256", "size", "name", "media_type")}


DELIVERY_WAITS = {
    "waiting": "等待{partner}接收",
    "sent": "已转送，等待{partner}接收",
    "held": "{partner}已收到，因前序报文或附件未到暂存，等待其处理",
    "parked": "{partner}已收到但不能处理（{reason}），请与对方联系或在投递异常中处理",
    "quarantined": "{partner}未能核验报文，请联系管理员",
    "conflict": "{partner}报告编号冲突，请联系管理员",
    "set_aside": "报文已搁置（{reason}），请与{partner}联系",
}


def waits_for(case: Case) -> Json:
    """With whom the case is now, and what that side is waited for: one line on every case."""
    if case.is_whole:
        return _parts_wait(case)
    leg, partner, home = case.leg, place(case.leg.partner), case.house.home
    theirs = {"code": leg.partner, "name": partner}
    ours = {"code": home, "name": place(home)}
    if leg.delivery in DELIVERY_WAITS and case.state in lifecycle.OPEN and case.state is not State.SUPPLEMENT:
        text = DELIVERY_WAITS[leg.delivery].format(partner=partner, reason=leg.delivery_reason or "未说明原因")
        return theirs | {"text": text}
    handler = {"code": leg.handler, "name": place(leg.handler)}
    if leg.withdrawal_asked_at is not None and leg.withdrawal_answer is None and case.state in lifecycle.OPEN:
        return handler | {"text": f"撤回待{handler['name']}确认"}
    match case.state:
        case State.SUBMITTED:
            return handler | {"text": f"等待{handler['name']}受理" + _by(case, "reply")}
        case State.ACCEPTED:
            return handler | {"text": f"{handler['name']}办理中" + _by(case, "promised")}
        case State.SUSPENDED:
            return handler | {"text": f"{handler['name']}特别程序中" + _procedure(case)}
        case State.SUPPLEMENT:
            return _supplement_waits(case, ours if case.is_origin else theirs)
        case State.DECIDED:
            return (ours if case.is_origin else theirs) | {"text": "结果已到，等待送达申请人"}
    return ours | {"text": "已结束"}


def _parts_wait(case: Case) -> Json:
    """Of a joint case: every part that goes on, with what it waits for."""
    parts = case.said.get("parts") or []
    living = [one for one in parts if State(one["state"]) in lifecycle.OPEN]
    if living:
        told = "；".join(f"{one['handler']['name']}：{one['with']}" for one in living)
        return {**living[0]["handler"], "text": told if len(living) > 1 else living[0]["with"]}
    text = "结果已到，等待送达申请人" if case.state is State.DECIDED else "已结束"
    return _place(case.house.home) | {"text": text}


def _by(case: Case, kind: str) -> str:
    days = [clock["due"] for clock in case.leg.clocks if clock["kind"] == kind and clock["state"] == "running"]
    return f"，{days[0]} 前" if days else ""


def _procedure(case: Case) -> str:
    said = case.said.get("suspended") or {}
    kind = words.PROCEDURES.get(said.get("kind", ""), "")
    return f"（{kind}，至 {said['until'][:10]}）" if said.get("until") else ""


def _supplement_waits(case: Case, origin: Json) -> Json:
    said = case.said.get("supplement") or {}
    who = "窗口更正" if said.get("addressed_to") == "window" else "申请人补正"
    untold = case.is_origin and who == "申请人补正" and log_contact.told_since(case, said.get("asked_at")) is None
    return origin | {"text": f"等待{who}，截止 {said.get('due_by', '')}" + ("（尚未登记告知）" if untold else "")}
