"""Our own messages come back from a partner that has them while we, restored from a backup, do not: they are ours again.

They have their effect on our own case as they had it then, in the order in which both sides had spoken; a case that was
filed after the backup begins anew under its number. What we said meanwhile under one of their numbers gives way, and is
said again under the next.
"""

from typing import Any

from gateway.applications import effects, filing, lifecycle, numbers, promises, supplements, words
from gateway.applications.batch import Batch
from gateway.applications.case import Case, place
from gateway.applications.deeds.submit import new_leg
from gateway.applications.hear import document_after
from gateway.applications.inbound import application_told
from gateway.applications.lifecycle import Move, State
from gateway.applications.plan import Mark, Note, Plan, Who, Word
from gateway.applications.speak import attachments_in
from messaging import applier, at_rest, envelope, ids, outbox, restored
from messaging.applier import Unmappable
from messaging.conversation import Pair
from messaging.envelope import Envelope
from messaging.tables import Conversation, Incoming, Outgoing

SUBMITTED = "application.submitted"


def adopt(batch: Batch, pair: Pair) -> list[Incoming]:
    """Take back, in order, whatever may be taken back now; the rows of which that changed anything."""
    talk, changed = batch.talks[pair], []
    for row in batch.returned.get(pair, []):
        if row.state not in applier.WAITING:
            continue
        said = applier.read(batch.tools.sender.keys, row)
        talk.next_out = max(talk.next_out, (said.sequence or 0) + 1)
        before = (row.state, row.reason)
        _settle(batch, row, *_one(batch, talk, row, said))
        if (row.state, row.reason) != before:
            changed.append(row)
    return changed


def _settle(batch: Batch, row: Incoming, state: str, reason: str | None) -> None:
    row.state, row.reason = state, reason
    if state != "held":
        row.applied_at = row.receipt_due_at = batch.now


def _one(batch: Batch, talk: Conversation, row: Incoming, said: Envelope) -> tuple[str, str | None]:
    """What becomes of one of them: (state, reason)."""
    ours = batch.said.setdefault((talk.partner, talk.subject), [])
    if any(one.message_id == said.id for one in ours):
        return "applied", None  # it was in our books all the time
    case = batch.cases.get((talk.partner, talk.subject))
    wait = _waits_for(talk, ours, said)
    if wait is not None and batch.now < row.stored_at + restored.PATIENCE:
        return "held", wait
    rival = next((one for one in ours if one.sequence == said.sequence and _stands(one, said)), None)
    again = case is not None and not case.leg.part  # a part of a joint case has its number before it is begun
    if said.type == SUBMITTED and (again or not said.subject.startswith(batch.house.home)):
        return "parked", "number_given_twice"
    if said.type != SUBMITTED and case is None and len(said.subject) <= numbers.LENGTH:
        return "parked", "no_such_case"
    letter = outbox.taken_back(batch.tools.sender, talk, said, _body(batch, row), row.signature, row.kid, batch.now)
    try:
        _have_effect(batch, talk, case, said, letter)
    except Unmappable as error:
        return "parked", str(error)
    batch.take_back(letter)
    ours.append(letter)
    if rival is not None:
        _give_way(batch, case, rival, said)
    return "applied", None


def _waits_for(talk: Conversation, ours: list[Outgoing], said: Envelope) -> str | None:
    """What was said before it, by us or by them, comes first."""
    number = said.sequence or 0
    if number > 1 and not any(one.sequence == number - 1 for one in ours):
        return "own_earlier_missing"
    return "theirs_missing" if (said.seen or 0) >= talk.next_in else None


def _stands(rival: Outgoing, said: Envelope) -> bool:
    return rival.outcome != "superseded" and said.replaces != rival.message_id


def _body(batch: Batch, row: Incoming) -> bytes:
    return batch.tools.sender.keys.open(row.key_id, row.body, at_rest.incoming(row.partner, row.message_id))


def _have_effect(batch: Batch, talk: Conversation, case: Case | None, said: Envelope, letter: Outgoing) -> None:
    if case is None and said.type == SUBMITTED:
        case = _begun_again(batch, talk, said)
        batch.begin(case, None, talk_is_new=False)
        changes, _ = effects.effect(case, said.type, said.data, Move(State.SUBMITTED), said.time)
        _carry_out(batch, case, said, letter, _plan(batch, case, said, changes, None, None))
    elif case is not None:
        move = lifecycle.hear(case.state, said.type, outcome=said.data.get("outcome"), back_to=case.back_to)
        if not (said.known and move.counts):
            _carry_out(batch, case, said, letter, _plan(batch, case, said, {}, None, "late"))
            return
        changes, heard = effects.effect(case, said.type, said.data, move, min(said.time, batch.now))
        if said.type == SUBMITTED:
            changes |= {"begun_at": said.time}
        _carry_out(batch, case, said, letter, _plan(batch, case, said, changes, heard, None))


def _plan(
    batch: Batch, case: Case, said: Envelope, changes: dict[str, Any], heard: dict[str, Any] | None, why: str | None
) -> Plan:
    text = words.text(said.type, case.handler_name, place(case.application.origin), said.data)
    detail = {"message": said.id, "adopted": True, "state": changes.get("state", case.leg.state)}
    document = document_after(case, said) if why is None and said.type != SUBMITTED else None
    if why is None and said.type == SUBMITTED and case.leg.part:
        attached = case.document["attachments"]
        document = {"answers": said.data["answers"], "attachments": attached, "joint": said.data.get("joint")}
    kept = dict(said.data) | {"proof": None, "by": place(batch.house.home)}
    handed = why is None and said.type == "result.handed_over"
    files = [str(one["sha256"]) for one in attachments_in(said.data)]
    return Plan(
        who=Who(batch.house.home, "system", "通办"),
        leg=changes,
        application={"handed_over_at": effects.instant(said.data["at"])} if handed else {},
        said=heard,
        document=document,
        person=None if document is None else supplements.person(case, document["answers"]),
        hand_over=kept if handed else None,
        rating=dict(said.data) | {"at": envelope.rfc3339(said.time)} if said.type == "application.rated" else None,
        marks=(Mark(said.type, text + "（恢复后自对方取回）", {"recorded": why} if why else {}),),
        notes=(Note(said.type, why, detail),),
        mentions=tuple(
            (sha256, allowed)
            for sha256 in files
            if sha256 not in batch.lost
            for allowed in (case.leg.partner, batch.house.home)
        ),
    )


def _carry_out(batch: Batch, case: Case, said: Envelope, letter: Outgoing, plan: Plan) -> None:
    batch.carry_out(case, plan, message_id=letter.message_id, trace=said.traceparent)
    if (letter.sequence or 0) >= case.leg.delivery_sequence:
        case.leg.delivery, case.leg.delivery_at, case.leg.delivery_reason = "sent", batch.now, None
        case.leg.delivery_sequence = letter.sequence or 0


def _give_way(batch: Batch, case: Case | None, rival: Outgoing, said: Envelope) -> None:
    """The same word twice is dropped; anything else is said again under the next number."""
    keys = batch.tools.sender.keys
    other = envelope.parse(keys.open(rival.key_id, rival.body, at_rest.outgoing(rival.message_id)))
    outbox.gave_way(rival, batch.now)
    batch.gave_way.append(rival)
    if case is None or (other.type, other.data) == (said.type, said.data):
        return
    detail = {"message": rival.message_id, "sha256": rival.sha256, "number_of": said.id}
    again = Plan(
        Who(batch.house.home, "system", "通办"),
        words=(Word(other.type, other.data),),
        notes=(Note("post.said_again", "number_used_before", detail),),
    )
    batch.carry_out(case, again, trace=rival.trace)


def _begun_again(batch: Batch, talk: Conversation, said: Envelope) -> Case:
    """The case as the window filed it, as far as its first message tells."""
    data, keys, row_id = said.data, batch.tools.sender.keys, ids.row_id()
    code = str(data["matter"]["origin_code"])
    matter_id = f"{data['agreement']}.{code}"
    form = batch.house.forms.for_basic_code(code)
    person = dict(data["applicant"])
    document = {"answers": data["answers"], "attachments": _files(data)}
    document |= {"promised": owed} if (owed := promises.told(data["materials"])) else {}
    own = {
        "role": "origin",
        "origin": batch.house.home,
        "matter_id": matter_id,
        "form": form.id,
        "form_version": form.version,
        "source": int(said.subject[14]),
    }
    application = application_told(batch, said, talk.key_id, row_id, person, document, own)
    leg = new_leg(said.subject, row_id, talk.partner, "sent", batch.now)
    matter = batch.tools.matter_of(data["agreement"], data["version"], matter_id)
    return Case.new(batch.house, keys, application, leg, talk, matter, person, document)


def _files(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The form's own name of each material, beside its file: both lists stand in the same order."""
    listed = data["answers"].get("materials") or []
    codes = [str(one.get("code") or one.get("name")) for one in listed if isinstance(one, dict)]
    return [
        {"material": code, **file}
        for code, one in zip(codes, data["materials"], strict=False)
        for file in filing.files_of(one)
    ]
