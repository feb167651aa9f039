"""What the whole of a joint case shows: everything that its row holds follows from its parts. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from gateway.applications import clocks, joint, lifecycle, promises, standing, supplements, views
from gateway.applications.case import Case, Json, place
from gateway.applications.joint import ENDING_TEXT
from gateway.applications.lifecycle import CLOSED, OPEN, State
from gateway.applications.plan import Mark, Note, Plan, Who

CHANGED = "joint.changed"
ANY_DAY = date.min  # what is kept does not say whether a limit is over: its clock does
OF_PARTS = ("parts", "supplement", "result", "originals", "fee")  # what of the whole's sayings follows from its parts
TROUBLE = ("conflict", "quarantined", "parked", "set_aside", "held", "waiting", "sent")  # the worst first


def plan(whole: Case, parts: Sequence[Case], state: State, outcome: str | None) -> Plan | None:
    """The whole as its parts stand now; None when it shows that already."""
    changes, said = _columns(whole, parts, state, outcome), _said(whole, parts, state, outcome)
    now = {name: getattr(whole.leg, name) for name in changes}
    if changes == now and said == whole.said:
        return None
    moved = (state.value, outcome) != (whole.leg.state, whole.leg.outcome)
    text = f"本件{joint.text(state, outcome)}"
    detail = {"state": state.value, "outcome": outcome, "parts": [_note(one) for one in parts]}
    return Plan(
        by_rule(whole),
        leg=changes,
        said=said if said != whole.said else None,
        marks=(Mark(CHANGED, text, {"outcome": outcome}),) if moved else (),
        notes=(Note(CHANGED, None, detail),) if moved else (),
    )


def by_rule(whole: Case) -> Who:
    """Whose step it is that follows from the agreement alone."""
    return Who(whole.house.home, "system", joint.SIGNED)


def _note(part: Case) -> Json:
    return {"number": part.number, "state": part.leg.state, "outcome": part.leg.outcome}


def _columns(whole: Case, parts: Sequence[Case], state: State, outcome: str | None) -> Json:
    living = [one for one in parts if one.state in OPEN]
    begun = [one for one in parts if one.leg.begun_at is not None]
    ticking = _clocks(parts)
    over = not any(one.state in OPEN or one.state is State.DRAFT for one in parts)
    accepted = [one.leg.accepted_at for one in parts if one.leg.accepted_at is not None]
    decided = [one.leg.decided_at for one in parts if one.leg.decided_at is not None]
    asked = [one for one in living if one.withdrawal_waits]
    answered = [one for one in begun if one.leg.withdrawal_answer is not None]
    worst = _worst(living or begun)
    return {
        "state": state.value,
        "outcome": outcome,
        "clocks": clocks.dump(ticking),
        "next_due": clocks.next_due(ticking),
        "accepted_at": min(accepted, default=None),
        "decided_at": max(decided, default=None) if over else None,
        "their_number": next((one.leg.their_number for one in parts if one.leg.their_number), None),
        "supplements": sum(one.leg.supplements for one in parts),
        "irregular": next((one.leg.irregular for one in living if one.leg.irregular), None),
        "withdrawal_asked_at": next((one.leg.withdrawal_asked_at for one in (asked or answered)), None),
        "withdrawal_answer": None if asked or not answered else answered[0].leg.withdrawal_answer,
        "deemed_accepted_on": next((one.leg.deemed_accepted_on for one in living if one.leg.deemed_accepted_on), None),
        "silent_since": next((one.leg.silent_since for one in living if one.leg.silent_since), None),
        "originals_open": sum(one.leg.originals_open for one in parts),
        "alarm": max((one.leg.alarm for one in living), default=0),
        "delivery": worst.leg.delivery if worst else "waiting",
        "delivery_at": worst.leg.delivery_at if worst else None,
        "delivery_reason": worst.leg.delivery_reason if worst else None,
        **promises.columns(whole, whole.document),
    }


def _worst(parts: Sequence[Case]) -> Case | None:
    """The part whose last message is worst off on its way."""
    rank = {name: place_ for place_, name in enumerate(TROUBLE)}
    return min(parts, key=lambda one: rank.get(one.leg.delivery, len(rank)), default=None)


def _clocks(parts: Iterable[Case]) -> list[clocks.Clock]:
    """Of each kind the one that runs out first among those that run, else the last one that ended."""
    every = [clock for one in parts for clock in clocks.load(one.leg.clocks)]
    kinds = dict.fromkeys(clock.kind for clock in every)
    return [_of_kind([one for one in every if one.kind == kind]) for kind in kinds]


def _of_kind(some: Sequence[clocks.Clock]) -> clocks.Clock:
    for state in ("running", "stopped"):
        going = [one for one in some if one.state == state]
        if going:
            return min(going, key=lambda one: one.due)
    return max(some, key=lambda one: one.due)


def _said(whole: Case, parts: Sequence[Case], state: State, outcome: str | None) -> Json:
    """What was said of the parts together, beside what our own house keeps of the whole."""
    kept = {name: value for name, value in whole.said.items() if name not in OF_PARTS}
    papers = next((one.said["originals"] for one in parts if one.said.get("originals")), None)
    if papers:  # one part has them
        kept["originals"] = papers
    fees = [one.said["fee"] for one in parts if one.said.get("fee")]
    if fees:
        kept["fee"] = {
            "notice": next((one["notice"] for one in reversed(fees) if one["notice"]), None),
            "vouchers": [voucher for one in fees for voucher in one["vouchers"]],
        }
    asked = [one.said["supplement"] for one in parts if one.state is State.SUPPLEMENT and one.said.get("supplement")]
    if asked:
        kept["supplement"] = {
            "items": [item for one in asked for item in one["items"]],
            "due_by": min(str(one["due_by"]) for one in asked),
            "addressed_to": "window" if all(one["addressed_to"] == "window" for one in asked) else "applicant",
            "asked_at": min((one["asked_at"] for one in asked if one.get("asked_at")), default=None),
        }
    results = [(one, one.said["result"]) for one in parts if one.said.get("result")]
    if outcome is not None and results and state in (State.DECIDED, State.HANDED_OVER):
        kept["result"] = _result(parts, results, outcome)
    return kept | {"parts": [part_told(one) for one in parts]}


def _result(parts: Sequence[Case], results: Sequence[tuple[Case, Mapping[str, Any]]], outcome: str) -> Json:
    """One 办结 for the citizen: every document and certificate, and in a sentence who decided what."""
    first = results[0][1]
    return {
        "outcome": outcome,
        "at": max(str(said["at"]) for _, said in results),
        "text": "；".join(f"{one.handler_name}：{ending_text(one)}" for one in parts),
        "legal_basis": "；".join(str(said["legal_basis"]) for _, said in results if said.get("legal_basis")) or None,
        "remedy": "；".join(dict.fromkeys(str(said["remedy"]) for _, said in results if said.get("remedy"))) or None,
        "documents": [document for _, said in results for document in said.get("documents") or []],
        "certificates": [one for _, said in results for one in said.get("certificates") or []],
        "result_delivery": first.get("result_delivery"),
        "waybill": next((said["waybill"] for _, said in results if said.get("waybill")), None),
    }


def ended(case: Case) -> bool:
    """Is it the whole of a joint case of which nothing more will come?"""
    return case.is_whole and case.state in CLOSED


def ending_text(part: Case) -> str:
    """How a part ended, or where it stands."""
    seen = part.as_part
    if seen.ending is not None:
        return ENDING_TEXT[seen.ending]
    return "待前一阶段完成后发起" if seen.waits else lifecycle.state_text(part.state, part.leg.outcome)


def part_told(part: Case) -> Json:
    """One part, as the whole's row keeps it for lists, the API and papers."""
    leg, plan_ = part.leg, part.plan_of_part
    return {
        "number": leg.number,
        "part": leg.part,
        "handler": {"code": leg.handler, "name": place(leg.handler)},
        "lead": (part.application.joint or {}).get("lead") == leg.part,
        "stage": leg.stage,
        "does": plan_.get("does") or [],
        "state": leg.state,
        "outcome": leg.outcome,
        "state_text": ending_text(part),
        "their_number": leg.their_number,
        "delivery": None if part.at_home or leg.begun_at is None else leg.delivery,
        "with": _waits(part),
        "clocks": leg.clocks,
        "result": views.result(part),
        "declined": part.said.get("declined") if part.state is State.DECLINED else None,
        "supplement": views.supplement(part),
        "withdrawal": views.withdrawal(part),
    }


def _waits(part: Case) -> str:
    if part.state is State.DRAFT:
        return "等待前一阶段完成"
    return standing.of(part, ANY_DAY).text if part.state in OPEN else ""


def mended(whole: Case, parts: Sequence[Case]) -> Plan | None:
    """The application with what was mended through the parts, before anything else follows; None: nothing new."""
    document = _document(whole, parts)
    if document is None:
        return None
    person = supplements.person(whole, document["answers"])
    return Plan(by_rule(whole), document=document, person=person)


def _document(whole: Case, parts: Sequence[Case]) -> Json | None:
    mended: dict[str, Any] = {}
    supplied: list[Any] = []
    for one in parts:
        if one.leg.document is not None and one.document.get("answered"):
            mended |= one.document["answered"]
        if one.leg.document is not None:
            supplied += [came for came in one.document.get("supplied") or [] if came not in supplied]
    answers = whole.document["answers"]
    for pointer, value in mended.items():
        try:
            answers = supplements.set_pointers(answers, {pointer: value})
        except supplements.NoPlace:
            continue
    if answers == whole.document["answers"] and supplied == (whole.document.get("supplied") or []):
        return None
    return {**whole.document, "answers": answers, "supplied": supplied}
