"""A side that decides: where its pages stand, who reads them, how a case is opened there and a deed done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from gateway.applications.case import Case, Json
from gateway.web.handling_bodies import Reader

Act = Callable[[web.Request, str, str, Json, str | None], Awaitable[str]]
"""(request, number, deed, body, key of the form) -> what became of it: applied, recorded, held, parked or stored."""


Preview = Callable[[web.Request, str, str, Json], Awaitable[list[Json]]]
"""(request, number, deed, body) -> the contents of the papers that the deed would issue; empty when it issues none."""


@dataclass(frozen=True)
class Side:
    """Where these pages stand, who reads them, and how a case is opened and a deed done."""

    key: str  # entry of the bar
    address: str
    title: str
    about: str
    readers: Sequence[str]
    hands: Sequence[str]
    role: str  # of the legs that are listed
    open: Callable[[web.Request], Awaitable[Case]]
    act: Act
    why_closed: Callable[[web.Request], str | None]  # why nothing can be done here; None: it can
    preview: (
        Preview | None
    )  # the paper that a deed would issue; None: papers of this county are uploaded, never issued here
    acts_as: str | None = None  # whose deeds are done here, when it is not the reader's own role
    told: Callable[[Reader], Json] | None = None  # what a form says besides the deed: on whose word it is done
    ways: Sequence[tuple[str, str]] = ()  # how such a word may come


async def case_of(request: web.Request, side: Side) -> Case:
    """The case, when it is one that this side decides; the other side's pages otherwise."""
    case = await side.open(request)
    if case.leg.role != side.role:
        raise web.HTTPSeeOther(f"/applications/{case.application.number}")
    if request.match_info["number"] != case.number:
        raise web.HTTPSeeOther(f"{side.address}/{case.number}")
    return case
