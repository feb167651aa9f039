"""Deeds of the window on the whole of a joint case: each goes to the parts that it concerns. Pure plans."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import advance, corrections, joint, lifecycle, promises
from gateway.applications.case import Case
from gateway.applications.deeds import (
    correct,
    fee,
    hand_over,
    later,
    log_contact,
    move_original,
    note,
    rate,
    supplement,
    urge,
    withdraw,
)
from gateway.applications.errors import WrongState
from gateway.applications.lifecycle import CLOSED, OPEN, State
from gateway.applications.plan import Mark, Note, Plan, Who

Body = Mapping[str, Any]
Plans = list[tuple[Case, Plan]]
WITHDRAWN = "申请人申请撤回全部承办地的办理"


def withdrawal(whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime) -> Plans:
    """撤回: every part under way is asked for, those that were not begun are closed at once. Raises WrongState."""
    asked = [one for one in parts if one.state in OPEN and not one.withdrawal_waits]
    waiting = [one for one in parts if one.state is State.DRAFT]
    if not asked and not waiting:
        raise WrongState(
            "已经申请撤回，正在等待各承办地确认"
            if any(one.withdrawal_waits for one in parts)
            else f"本件现为“{lifecycle.TEXT[whole.state]}”，不能撤回"
        )
    plans = [(one, withdraw.plan(one, who, body, now)) for one in asked]
    plans += [(one, advance.stop(one, who, "whole.withdrawn")) for one in waiting]
    return [(whole, _told(who, "whole.withdrawn", WITHDRAWN)), *plans]


def _told(who: Who, what: str, text: str) -> Plan:
    return Plan(who, marks=(Mark(what, text),), notes=(Note(what),))


def urging(whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime) -> Plans:
    """催办: those who owe the next word, and not those who wait for the citizen. Raises WrongState."""
    owing = [one for one in parts if one.state in OPEN and one.state is not State.SUPPLEMENT]
    if not owing:
        raise WrongState("没有正在办理的承办地，不需要催办")
    return [(one, urge.plan(one, who, body, now)) for one in owing]


def supplementing(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, files: Mapping[str, Any]
) -> Plans:
    """补正: to the part that asked. Where two ask at once each is answered under its own number. Raises WrongState."""
    asking = [one for one in parts if one.state is State.SUPPLEMENT]
    if len(asking) > 1:
        named = "、".join(f"{one.handler_name}（{one.number}）" for one in asking)
        raise WrongState(f"有 {len(asking)} 个承办地要求补正，请用各自的子办件编号分别提交：{named}")
    if not asking:
        raise WrongState(f"本件现为“{lifecycle.TEXT[whole.state]}”，没有要求补正")
    return [(asking[0], supplement.plan(asking[0], who, body, now, files))]


def bringing(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, files: Mapping[str, Any], phone: str
) -> Plans:
    """补交承诺材料: to everybody who was promised it; a part that begins later gets it with the application."""
    waiting = [one for one in parts if one.leg.begun_at is not None and promises.owed(one.document)]
    able = [one for one in waiting if lifecycle.may_say(one.state, later.TYPE)]
    if not able:
        raise WrongState("本件没有尚未补交的承诺后补材料")
    return [(one, later.plan(one, who, body, now, files, phone)) for one in able]


def correcting(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, phone: str, label: correct.Label
) -> Plans:
    """窗口更正: to every part under way that was told otherwise; a part that begins later gets it with the application.

    Raises Invalid, WrongState.
    """
    asking = [one.handler_name for one in parts if one.state is State.SUPPLEMENT]
    if asking:
        raise WrongState(f"{'、'.join(asking)}正在等待补正或更正，请先提交")
    given = correct.read(whole, body)
    mine = correct.of_whole(whole, who, given, now)
    under_way = [one for one in parts if one.leg.begun_at is not None and one.state in corrections.STATES]
    plans = [(one, given.differing(one)) for one in under_way]
    told = [(one, correct.corrected(one, who, its, now, phone, label)) for one, its in plans if its.answers]
    reached = {one.number for one, _ in told}
    others = [one for one in parts if one.number not in reached and one.leg.document is not None]
    return [(whole, mine), *told, *((one, correct.forgotten(one, who, given)) for one in others)]


def noting(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, files: Mapping[str, Any], phone: str
) -> Plans:
    """留言: to the one that leads, or to the only one there is beside us. Raises WrongState."""
    to = _leads(whole, parts)
    return [(to, note.plan(to, who, body, now, files, phone))]


def paying(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, files: Mapping[str, Any], phone: str
) -> Plans:
    """缴费凭证: to the one that asked for the fee, else to the one that leads. Raises WrongState."""
    asked = [one for one in parts if (one.said.get("fee") or {}).get("notice") and not one.at_home]
    to = asked[0] if len(asked) == 1 else _leads(whole, parts)
    return [(to, fee.plan(to, who, body, now, files, phone))]


def _leads(whole: Case, parts: Sequence[Case]) -> Case:
    """Who leads, else the only one there is beside us. Raises WrongState."""
    begun = [one for one in parts if one.leg.begun_at is not None and not one.at_home]
    lead = [one for one in begun if one.leg.part == (whole.application.joint or {}).get("lead")]
    to = lead or (begun if len(begun) == 1 else [])
    if not to:
        raise WrongState("请用子办件编号写明发给哪个承办地")
    return to[0]


def handing_over(
    whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime, files: Mapping[str, Any]
) -> Plans:
    """送达: when the whole has ended the citizen gets everything at once, and everybody who decided is told."""
    if whole.state is not State.DECIDED:
        raise WrongState("各承办地尚未全部办结，不能登记送达" if whole.state in OPEN else "本件没有待送达的结果")
    decided = [one for one in parts if one.state is State.DECIDED]
    plans = [(one, hand_over.plan(one, who, body, now, files)) for one in decided]
    kept = plans[0][1]
    mine = Plan(who, application=kept.application, hand_over=kept.hand_over, mentions=_at_home(whole, kept))
    return [(whole, mine), *plans]


def _at_home(whole: Case, plan: Plan) -> tuple[tuple[str, str], ...]:
    return tuple(one for one in plan.mentions if one[1] == whole.house.home)


def rating(whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime) -> Plans:
    """评价: once; the grade of the handling goes to everybody who had a part that ended."""
    if any(one.state in OPEN or one.state is State.DRAFT for one in parts):
        raise WrongState("各承办地尚未全部办结，还不能评价")
    ended = [one for one in parts if one.state in CLOSED and one.leg.begun_at is not None]
    plans = [(one, rate.plan(one, who, body, now)) for one in ended]
    return [(whole, Plan(who, application=plans[0][1].application, rating=plans[0][1].rating)), *plans]


def contacting(whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime) -> Plans:
    """告知记录: of the whole, and of every part that asked for something."""
    asking = [one for one in parts if one.state is State.SUPPLEMENT]
    of_parts = [(one, log_contact.plan(one, who, body, now)) for one in asking]
    silent = [(one, Plan(who, said=plan.said, notes=plan.notes)) for one, plan in of_parts]
    return [(whole, log_contact.plan(whole, who, body, now)), *silent]


def moving(whole: Case, parts: Sequence[Case], who: Who, body: Body, now: datetime) -> Plans:
    """原件流转: of the part that gets the papers."""
    holder = joint.holds_originals(whole.application.joint or {})
    part = next(one for one in parts if one.leg.part == holder)
    return [(part, move_original.plan(part, who, body, now))]
