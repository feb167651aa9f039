"""Hearing what the other side says on a case: the plan of a verified message whose turn has come."""

from datetime import datetime
from typing import Any

from gateway.applications import effects, lifecycle, supplements, words
from gateway.applications.case import Case, place
from gateway.applications.plan import Mark, Note, Plan, Who, Word
from gateway.applications.speak import attachments_in
from messaging.applier import Heard, Unmappable
from messaging.envelope import Envelope, rfc3339
from messaging.tables import Incoming


def hear(case: Case, said: Envelope, row: Incoming, now: datetime) -> tuple[Plan, Heard]:
    """The effect of a partner's word. What is late or unknown is recorded, never parked.

    Raises Unmappable when the word is not theirs to say in their role.
    """
    who = Who(said.sender, "partner", _speaker(said))
    if not said.known:
        return _recorded(case, who, said, row, "unknown_type")
    _refuse_other_role(case, said)
    outcome = said.data.get("outcome")
    move = lifecycle.hear(case.state, said.type, outcome=outcome, back_to=case.back_to)
    if not move.counts:
        plan, heard = _recorded(case, who, said, row, "late")
        return _answered(case, said, plan, now), heard
    changes, new_said = effects.effect(
        case, said.type, _as_we_know_it(case, said), move, min(said.time, now), ours=False
    )
    document = document_after(case, said)
    plan = Plan(
        who=who,
        leg=changes,
        said=new_said,
        document=document,
        person=None if document is None else supplements.person(case, document["answers"]),
        marks=(Mark(said.type, _text(case, said), _shown(said)),),
        notes=(_note(said, row, changes["state"], None),),
        mentions=tuple((one["sha256"], case.house.home) for one in attachments_in(said.data)),
    )
    return plan, Heard("applied")


def _speaker(said: Envelope) -> str:
    """Whom the partner names, or the county itself."""
    for member in ("contact", "author"):
        person = said.data.get(member)
        if isinstance(person, dict) and isinstance(person.get("name"), str):
            return str(person["name"])[:60]
    return place(said.sender)


def _refuse_other_role(case: Case, said: Envelope) -> None:
    origin_speaks = not case.is_origin
    if said.type in lifecycle.FROM_BOTH:
        return
    if (said.type in lifecycle.FROM_ORIGIN) != origin_speaks:
        raise Unmappable("not_their_role")


def _recorded(case: Case, who: Who, said: Envelope, row: Incoming, reason: str) -> tuple[Plan, Heard]:
    text = _text(case, said) + (words.LATE if reason == "late" else "")
    plan = Plan(
        who=who,
        marks=(Mark(said.type, text, {"recorded": reason}),),
        notes=(_note(said, row, case.leg.state, reason),),
    )
    return plan, Heard("recorded", reason)


def _answered(case: Case, said: Envelope, plan: Plan, now: datetime) -> Plan:
    """A withdrawal that crossed our decision still gets its one answer."""
    if said.type != "application.withdrawn" or case.is_origin or case.state not in lifecycle.CLOSED:
        return plan
    refusal = {"at": rfc3339(now), "reason": "本件已" + lifecycle.TEXT[case.state].removeprefix("已")}
    us = Who(case.house.home, "system", case.house.name)
    mark = Mark("withdrawal.refused", words.text("withdrawal.refused", case.handler_name, "", refusal), refusal, us)
    return Plan(who=plan.who, words=(Word("withdrawal.refused", refusal),), marks=(*plan.marks, mark), notes=plan.notes)


def _text(case: Case, said: Envelope) -> str:
    return words.text(said.type, case.handler_name, place(case.application.origin), said.data)


def _shown(said: Envelope) -> dict[str, Any]:
    """What the time line shows of it: nothing of the applicant's."""
    data = said.data
    if said.type == "application.supplemented":
        return {"items": len(data.get("answers") or {}) + len(data.get("materials") or [])}
    if said.type == "result.handed_over":
        return {"method": data["method"], "waybill": data.get("waybill")}
    return dict(data)


def _as_we_know_it(case: Case, said: Envelope) -> dict[str, Any]:
    """A place in a notice that the case's form does not have becomes a matter of words, to be answered in words."""
    if said.type != "supplement.requested":
        return said.data
    items = [
        item if not item.get("pointer") or supplements.has_place(case, item["pointer"]) else {**item, "pointer": None}
        for item in said.data["items"]
    ]
    return {**said.data, "items": items}


def _note(said: Envelope, row: Incoming, state: str, reason: str | None) -> Note:
    return Note(
        said.type,
        reason,
        {"message": said.id, "sha256": row.sha256, "kid": row.kid, "custodial": row.custodial, "state": state},
    )


def document_after(case: Case, said: Envelope) -> dict[str, Any] | None:
    """The answers with what a supplement brings; None when the message brings nothing. Raises Unmappable."""
    from_origin, document = said.data, dict(case.document)
    if said.type == "note.sent" and not case.is_origin and from_origin.get("materials"):
        document["supplied"] = [*document.get("supplied", []), *from_origin["materials"]]
        return document
    if said.type != "application.supplemented":
        return None
    try:
        document["answers"] = supplements.set_pointers(document["answers"], from_origin.get("answers") or {})
    except supplements.NoPlace:
        raise Unmappable("pointer") from None
    document["supplied"] = [*document.get("supplied", []), *(from_origin.get("materials") or [])]
    return document
