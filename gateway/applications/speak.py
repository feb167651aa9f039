"""Saying something on a case: the plan that every deed of our own side ends in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications import effects, lifecycle, words
from gateway.applications.case import Case, place
from gateway.applications.errors import Finding, Invalid, WrongState
from gateway.applications.plan import Mark, Note, Plan, Who, Word
from messaging import outbox
from messaging.outbox import Unspeakable


def attachments_in(value: Any) -> list[Mapping[str, Any]]:
    """Every attachment that some data names, wherever it stands."""
    if isinstance(value, Mapping):
        if isinstance(value.get("sha256"), str) and "media_type" in value:
            return [value]
        return [found for part in value.values() for found in attachments_in(part)]
    if isinstance(value, list | tuple):
        return [found for part in value for found in attachments_in(part)]
    return []


def refuse_unless_possible(case: Case, type_: str, outcome: str | None = None) -> None:
    """Raises WrongState with a sentence that says what the case is in and what would be needed."""
    mine = lifecycle.FROM_BOTH | (
        lifecycle.FROM_ORIGIN if case.is_origin else lifecycle.HEARD.keys() - lifecycle.FROM_ORIGIN
    )
    if type_ not in mine and not case.at_home:  # of a part that our own house handles both sides are here
        raise WrongState(f"这一步由{case.handler_name if case.is_origin else case.partner_name}办理，本地不能代办")
    if not lifecycle.may_say(case.state, type_, outcome=outcome):
        now = lifecycle.state_text(case.state, case.leg.outcome)
        raise WrongState(f"本件现为“{now}”，不能进行此操作")


def refuse_unless_sayable(type_: str, data: Mapping[str, Any]) -> None:
    """What cannot be said on the wire is the request's fault. Raises Invalid, before anything counts with the data."""
    try:
        outbox.check(type_, dict(data))
    except Unspeakable as error:
        raise Invalid([Finding(pointer, code, "内容不符合报文格式") for pointer, code in error.errors]) from None


def speak(
    case: Case,
    who: Who,
    type_: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    why: str | None = None,
    mark: Mapping[str, Any] | None = None,
) -> Plan:
    """The effect of our own word on our own leg, and the word itself for the other side.

    `mark` replaces the data shown in the time line. Raises WrongState, Invalid.
    """
    outcome = data.get("outcome")
    refuse_unless_possible(case, type_, outcome)
    refuse_unless_sayable(type_, data)
    move = lifecycle.hear(case.state, type_, outcome=outcome, back_to=case.back_to)
    changes, said = effects.effect(case, type_, data, move, now)
    origin = place(case.application.origin)
    shown = words.text(type_, case.handler_name, origin, data, returned=case.returned_to_window)
    return Plan(
        who=who,
        leg=changes,
        said=said,
        words=(Word(type_, data),),
        marks=(Mark(type_, shown, data if mark is None else mark),),
        notes=(Note(type_, why, {"state": changes["state"]}),),
        mentions=tuple(
            (one["sha256"], place_) for one in attachments_in(data) for place_ in (case.leg.partner, case.house.home)
        ),
    )


def with_more(plan: Plan, **changes: Any) -> Plan:
    """The plan with more columns set; `leg` and `application` are merged."""
    for name in ("leg", "application"):
        if name in changes:
            changes[name] = {**getattr(plan, name), **changes[name]}
    return replace(plan, **changes)
