"""What a partner's operator says at the desk: the officer's deeds, planned on our own copy of the case seen from there.

Nothing is changed here. The plan's word is taken, held against the contract, and said by the partner; the applier then
hears it like any other message of theirs.
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import (
    accept,
    answer_withdrawal,
    decide,
    decide_at_once,
    decline,
    extend_limit,
    move_original,
    note,
    request_supplement,
    resume,
    suspend,
)
from gateway.applications.plan import Plan, Who, Word

Body = Mapping[str, Any]
Files = Mapping[str, Any]  # sha256 -> attachment
DeedPlan = Callable[[Case, Who, Body, datetime, Files, str], Plan]

PLANS: Mapping[str, DeedPlan] = {
    "accept": lambda case, who, body, now, files, phone: accept.plan(case, who, body, now, files, phone),
    "decline": lambda case, who, body, now, files, phone: decline.plan(case, who, body, now, files),
    "request_supplement": lambda case, who, body, now, files, phone: request_supplement.plan(
        case, who, body, now, files
    ),
    "suspend": lambda case, who, body, now, files, phone: suspend.plan(case, who, body, now),
    "resume": lambda case, who, body, now, files, phone: resume.plan(case, who, body, now),
    "extend_limit": lambda case, who, body, now, files, phone: extend_limit.plan(case, who, body, now),
    "decide": lambda case, who, body, now, files, phone: decide.plan(case, who, body, now, files),
    "decide_at_once": decide_at_once.plan,
    "grant_withdrawal": lambda case, who, body, now, files, phone: answer_withdrawal.grant(case, who, body, now),
    "refuse_withdrawal": lambda case, who, body, now, files, phone: answer_withdrawal.refuse(case, who, body, now),
    "move_original": lambda case, who, body, now, files, phone: move_original.plan(case, who, body, now),
    "note": lambda case, who, body, now, files, phone: note.plan(case, who, body, now, files, phone),
}


# Deeds of several words: (the case before a word, the plan of the word), in their order
STAGES: Mapping[str, Callable[..., list[tuple[Case, Plan]]]] = {"decide_at_once": decide_at_once.stages}


def stages(
    case: Case, deed: str, who: Who, body: Body, now: datetime, files: Files, phone: str
) -> list[tuple[Case, Plan]]:
    """What the deed says, word by word, each from the case as it stands before it. Raises Invalid, WrongState."""
    if deed in STAGES:
        return STAGES[deed](case, who, body, now, files, phone)
    return [(case, PLANS[deed](case, who, body, now, files, phone))]


def seen_from_handler(case: Case) -> Case:
    """The same case as the handler would hold it."""
    leg = copy(case.leg)
    leg.role = "handler"
    return replace(case, leg=leg)


def words(case: Case, deed: str, who: Who, body: Body, now: datetime, files: Files, phone: str) -> list[Word]:
    """The messages that the deed comes to, in their order; most are one. Raises Invalid, WrongState."""
    told = stages(seen_from_handler(case), deed, who, body, now, files, phone)
    return [word for _, plan in told for word in plan.words]
