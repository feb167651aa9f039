"""Originals as a case shows them: each paper, where it is, and what can be told of it from this side."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.applications import originals
from gateway.applications.case import Case, place
from gateway.applications.words import HOLDERS
from gateway.web import chips

TONES = {"post": "warn", "applicant": "good", "lost": "bad"}
TELLS = {"sent": "寄出", "received": "收到", "returned": "退还申请人", "lost": "遗失"}


@dataclass(frozen=True)
class OriginalShown:
    """One paper; `steps` are (value, what a person says) that this side may tell now."""

    name: str
    copies: int
    where: chips.Chip
    waybill: str | None
    since: str | None
    steps: Sequence[tuple[str, str]]


def shown(case: Case, *, as_handler: bool) -> list[OriginalShown]:
    """Every original of the case, seen from the window or from the side that decides."""
    by = originals.HANDLER if as_handler else originals.ORIGIN
    places = {"origin": f"{place(case.application.origin)}窗口", "handler": originals.handler_name(case)}
    return [
        OriginalShown(
            one.name,
            one.copies,
            chips.Chip(HOLDERS[one.holder].format(**places), TONES.get(one.holder, "info")),
            one.waybill,
            one.since,
            [(step, TELLS[step]) for step in originals.steps(one, by)],
        )
        for one in originals.of(case)
    ]
