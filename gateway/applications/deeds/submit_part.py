"""发起一个承办地的部分: one part of a joint case is said to its handler, with what the agreement lets it know."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import effects, filing, promises, words
from gateway.applications.case import Case, place
from gateway.applications.joint import holds_originals
from gateway.applications.lifecycle import Move, State
from gateway.applications.plan import Mark, Note, Plan, Who, Word
from gateway.applications.speak import attachments_in
from matters_map.joint import picked
from messaging.envelope import rfc3339

TYPE = "application.submitted"


def plan(whole: Case, part: Case, parts: Sequence[Case], now: datetime, who: Who) -> Plan:
    """What its handler is given: the application, and of earlier parts only what the line names."""
    own, told = part.plan_of_part, _told(part, parts)
    supplied, owed = whole.document.get("supplied") or [], promises.owed(whole.document)
    document = {"answers": whole.document["answers"], "attachments": whole.document["attachments"], "joint": told}
    document |= {name: value for name, value in (("supplied", supplied), ("promised", owed)) if value}
    received_at = part.application.received_at if part.leg.stage == 1 else now
    data = filing.message(
        _line(part),
        {"name": part.application.matter_name, "handler_code": own["basic_code"]},
        whole.document["answers"],
        whole.document["attachments"],
        received_at,
        whole.document["window"],
        [*supplied, *promises.on_the_wire(owed)],
    )
    data["joint"] = told
    if holds_originals(part.application.joint or {}) != part.leg.part:
        data["originals"] = []  # there is one of each
    changes, _ = effects.effect(part, TYPE, data, Move(State.SUBMITTED), now)
    files = {str(one["sha256"]) for one in [*whole.document["attachments"], *attachments_in([supplied, told])]}
    return Plan(
        who=who,
        leg=changes | {"begun_at": now, "delivery": "receipted" if part.at_home else "waiting"},
        document=document,
        words=(Word(TYPE, data),),
        marks=(Mark(TYPE, _text(part, data), {"stage": part.leg.stage, "does": own["does"]}),),
        notes=(Note(TYPE, None, {"state": "SUBMITTED", "part": part.leg.part}),),
        mentions=tuple(
            (sha256, allowed) for sha256 in sorted(files) for allowed in (part.leg.partner, part.house.home)
        ),
    )


def _line(part: Case) -> filing.Filed:
    app, matter = part.application, part.matter
    code = matter.line.local_basic_code if matter else str(part.plan_of_part["basic_code"])
    return filing.Filed(app.agreement, app.agreement_version, code, app.mode, part.service_object)


def _text(part: Case, data: Mapping[str, Any]) -> str:
    if part.at_home:
        return f"{part.handler_name}承办部门收到本件的一部分"
    return words.text(TYPE, part.handler_name, place(part.application.origin), data)


def _told(part: Case, parts: Sequence[Case]) -> dict[str, Any]:
    """`joint` of the message."""
    kept, own = part.application.joint or {}, part.plan_of_part
    lead = next(one for one in kept["parts"] if one["part"] == kept["lead"])
    told: dict[str, Any] = {
        "lead": lead["handler"],
        "part": part.leg.part,
        "stage": part.leg.stage,
        "does": own["does"],
    }
    before = [one for one in parts if one.leg.stage < part.leg.stage and one.leg.begun_at is not None]
    earlier = [_earlier(one, own["told"]) for one in before]
    return told | ({"earlier": [one for one in earlier if one is not None]} if any(earlier) else {})


def _earlier(part: Case, pointers: Sequence[str]) -> dict[str, Any] | None:
    """Of an earlier part what the line names; None when that is nothing."""
    result: Mapping[str, Any] = part.said.get("result") or {}
    said = {
        "outcome": part.as_part.ending,
        "reference": part.leg.their_number,
        "decided_at": result.get("at") or (rfc3339(part.leg.decided_at) if part.leg.decided_at else None),
        **{name: result.get(name) for name in ("text", "legal_basis", "certificates", "documents")},
    }
    found = picked(said, pointers)
    return {"handler": part.leg.handler, "does": part.plan_of_part["does"], **found} if found else None
