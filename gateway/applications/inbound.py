"""外地来件: a case that another county's window sends to us opens here as the handler's copy."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications import effects, filing, numbers, promises, words
from gateway.applications.batch import Batch
from gateway.applications.case import Case, context, place, seal
from gateway.applications.lifecycle import Move, State
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.speak import attachments_in
from gateway.applications.tables import Application, Leg
from messaging import ids
from messaging.applier import Heard, Unmappable
from messaging.envelope import Envelope
from messaging.tables import Conversation, Incoming


def _matter_id(said: Envelope) -> str:
    """In our lists a line bears our own basic code; for the sender that is the handler's."""
    return f"{said.data['agreement']}.{said.data['matter']['handler_code']}"


def version_known(batch: Batch, said: Envelope) -> bool:
    """Do we have the list version that the case was filed under?"""
    data = said.data
    return batch.tools.version_known(data["agreement"], data["version"])


def open_new(batch: Batch, said: Envelope, row: Incoming, talk: Conversation) -> Heard:
    """Open the case in SUBMITTED and start its clocks. Raises Unmappable for a number that is not theirs to give, and
    when the list has no such line for them.
    """
    data = said.data
    if not said.subject.startswith(said.sender) or len(said.subject) > numbers.LENGTH:
        raise Unmappable("not_their_number")
    matter = batch.tools.matter_of(data["agreement"], data["version"], _matter_id(said))
    if matter is None:
        raise Unmappable("matter_not_in_list")
    if matter.handler(said.sender) is None or matter.direction == "outbound":
        raise Unmappable("not_agreed_with_sender")
    case = _case(batch, said, talk)
    case.matter = matter
    batch.begin(case, None, talk_is_new=False)
    changes, _ = effects.effect(case, said.type, data, Move(State.SUBMITTED), batch.now)
    text = words.text(said.type, place(batch.house.home), place(said.sender), data)
    detail = {
        "message": said.id,
        "sha256": row.sha256,
        "kid": row.kid,
        "custodial": row.custodial,
        "state": "SUBMITTED",
    }
    plan = Plan(
        who=Who(said.sender, "partner", str(data["window"].get("clerk") or place(said.sender))[:60]),
        leg=changes | {"department": matter.line.department[:100] or None},
        marks=(Mark(said.type, text, {"window": data["window"].get("name")}),),
        notes=(Note(said.type, None, detail),),
        mentions=tuple((one["sha256"], batch.house.home) for one in attachments_in(data)),
    )
    batch.carry_out(case, plan, message_id=said.id, trace=said.traceparent)
    return Heard("applied")


def _case(batch: Batch, said: Envelope, talk: Conversation) -> Case:
    data, keys, row_id = said.data, batch.tools.sender.keys, ids.row_id()
    person: dict[str, Any] = dict(data["applicant"])
    listed, beside = _materials(data)
    document = {"answers": data["answers"], "attachments": _files(listed), "originals": data.get("originals") or []}
    document |= {"supplied": beside} if beside else {}
    document["window_phone"] = str(data["window"].get("phone") or "")[:40]
    document |= {"promised": owed} if (owed := promises.told(data["materials"])) else {}
    if data.get("joint"):
        document["joint"] = data["joint"]
    own = {
        "role": "handler",
        "origin": said.sender,
        "matter_id": _matter_id(said),
        "form": "",
        "form_version": 0,
        "source": 0,
    }
    application = application_told(batch, said, talk.key_id, row_id, person, document, own)
    leg = Leg(
        id=ids.row_id(),
        application_id=row_id,
        number=said.subject,
        role="handler",
        partner=said.sender,
        handler=batch.house.home,
        state=State.SUBMITTED.value,
        delivery="receipted",  # nothing that we said waits to be received
        clocks=[],
        updated_at=batch.now,
    )
    return Case.new(batch.house, keys, application, leg, talk, None, person, document)


def application_told(
    batch: Batch,
    said: Envelope,
    key_id: int,
    row_id: int,
    person: Mapping[str, Any],
    document: Mapping[str, Any],
    own: Mapping[str, Any],
) -> Application:
    """The row of a case as its first message tells it; `own` are the columns that each side has otherwise."""
    data, keys = said.data, batch.tools.sender.keys
    return Application(
        id=row_id,
        number=said.subject,
        matter_name=data["matter"]["name"][:200],
        mode=data["mode"],
        agreement=data["agreement"],
        agreement_version=data["version"],
        key_id=key_id,
        person=seal(keys, key_id, person, context("case_application", "person", row_id)),
        answers=seal(keys, key_id, document, context("case_application", "answers", row_id)),
        id_index=batch.tools.search.id_index(str(person.get("id_number", ""))),
        window=str(data["window"].get("name") or "")[:64],
        clerk=str(data["window"].get("clerk") or "")[:64],
        received_at=effects.instant(data["received_at"]),
        **own,
    )


def _materials(data: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(those that the answers list too, those beside them: what came after the form was filled); promises are neither."""
    form = [one.get("name") for one in data["answers"].get("materials") or [] if isinstance(one, Mapping)]
    listed: list[dict[str, Any]] = []
    beside: list[dict[str, Any]] = []
    for one in data["materials"]:
        if not promises.is_one(one):
            (listed if one["name"] in form and len(listed) < len(form) else beside).append(one)
    return listed, beside


def _files(materials: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every file under its material's name, several of one in their order."""
    return [{"material": one["name"], **file} for one in materials for file in filing.files_of(one)]
