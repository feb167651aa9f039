"""Originals: which paper, who holds it, on which waybill. Both sides tell each other every step."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gateway.applications import joint
from gateway.applications.case import Case, place

ON_PAPER = "纸质原件"
PARCEL_DAYS = 5  # working days in which a parcel is to be there
# Who holds it now
ORIGIN, HANDLER, POST, APPLICANT, LOST = "origin", "handler", "post", "applicant", "lost"
LOOSE = frozenset({ORIGIN, POST})  # before the end somebody has to say where it goes


@dataclass(frozen=True)
class Original:
    """One paper. `to` is where a parcel goes; `since` is RFC 3339, None where it has not moved yet."""

    name: str
    copies: int = 1
    holder: str = ORIGIN
    to: str | None = None
    waybill: str | None = None
    since: str | None = None


def of(case: Case) -> list[Original]:
    """Every original of a case, as far as both sides have told.

    Where the window keeps originals it is to post them; otherwise it looks at the paper and gives it back at once.
    """
    first = _first(case)
    found = {name: Original(name, copies, first) for name, copies in _given(case)}
    for name, row in (case.said.get("originals") or {}).items():
        before = found.get(name, Original(name))
        found[name] = replace(before, **row)
    return list(found.values())


def _first(case: Case) -> str:
    """Who has a paper that was handed in, until it moves. Of a joint case's parts one gets it."""
    kept = case.application.joint
    if kept and case.leg.part and case.leg.part != joint.holds_originals(kept):
        return APPLICANT
    return ORIGIN if case.duties["originals"] == "origin" else APPLICANT


def handler_name(case: Case) -> str:
    """The deciding side that has or gets the papers."""
    kept = case.application.joint
    if not kept or not case.is_whole:
        return case.handler_name
    holder = joint.holds_originals(kept)
    return place(next(one["handler"] for one in kept["parts"] if one["part"] == holder))


def _given(case: Case) -> list[tuple[str, int]]:
    """What was handed in on paper at the window: with the application, and with a supplement."""
    given = [
        (one["name"], 1) for one in case.document["answers"].get("materials") or [] if one.get("source") == ON_PAPER
    ]
    announced = [(one["name"], int(one["copies"])) for one in case.document.get("originals") or []]
    supplied = [(one["name"], 1) for one in case.document.get("supplied") or [] if one.get("kind") == ON_PAPER]
    return [*given, *announced, *supplied]


def with_supplied(case: Case, materials: Sequence[Mapping[str, Any]]) -> list[Original]:
    """With those that a supplement brings."""
    known = of(case)
    new = {str(one["name"]) for one in materials if one.get("kind") == ON_PAPER} - {one.name for one in known}
    first = _first(case)
    return [*known, *(Original(name, 1, first) for name in sorted(new))]


def moved(case: Case, data: Mapping[str, Any], by: str) -> list[Original]:
    """After a step that `by` (origin or handler) told; a paper that nobody had named is named now."""
    known = {one.name: one for one in of(case)}
    before = known.get(data["name"], Original(data["name"]))
    other = HANDLER if by == ORIGIN else ORIGIN
    holder = {"sent": POST, "received": by, "returned": APPLICANT, "lost": LOST}[data["step"]]
    waybill = data.get("waybill") or (before.waybill if data["step"] == "received" else None)
    to = other if data["step"] == "sent" else None
    return list(
        (known | {before.name: replace(before, holder=holder, to=to, waybill=waybill, since=data["at"])}).values()
    )


def kept(originals: Sequence[Original]) -> dict[str, dict[str, Any]]:
    """As the case keeps it: what has moved."""
    rows = {one.name: asdict(one) for one in originals if one.since is not None}
    return {name: {member: value for member, value in row.items() if member != "name"} for name, row in rows.items()}


def loose(originals: Sequence[Original]) -> list[Original]:
    """Those at the window or on the way: a case cannot be closed over them."""
    return [one for one in originals if one.holder in LOOSE]


def on_the_way(originals: Sequence[Original]) -> list[Original]:
    """Those in parcels, the longest first."""
    return sorted((one for one in originals if one.holder == POST), key=lambda one: one.since or "")


def steps(one: Original, by: str) -> list[str]:
    """What `by` may say of it now, the most likely first."""
    match one.holder:
        case "post":
            return ["received", "lost"] if one.to == by else ["lost", "received"]
        case "applicant":
            return ["received"]
        case "lost":
            return ["received"]
    return ["sent", "returned", "lost"] if one.holder == by else ["received"]
