"""窗口更正: the window mends its own typing error after sending, without a supplement and without a withdrawal.

It travels as a note with the correction beside its words, so that a county that knows no corrections reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.applications import corrections, effects, lifecycle, supplements
from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.supplement import filled_with
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.speak import speak, with_more
from matters_map.findings import pointer_of

TYPE = "note.sent"
WHY = "窗口更正"
MOST = 3900  # characters of the words; the correction itself is whole

Label = Callable[[Case, str], str | None]
"""What a place in the case's form is called."""


@dataclass(frozen=True)
class Given:
    """What is to stand where, and why."""

    answers: Mapping[str, Any]  # pointer -> value
    reason: str

    def differing(self, case: Case) -> "Given":
        """Those places where the case has something else: a part may have been mended at one of them already."""
        before: Mapping[str, Any] = case.document["answers"]
        places = {at: value for at, value in self.answers.items() if value != _value_at(before, at)}
        return replace(self, answers=places)


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, phone: str = "", label: Label = lambda case, at: None
) -> Plan:
    """`{"answers":{pointer:value},"reason"}`. Raises Invalid for a place that is not the window's to correct, for a value
    that is the same, and for what the form says of it; WrongState when the case does not stand so that it can be.
    """
    if case.leg.part:
        raise WrongState("多地联办的更正请在整件上作出，随即发给正在办理的各承办地")
    return corrected(case, who, read(case, body), now, phone, label)


def read(case: Case, body: Mapping[str, Any]) -> Given:
    """The request, held against what the window may correct in this case. Raises Invalid, WrongState."""
    values = bodies.read(body, {"answers": dict, "reason": str})
    bodies.short(values, reason=200)
    _refuse_unless_possible(case)
    _check(case, values["answers"])
    return Given(values["answers"], values["reason"])


def corrected(case: Case, who: Who, given: Given, now: datetime, phone: str, label: Label) -> Plan:
    """The case with the correction, said to its handler. Raises Invalid for what the form says of it."""
    answers = filled_with(case, given.answers, now)
    correction = _correction(case, given, answers)
    data = {
        "text": _words(case, correction, label)[:MOST],
        "attachments": [],
        "author": {"name": who.name, "phone": phone},
        "correction": correction,
    }
    said = speak(case, who, TYPE, data, now)
    mark, note = marked(case, correction), noted(case, correction)
    return with_more(
        replace(said, marks=(mark,), notes=(note,)),
        leg=irregular(case),
        said=with_correction(case, corrections.told(correction, now, who.name)),
        document={**_without(case, given), "answers": answers},
        person=supplements.person(case, answers),
    )


def of_whole(whole: Case, who: Who, given: Given, now: datetime) -> Plan:
    """The whole of a joint case with the correction; its parts tell their handlers. Raises Invalid."""
    answers = filled_with(whole, given.answers, now)
    correction = _correction(whole, given, answers)
    return Plan(
        who,
        notes=(noted(whole, correction),),
        said=with_correction(whole, corrections.told(correction, now, who.name)),
        document={**whole.document, "answers": answers},
        person=supplements.person(whole, answers),
    )


def forgotten(part: Case, who: Who, given: Given) -> Plan:
    """A part that is not told: what was once mended through it no longer stands above the correction."""
    return Plan(who, document=_without(part, given))


def _without(case: Case, given: Given) -> dict[str, Any]:
    """The document without answers of an earlier supplement at the places that are corrected now."""
    answered: Mapping[str, Any] = case.document.get("answered") or {}
    places = [supplements.full(one) + "/" for one in given.answers]
    kept = {
        at: value
        for at, value in answered.items()
        if not any(place.startswith(at + "/") or (at + "/").startswith(place) for place in places)
    }
    return {**case.document, "answered": kept} if answered else dict(case.document)


def _correction(case: Case, given: Given, answers: Mapping[str, Any]) -> dict[str, Any]:
    """As it travels: every place with what stood there, and the digests of the whole before and after."""
    before: Mapping[str, Any] = case.document["answers"]
    return {
        "reason": given.reason,
        "items": [
            {"pointer": at, "before": corrections.value_at(before, at), "after": corrections.value_at(answers, at)}
            for at in map(supplements.full, given.answers)
        ],
        "sha256_before": corrections.digest(before),
        "sha256_after": corrections.digest(answers),
    }


def _value_at(answers: Mapping[str, Any], named: str) -> Any:
    return corrections.value_at(answers, supplements.full(named))


def marked(case: Case, correction: Mapping[str, Any], more: str = "") -> Mark:
    """The step of the time line: how many places, and why; what stood there is shown beside the case, masked."""
    pointers = [item["pointer"] for item in correction["items"]]
    text = f"窗口更正录入有误的内容，共 {len(pointers)} 处{more}"
    return Mark(TYPE, text, {"correction": pointers, "reason": correction["reason"]})


def noted(case: Case, correction: Mapping[str, Any], **more: Any) -> Note:
    """The audit line with both digests."""
    detail = {
        "state": case.leg.state,
        "pointers": [item["pointer"] for item in correction["items"]],
        "before": correction["sha256_before"],
        "after": correction["sha256_after"],
    }
    return Note(TYPE, WHY, detail | more)


def with_correction(case: Case, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What the leg keeps, with one more correction."""
    return {**case.said, "corrections": [*corrections.kept(case), dict(kept)]}


def irregular(case: Case) -> dict[str, Any]:
    """A correction after acceptance stands marked beside the case."""
    return {} if case.leg.accepted_at is None else {"irregular": effects.also(case, corrections.MARK)}


def _refuse_unless_possible(case: Case) -> None:
    if not case.at_window:
        raise WrongState("更正由收件地窗口作出；窗口有误的，请用“退回窗口更正”")
    if case.state is lifecycle.State.SUPPLEMENT:
        raise WrongState("本件正在等待补正或更正，请先提交")
    if case.state not in corrections.STATES:
        raise WrongState(f"本件现为“{lifecycle.state_text(case.state, case.leg.outcome)}”，不能进行此操作")


def _check(case: Case, given: Mapping[str, Any]) -> None:
    allowed = set(corrections.places(case))
    wrong = [Finding("/answers", "required", "请至少更正一项")] if not given else []
    for named, value in given.items():
        at, pointer = "/answers" + pointer_of([named]), supplements.full(named)
        if pointer not in allowed:
            says = "这一项不能由窗口更正：身份、业务属地和材料有误的，请对方退回窗口更正，或申请撤回后重新提交"
            wrong.append(Finding(at, "unknown", says))
        elif value == corrections.value_at(case.document["answers"], pointer):
            wrong.append(Finding(at, "differs", "与原来相同，没有更正"))
    if wrong:
        raise Invalid(wrong)


def _words(case: Case, correction: Mapping[str, Any], label: Label) -> str:
    """What a county reads that knows no corrections."""
    changes = "；".join(
        f"{label(case, item['pointer']) or item['pointer']}：{item['before']} 改为 {item['after']}"
        for item in correction["items"]
    )
    return f"窗口更正（录入有误）：{changes}。理由：{correction['reason']}"
