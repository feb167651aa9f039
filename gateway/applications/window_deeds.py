"""Deeds of the window, each once: what it does with a case or one part of it, and what with the whole of a joint case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications import whole_deeds
from gateway.applications.as_handler import DeedPlan
from gateway.applications.case import Case
from gateway.applications.case_door import Body, digests, entries
from gateway.applications.deeds import (
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
from gateway.applications.plan import Plan, Who

OfWhole = Callable[[Case, Sequence[Case], Who, Body, datetime, Mapping[str, Any], str], Sequence[tuple[Case, Plan]]]
"""(whole, its parts, who, body, now, files, phone) -> what is done with which of them."""


@dataclass(frozen=True)
class WindowDeed:
    """`may`: the deed that roles and scopes name; `route`: under which repeats are known; `files`: what the body names."""

    may: str
    route: str
    plan: DeedPlan
    of_whole: OfWhole | None = None  # None: a whole is planned like any case
    files: Callable[[Body], list[Any]] = lambda body: []


def _of_materials(body: Body) -> list[Any]:
    return [entry.get("sha256") for entry in entries(body.get("materials"))]


def _attached(body: Body) -> list[Any]:
    return digests(body.get("attachments"))


SUPPLEMENT = WindowDeed(
    "supplement",
    "supplements",
    lambda case, who, body, now, files, phone: supplement.plan(case, who, body, now, files),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.supplementing(whole, parts, who, body, now, files),
    _of_materials,
)
BRING_LATER = WindowDeed("supplement", "materials", later.plan, whole_deeds.bringing, _of_materials)
WITHDRAW = WindowDeed(
    "withdraw",
    "withdrawal",
    lambda case, who, body, now, files, phone: withdraw.plan(case, who, body, now),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.withdrawal(whole, parts, who, body, now),
)
URGE = WindowDeed(
    "urge",
    "urges",
    lambda case, who, body, now, files, phone: urge.plan(case, who, body, now),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.urging(whole, parts, who, body, now),
)
NOTE = WindowDeed("note", "notes", note.plan, whole_deeds.noting, _attached)
TELL_OF_FEE = WindowDeed("note", "fee", fee.plan, whole_deeds.paying, _attached)
HAND_OVER = WindowDeed(
    "hand_over",
    "handover",
    lambda case, who, body, now, files, phone: hand_over.plan(case, who, body, now, files),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.handing_over(whole, parts, who, body, now, files),
    lambda body: [body.get("proof")],
)
MOVE_ORIGINAL = WindowDeed(
    "move_original",
    "originals",
    lambda case, who, body, now, files, phone: move_original.plan(case, who, body, now),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.moving(whole, parts, who, body, now),
)
LOG_CONTACT = WindowDeed(
    "log_contact",
    "contacts",
    lambda case, who, body, now, files, phone: log_contact.plan(case, who, body, now),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.contacting(whole, parts, who, body, now),
)
RATE = WindowDeed(
    "rate",
    "rating",
    lambda case, who, body, now, files, phone: rate.plan(case, who, body, now),
    lambda whole, parts, who, body, now, files, phone: whole_deeds.rating(whole, parts, who, body, now),
)
