"""What a supplement does to a case's document: values put at places, and whether the form has such places at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case, applicant_of
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding
from matters_map import validation
from matters_map.findings import path_of

Json = dict[str, Any]


class NoPlace(Exception):
    """The document cannot have anything at this pointer."""


def full(pointer: str) -> str:
    """A pointer as requests and messages name it: `/purpose` -> `/answers/purpose`."""
    return pointer if pointer.startswith("/answers/") else "/answers" + pointer


def has_place(case: Case, pointer: str) -> bool:
    """Could an answer stand at this pointer? Only the case's form knows; without it any place in the document will do."""
    try:
        changed = set_pointers(case.document["answers"], {pointer: None})
    except NoPlace:
        return False
    if case.form is None:
        return True
    found = validation.check(case.form, changed, on=local_day(case.application.received_at))
    foreign = [finding.pointer for finding in found if finding.code == validation.UNKNOWN]
    return not any((full(pointer) + "/").startswith(one + "/") for one in foreign)


def filled(case: Case, values: Mapping[str, Any]) -> Json:
    """The document with these values in their places, an ID number's last letter raised. Raises NoPlace."""
    changed = set_pointers(case.document["answers"], values)
    if case.form is None:
        return changed
    normal: Json = validation.normalise(case.form, changed)
    return normal


def at(document: Json, pointer: str) -> Any:
    """The value in a document that was just put there."""
    found: Any = document
    for step in _steps(pointer):
        found = found[-1 if step == "-" else int(step)] if isinstance(found, list) else found[step]
    return found


def broken(case: Case, document: Json, now: datetime) -> list[Finding]:
    """What the form says of a changed document and did not say before."""
    if case.form is None:
        return []
    day = local_day(now)
    before = {(one.pointer, one.code) for one in validation.check(case.form, case.document["answers"], on=day)}
    found = validation.check(case.form, document, on=day)
    return [Finding(one.pointer, one.code, one.detail) for one in found if (one.pointer, one.code) not in before]


def person(case: Case, answers: Mapping[str, Any]) -> Json | None:
    """The applicant with what these answers say otherwise than before, or None when that is nothing."""
    before, now = applicant_of(case.document["answers"]), applicant_of(answers)
    changed = {name: value for name, value in now.items() if value != before[name]}
    return {**case.person, **changed} if changed else None


def set_pointers(answers: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the form's document with values put at JSON Pointers (`/answers/…`, as in requests and messages).

    Raises NoPlace.
    """
    changed: dict[str, Any] = _copy(answers)
    for pointer, value in values.items():
        *path, last = _steps(pointer)
        place: Any = changed
        for part in path:
            place = _step(place, part)
        _put(place, last, value)
    return changed


def _steps(pointer: str) -> list[str]:
    """The members on the way into the form's document, at least one."""
    steps = full(pointer).removeprefix("/answers").split("/")
    if len(steps) < 2 or steps[0] or steps == ["", ""]:
        raise NoPlace(pointer)
    return list(path_of("/".join(steps)))


def _step(place: Any, part: str) -> Any:
    if isinstance(place, list) and _row(part) and int(part) < len(place):
        return place[int(part)]
    if isinstance(place, dict):
        return place.setdefault(part, {})
    raise NoPlace(part)


def _put(place: Any, part: str, value: Any) -> None:
    if isinstance(place, dict):
        place[part] = value
    elif isinstance(place, list) and (part == "-" or (_row(part) and int(part) == len(place))):
        place.append(value)
    elif isinstance(place, list) and _row(part) and int(part) < len(place):
        place[int(part)] = value
    else:
        raise NoPlace(part)


def _row(part: str) -> bool:
    return part.isascii() and part.isdigit()


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_copy(part) for part in value]
    return value
