"""Everything that either side can do on a case, with bodies that are right, as plans and as the case room's deeds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import (
    accept,
    answer_withdrawal,
    correct,
    decide,
    decline,
    extend_limit,
    hand_over,
    note,
    rate,
    request_supplement,
    resume,
    supplement,
    suspend,
    urge,
    withdraw,
)
from gateway.applications.plan import Plan, Who

A_MONTH = timedelta(days=30)  # later: a supplement is overdue only when its last day is over
Act = Callable[[Case, Who, datetime], Plan]
ASKED = {"pointer": "/answers/purpose", "problem": "用途不明确", "wanted": "写明用途"}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "supplement": {"answers": {"/answers/purpose": "落户"}},
    "withdraw": {"reason": "不办了"},
    "correct": {"answers": {"/answers/applicant/mobile": "13000000077"}, "reason": "号码打错"},
    "urge": {"text": "请尽快"},
    "note": {"text": "请查收"},
    "hand_over": {"method": "window", "to": "张三"},
    "rate": {"window": 5, "handler": 4},
    "accept": {},
    "decline": {"reason": "not_licensable", "text": "依法不需要许可", "legal_basis": "第三十二条"},
    "request_supplement": {"addressed_to": "applicant", "items": [ASKED], "due_by": "2026-12-15"},
    "return_to_window": {"addressed_to": "window", "items": [ASKED], "due_by": "2026-12-15"},
    "suspend": {
        "kind": "hearing",
        "from": "2026-11-24T09:30:00+08:00",
        "until": "2026-12-10",
        "basis": "第四十五条",
    },
    "resume": {},
    "extend_limit": {"working_days": 5, "reason": "案情复杂", "approved_by": "李四"},
    "grant": {"outcome": "granted"},
    "refuse": {"outcome": "refused", "text": "不符合条件", "legal_basis": "第三十八条"},
    "terminate": {"outcome": "terminated", "text": "申请人死亡", "legal_basis": "第七十条"},
    "let_lapse": {"outcome": "overdue"},
    "grant_withdrawal": {},
    "refuse_withdrawal": {"reason": "已经办结"},
}


def _other_number(case: Case) -> Mapping[str, Any]:
    """Another telephone each time."""
    last = int(str(case.person["phone"])[-2:])
    return {"answers": {"/answers/applicant/mobile": f"130000000{(last + 1) % 100:02}"}, "reason": "号码打错"}


ORIGIN: Mapping[str, Act] = {
    "supplement": lambda case, who, now: supplement.plan(case, who, BODIES["supplement"], now, {}),
    "withdraw": lambda case, who, now: withdraw.plan(case, who, BODIES["withdraw"], now),
    "correct": lambda case, who, now: correct.plan(case, who, _other_number(case), now),
    "urge": lambda case, who, now: urge.plan(case, who, BODIES["urge"], now),
    "note": lambda case, who, now: note.plan(case, who, BODIES["note"], now, {}),
    "hand_over": lambda case, who, now: hand_over.plan(case, who, BODIES["hand_over"], now, {}),
    "rate": lambda case, who, now: rate.plan(case, who, BODIES["rate"], now),
}
HANDLER: Mapping[str, Act] = {
    "accept": lambda case, who, now: accept.plan(case, who, BODIES["accept"], now, {}),
    "decline": lambda case, who, now: decline.plan(case, who, BODIES["decline"], now, {}),
    "request_supplement": lambda case, who, now: request_supplement.plan(
        case, who, BODIES["request_supplement"], now, {}
    ),
    "return_to_window": lambda case, who, now: request_supplement.plan(case, who, BODIES["return_to_window"], now, {}),
    "suspend": lambda case, who, now: suspend.plan(case, who, BODIES["suspend"], now),
    "resume": lambda case, who, now: resume.plan(case, who, BODIES["resume"], now),
    "extend_limit": lambda case, who, now: extend_limit.plan(case, who, BODIES["extend_limit"], now),
    "grant": lambda case, who, now: decide.plan(case, who, BODIES["grant"], now, {}),
    "refuse": lambda case, who, now: decide.plan(case, who, BODIES["refuse"], now, {}),
    "terminate": lambda case, who, now: decide.plan(case, who, BODIES["terminate"], now, {}),
    "let_lapse": lambda case, who, now: decide.plan(case, who, BODIES["let_lapse"], now + A_MONTH, {}),
    "grant_withdrawal": lambda case, who, now: answer_withdrawal.grant(case, who, BODIES["grant_withdrawal"], now),
    "refuse_withdrawal": lambda case, who, now: answer_withdrawal.refuse(case, who, BODIES["refuse_withdrawal"], now),
    "note": lambda case, who, now: note.plan(case, who, BODIES["note"], now, {}),
    "hand_over": lambda case, who, now: hand_over.plan(case, who, BODIES["hand_over"], now, {}),
}


def rotated(names: Sequence[str], first: int) -> Sequence[str]:
    """The names from a place on, and then those before it."""
    place = first % len(names)
    return [*names[place:], *names[:place]]
