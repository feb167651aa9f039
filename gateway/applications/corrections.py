"""窗口更正: typing errors that the window mends after sending. Which places it may mend, and what both sides keep of it.

The window typed it, so the window mends it; what the applicant's identity was checked against, what decides where the
case belongs, and the materials are not its to change any more: for those the handler returns the case to the window, or
the applicant withdraws. Everything else may be corrected while the case is open, and stands marked, before beside after.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import supplements
from gateway.applications.case import Case
from gateway.applications.lifecycle import State
from matters_map.canonical import canonical
from matters_map.findings import pointer_of
from matters_map.schema_walk import SchemaWalk
from messaging.envelope import rfc3339

Json = dict[str, Any]
STATES = frozenset({State.SUBMITTED, State.ACCEPTED, State.SUSPENDED})  # a case that waits for a supplement is answered
MARK = "受理后更正"  # stands beside a case that was corrected after it had been accepted
# What the case is and who; materials travel with a supplement, and who acts for whom is checked at the window
NOT_OURS = frozenset({"matterCode", "targetRegion", "acceptRegion", "byAgent", "materials", "consent"})
PERSONS = frozenset({"applicant", "agent"})
IDENTITY = frozenset({"name", "idType", "idNumber", "authorization"})  # of a person
NUMBERS = frozenset({"GB11643", "GB32100"})  # `x-check` of an ID number, of a credit code


def places(case: Case) -> list[str]:
    """Pointers (`/answers/…`) of the filled places that the window may correct, in the order of the form."""
    if case.form is None:
        return []
    walk, answers = SchemaWalk(case.form.schema), case.document["answers"]
    fixed: set[tuple[str | int, ...]] = set()
    found: list[tuple[str | int, ...]] = []
    for path, node, value in walk.visit(answers):
        if not path or not isinstance(path[-1], str) or isinstance(value, dict | list):
            continue
        if path not in found:
            found.append(path)
        if node.get("x-check") in NUMBERS or "const" in node:
            fixed.add(path)
    return ["/answers" + pointer_of(path) for path in found if path not in fixed and _ours(path)]


def _ours(path: Sequence[str | int]) -> bool:
    return path[0] not in NOT_OURS and not (path[0] in PERSONS and path[-1] in IDENTITY)


def digest(answers: Mapping[str, Any]) -> str:
    """SHA-256 of the form's document, by which both sides can hold what they have against each other's."""
    return hashlib.sha256(canonical(dict(answers))).hexdigest()


def value_at(answers: Mapping[str, Any], pointer: str) -> Any:
    """What stands there now, None when nothing does."""
    try:
        return supplements.at(dict(answers), pointer)
    except (KeyError, IndexError, TypeError, ValueError, supplements.NoPlace):
        return None


def told(correction: Mapping[str, Any], at: datetime, by: str, *, taken: bool = True) -> Json:
    """How a leg keeps it: `{"at","by","reason","items":[{"pointer","before","after"}],"before","after","taken"}`."""
    return {
        "at": rfc3339(at),
        "by": by,
        "reason": correction["reason"],
        "items": [{name: item[name] for name in ("pointer", "before", "after")} for item in correction["items"]],
        "before": correction["sha256_before"],
        "after": correction["sha256_after"],
        "taken": taken,
    }


def kept(case: Case) -> list[Json]:
    """Every correction of the case, oldest first."""
    return list(case.said.get("corrections") or [])


def taken_back(case: Case, after: str) -> tuple[Json, list[Json]] | None:
    """The document without the correction that the handler did not take, and without those that came after it; and
    what the leg keeps. None when there is no such correction.

    The handler had ended the case when it came, so that none that followed was taken either.
    """
    every = kept(case)
    first = next((place for place, one in enumerate(every) if one["after"] == after and one["taken"]), None)
    if first is None:
        return None
    answers: Json = case.document["answers"]
    for one in reversed(every[first:]):
        answers = supplements.set_pointers(answers, {item["pointer"]: item["before"] for item in one["items"]})
    return answers, [*every[:first], *({**one, "taken": False} for one in every[first:])]
