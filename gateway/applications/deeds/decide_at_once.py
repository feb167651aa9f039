"""即办: a matter that the list decides on the spot is accepted and decided in one step, each word with its own paper.

行政许可法 art. 34: what can be decided on the spot is decided in writing on the spot. Both words are said, so that the
other side sees acceptance and decision as it sees them of any case.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds import accept, decide
from gateway.applications.deeds import body as bodies
from gateway.applications.deeds.answer_withdrawal import refuse_unanswered
from gateway.applications.errors import WrongState
from gateway.applications.lifecycle import State
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import refuse_unless_possible

OF_ACCEPTANCE = ("reference", "contact", "document")
OPTIONAL = {**decide.OPTIONAL, "contact": dict, "document": dict}


def possible(case: Case) -> bool:
    """Does the list decide this matter on the spot, and is the case still to be taken?"""
    return case.state is State.SUBMITTED and case.matter is not None and case.matter.instant


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> Plan:
    """Both words as one plan. Body as of a decision, with `contact` and `document` (of the acceptance) besides."""
    return joined([told for _, told in stages(case, who, body, now, files, phone)])


def stages(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> list[tuple[Case, Plan]]:
    """(the case before the word, its plan): the acceptance, then the decision. Raises Invalid, WrongState."""
    values = bodies.read(body, {"outcome": str}, OPTIONAL)
    refuse_unless_possible(case, accept.TYPE)
    if not possible(case):
        raise WrongState("清单没有把本事项列为即办，请先受理，再办结")
    refuse_unanswered(case)
    taking = {name: values[name] for name in OF_ACCEPTANCE if name in values}
    accepted = accept.plan(case, who, taking | {"promised_by": local_day(now).isoformat()}, now, files, phone)
    then = after(case, accepted)
    deciding = {name: value for name, value in values.items() if name in {"outcome", *decide.OPTIONAL}}
    return [(case, accepted), (then, decide.plan(then, who, deciding, now, files))]


def after(case: Case, plan: Plan) -> Case:
    """The case as it stands once the plan is written; the locked one is not touched."""
    leg = copy(case.leg)
    for column, value in plan.leg.items():
        setattr(leg, column, value)
    then = replace(case, leg=leg)
    then.said = dict(case.said if plan.said is None else plan.said)
    return then


def joined(plans: list[Plan]) -> Plan:
    """Plans of one case, one after another, as one; each step keeps the state that it led to."""
    first, *others = plans
    whole = replace(first, marks=_in_state(first))
    for one in others:
        whole = replace(
            whole,
            leg={**whole.leg, **one.leg},
            said=one.said if one.said is not None else whole.said,
            words=whole.words + one.words,
            marks=whole.marks + _in_state(one),
            notes=whole.notes + one.notes,
            mentions=whole.mentions + one.mentions,
        )
    return whole


def _in_state(plan: Plan) -> tuple[Any, ...]:
    return tuple(replace(mark, state=plan.leg["state"]) for mark in plan.marks)
