"""Hearing what the other side says on a case: the plan of a verified message whose turn has come."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications import corrections, effects, lifecycle, supplements, words
from gateway.applications.case import Case, place
from gateway.applications.deeds import correct
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
        return _in_time_after_all(case, said, _answered(case, said, plan, now)), heard
    if said.type == correct.TYPE:
        about = _correction(case, who, said, row, now)
        if about is not None:
            return about, Heard("applied")
    changes, new_said = effects.effect(
        case, said.type, _as_we_know_it(case, said), move, min(said.time, now), ours=False
    )
    document = document_after(case, said)
    plan = Plan(
        who=who,
        leg=changes,
        application={"rated_handler": said.data["handler"]} if said.type == "application.rated" else {},
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
    """A withdrawal that crossed our last word still gets its one answer, and the leg tells the same as over there."""
    if said.type != "application.withdrawn" or case.is_origin or case.state not in lifecycle.CLOSED:
        return plan
    if case.leg.withdrawal_answer == "granted":
        return plan  # asked for twice: it was answered
    asked = {"withdrawal_asked_at": effects.instant(said.data["asked_at"]), "withdrawal_answer": "refused"}
    refusal = {"at": rfc3339(now), "reason": "本件已" + lifecycle.TEXT[case.state].removeprefix("已")}
    us = Who(case.house.home, "system", case.house.name)
    mark = Mark("withdrawal.refused", words.text("withdrawal.refused", case.handler_name, "", refusal), refusal, us)
    word = Word("withdrawal.refused", refusal)
    return Plan(who=plan.who, leg=asked, words=(word,), marks=(*plan.marks, mark), notes=plan.notes)


def _correction(case: Case, who: Who, said: Envelope, row: Incoming, now: datetime) -> Plan | None:
    """A note that bears a correction, or the word that one was not taken; None for any other note."""
    if case.is_origin:
        return _not_taken(case, who, said, row)
    correction = said.data.get("correction")
    if not correction:
        return None
    if case.state in lifecycle.CLOSED:
        return _refused(case, who, said, row, now)
    given = {item["pointer"]: item["after"] for item in correction["items"]}
    try:
        answers = supplements.set_pointers(case.document["answers"], given)
    except supplements.NoPlace:  # a form that we have otherwise: its words are read like any note's
        return None
    agrees = corrections.digest(answers) == correction["sha256_after"]
    return Plan(
        who=who,
        leg={"state": case.leg.state, **correct.irregular(case)},
        said=correct.with_correction(case, corrections.told(correction, min(said.time, now), who.name)),
        document={**case.document, "answers": answers},
        person=supplements.person(case, answers),
        marks=(correct.marked(case, correction),),
        notes=(correct.noted(case, correction, agrees=agrees, **_letter(said, row)),),
    )


def _refused(case: Case, who: Who, said: Envelope, row: Incoming, now: datetime) -> Plan:
    """It came when the case had ended: nothing changes here, and the window is told."""
    correction = said.data["correction"]
    text = f"更正到达时本件已{lifecycle.TEXT[case.state].removeprefix('已')}，未采用，申请表以原内容为准"
    answer = {
        "text": text,
        "attachments": [],
        "author": {"name": case.house.name, "phone": ""},
        "not_taken": correction["sha256_after"],
    }
    kept = corrections.told(correction, min(said.time, now), who.name, taken=False)
    return Plan(
        who=who,
        said=correct.with_correction(case, kept),
        words=(Word(correct.TYPE, answer),),
        marks=(correct.marked(case, correction, "（到达时本件已结束，未采用，已告知收件地窗口）"),),
        notes=(correct.noted(case, correction, agrees=False, **_letter(said, row)),),
    )


def _not_taken(case: Case, who: Who, said: Envelope, row: Incoming) -> Plan | None:
    """The handler had ended the case before our correction came: what it decided on stands here too."""
    found = corrections.taken_back(case, str(said.data.get("not_taken") or ""))
    if found is None:
        return None
    answers, every = found
    return Plan(
        who=who,
        leg={"state": case.leg.state},
        said={**case.said, "corrections": every},
        document={**case.document, "answers": answers},
        person=supplements.person(case, answers),
        marks=(Mark(correct.TYPE, "更正未采用：" + str(said.data["text"])[:200], {}),),
        notes=(_note(said, row, case.leg.state, "not_taken"),),
    )


def _letter(said: Envelope, row: Incoming) -> dict[str, Any]:
    """Which message it was, and what it was held against."""
    return {"message": said.id, "sha256": row.sha256, "kid": row.kid, "custodial": row.custodial}


def _in_time_after_all(case: Case, said: Envelope, plan: Plan) -> Plan:
    """A supplement that the window had in time comes when the case was closed for want of it: people must look."""
    asked = case.said.get("supplement") or {}
    if said.type != "application.supplemented" or case.state is not lifecycle.State.EXPIRED:
        return plan
    if not effects.in_time(asked, said.data["received_at"]):
        return plan
    told = f"窗口在补正期限（{asked['due_by']}）内已收到补正，{effects.WRONGLY}，请与收件地窗口联系纠正"
    mark = Mark("clock.lapsed_wrongly", told, {"due": asked["due_by"]}, Who(case.house.home, "system", "时限"))
    return replace(plan, leg={**plan.leg, **effects.lapsed_wrongly(case)}, marks=(*plan.marks, mark))


def _text(case: Case, said: Envelope) -> str:
    origin = place(case.application.origin)
    return words.text(said.type, case.handler_name, origin, said.data, returned=case.returned_to_window)


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
    return Note(said.type, reason, {**_letter(said, row), "state": state})


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
