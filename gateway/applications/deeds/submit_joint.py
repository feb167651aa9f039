"""多地联办收件: one application, the whole under its own number, and a part for each place under a number of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import filing
from gateway.applications.batch import Batch
from gateway.applications.case import Case, House, context, place, seal
from gateway.applications.deeds import submit
from gateway.applications.lifecycle import State
from gateway.applications.papers import window as window_papers
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.tables import Leg
from matters_map.joint import Joint, Placed
from messaging import conversation
from messaging.tables import DataKey

TYPE = "application.submitted"


def begin(
    numbers: Sequence[str], now: datetime, house: House, batch: Batch, sorted_: filing.Sorted,
    files: Sequence[Mapping[str, Any]], who: Who, source: int, window: Mapping[str, str], reference: str | None,
    client: str | None, owner: str | None, promised: Sequence[Mapping[str, Any]] = (),
) -> tuple[Case, list[Case], DataKey, Plan]:  # fmt: skip
    """The whole and its parts with their key, and the plan that begins the whole; nothing is said to anybody by it."""
    assert sorted_.joint is not None  # noqa: S101
    number, *of_parts = numbers
    key = batch.tools.sender.keys.make(now)
    plain = submit.opened(number, now, house, batch, key, sorted_, files, source, window, reference, client, promised)
    app, keys = plain.application, batch.tools.sender.keys
    app.joint = _kept(sorted_.joint, sorted_.parts, of_parts)
    document = {**plain.document, "window": dict(window)}
    app.answers = seal(keys, key.id, document, context("case_application", "answers", app.id))
    leg = _leg(number, app.id, _lead(sorted_).handler.code, "whole", now)
    leg.partner, leg.state, leg.stage = house.home, State.SUBMITTED.value, 0
    person, matter = plain.person, sorted_.matter
    whole = Case.new(house, keys, app, leg, conversation.new(house.home, number, key.id), matter, person, document)
    parts = []
    for one, its_number in zip(sorted_.parts, of_parts, strict=True):
        at_home = one.handler.code == house.home
        row = _leg(its_number, app.id, one.handler.code, "handler" if at_home else "origin", now)
        row.part, row.stage = one.part, one.stage
        talk = conversation.new(row.partner, its_number, key.id)
        parts.append(Case.new(house, keys, app, row, talk, matter, person, document))
    return whole, parts, key, _plan(whole, parts, files, who, owner, now)


def _kept(joint: Joint, parts: Sequence[Placed], numbers: Sequence[str]) -> dict[str, Any]:
    """What the application keeps of the line: who does what, and how it belongs together."""
    return {
        "lead": joint.lead,
        "join": joint.join,
        "on_refusal": joint.on_refusal,
        "on_withdrawal": joint.on_withdrawal,
        "parts": [
            {
                "part": one.part,
                "number": number,
                "handler": one.handler.code,
                "basic_code": one.handler.basic_code,
                "stage": one.stage,
                "does": list(one.does),
                "told": list(one.told),
                "statutory_days": one.statutory_days,
            }
            for one, number in zip(parts, numbers, strict=True)
        ],
    }


def _lead(sorted_: filing.Sorted) -> Placed:
    assert sorted_.joint is not None  # noqa: S101
    return next(one for one in sorted_.parts if one.part == sorted_.joint.lead)


def _leg(number: str, application_id: int, handler: str, role: str, now: datetime) -> Leg:
    """A row that waits to be begun."""
    leg = submit.new_leg(number, application_id, handler, "waiting", now)
    leg.role, leg.state = role, State.DRAFT.value
    return leg


def _plan(
    whole: Case, parts: Sequence[Case], files: Sequence[Mapping[str, Any]], who: Who, owner: str | None, now: datetime
) -> Plan:
    places = "、".join(dict.fromkeys(one.handler_name for one in parts))
    text = f"{place(whole.application.origin)}窗口收件，由{places}联办，{whole.handler_name}牵头"
    return Plan(
        who=who,
        leg={"owner": owner, "owner_name": who.name[:64]} if owner else {},
        marks=(Mark(TYPE, text, {"window": whole.application.window}),),
        notes=(
            Note(
                TYPE,
                None,
                {
                    "matter": whole.application.matter_id,
                    "state": "SUBMITTED",
                    "parts": [
                        {"number": one.number, "handler": one.leg.handler, "stage": one.leg.stage} for one in parts
                    ],
                },
            ),
        ),
        papers=(window_papers.joint_receipt(whole, now, who.name),),
        mentions=tuple((str(file["sha256"]), whole.house.home) for file in files),
    )
