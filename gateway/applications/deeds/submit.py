"""收件并转送: a new case begins, is numbered, and is said to the county that decides."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import effects, filing, words
from gateway.applications.batch import Batch
from gateway.applications.case import Case, House, applicant_of, context, place, seal
from gateway.applications.lifecycle import Move, State
from gateway.applications.papers import window as window_papers
from gateway.applications.plan import Mark, Note, Plan, Who, Word
from gateway.applications.tables import Application, Leg
from messaging import conversation, ids
from messaging.tables import DataKey


def begin(
    number: str, now: datetime, house: House, batch: Batch, sorted_: filing.Sorted, files: Sequence[Mapping[str, Any]],
    who: Who, source: int, window: Mapping[str, str], reference: str | None, client: str | None, owner: str | None,
    promised: Sequence[Mapping[str, Any]] = (),
) -> tuple[Case, DataKey, Plan]:  # fmt: skip
    """The case under its number with its key, and the plan that sends it. Its first contact looks after it (首问负责)."""
    key = batch.tools.sender.keys.make(now)
    case = opened(number, now, house, batch, key, sorted_, files, source, window, reference, client, promised)
    data = filing.submitted_data(sorted_, [dict(file) for file in files], now, window, promised)
    changes, _ = effects.effect(case, "application.submitted", data, Move(State.SUBMITTED), now)
    text = words.text("application.submitted", case.handler_name, place(house.home), data)
    receipt = window_papers.receipt(case, changes["clocks"], now, who.name)
    mentioned = [(str(file["sha256"]), place_) for file in files for place_ in (case.leg.partner, house.home)]
    plan = Plan(
        who=who,
        leg=changes | ({"owner": owner, "owner_name": who.name[:64]} if owner else {}),
        words=(Word("application.submitted", data),),
        marks=(Mark("application.submitted", text, {"window": window["name"]}),),
        notes=(Note("application.submitted", None, {"matter": sorted_.matter.id, "state": "SUBMITTED"}),),
        papers=(receipt,),
        mentions=tuple(mentioned),
    )
    return case, key, plan


def opened(
    number: str, now: datetime, house: House, batch: Batch, key: DataKey, sorted_: filing.Sorted,
    files: Sequence[Mapping[str, Any]], source: int, window: Mapping[str, str], reference: str | None, client: str | None,
    promised: Sequence[Mapping[str, Any]] = (),
) -> Case:  # fmt: skip
    """The rows of a case that begins, with what is sealed in them still in hand."""
    keys, row_id, matter = batch.tools.sender.keys, ids.row_id(), sorted_.matter
    person = applicant_of(sorted_.answers, matter.line.service_object)
    document: dict[str, Any] = {"answers": sorted_.answers, "attachments": [dict(file) for file in files]}
    if promised:
        document["promised"] = [{"name": one["name"], "due_on": one["due_on"]} for one in promised]
    application = Application(
        id=row_id,
        number=number,
        role="origin",
        origin=house.home,
        matter_id=matter.id,
        matter_name=matter.name,
        mode=matter.mode,
        agreement=matter.agreement,
        agreement_version=matter.version,
        form=sorted_.form.id,
        form_version=sorted_.form.version,
        key_id=key.id,
        person=seal(keys, key.id, person, context("case_application", "person", row_id)),
        answers=seal(keys, key.id, document, context("case_application", "answers", row_id)),
        id_index=batch.tools.search.id_index(person["id_number"]),
        reference=reference,
        source=source,
        window=window["name"],
        clerk=window["clerk"],
        client=client,
        received_at=now,
    )
    leg = new_leg(number, row_id, sorted_.handler.code, "waiting", now)
    talk = conversation.new(sorted_.handler.code, number, key.id)
    return Case.new(house, keys, application, leg, talk, matter, person, document)


def new_leg(number: str, application_id: int, handler: str, delivery: str, now: datetime) -> Leg:
    """The leg of a case that was received here, as it begins."""
    return Leg(
        id=ids.row_id(),
        application_id=application_id,
        number=number,
        role="origin",
        partner=handler,
        handler=handler,
        stage=1,
        state=State.SUBMITTED.value,
        version=0,
        delivery=delivery,
        delivery_sequence=0,
        clocks=[],
        supplements=0,
        audit_sequence=0,
        audit_hash="",
        updated_at=now,
    )
