"""What each word does to a leg, whichever side says it: pure functions from a case and data to new values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from gateway.applications import clocks, fees, ladder, originals, promises
from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.lifecycle import Move, State
from messaging import contract

Json = Mapping[str, Any]
Changes = dict[str, Any]  # columns of the leg; "said" and "document" stand for the opened values


def instant(text: str) -> datetime:
    """RFC 3339 to an aware UTC instant."""
    return clocks.utc(datetime.fromisoformat(text))


def _ticking(case: Case) -> list[clocks.Clock]:
    return clocks.load(case.leg.clocks)


def _wound(case: Case, list_: list[clocks.Clock]) -> Changes:
    return {"clocks": clocks.dump(list_), "next_due": clocks.next_due(list_)}


def submitted(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """The five days in which the handler must answer begin on the day the window received it."""
    day = local_day(instant(data["received_at"]))
    running = _wound(case, [clocks.start("reply", day, clocks.REPLY_DAYS, case.house.calendar)])
    owed = promises.columns(case, {"promised": promises.told(data.get("materials") or [])})
    return running | {"originals_open": len(originals.loose(originals.of(case)))} | owed


def accepted(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """The reply clock is met; promised and statutory limits begin."""
    at = instant(data["accepted_at"])
    day = acceptance_day(case, at)
    list_ = clocks.meet(_ticking(case), ["reply", "supplement"], local_day(at))
    if data.get("promised_by"):
        list_ = clocks.put(list_, clocks.until("promised", day, data["promised_by"]))
    limit = statutory(case, day)
    list_ = list_ if limit is None else clocks.put(list_, limit)
    contact = {"contact": data.get("contact"), "promised_by": data.get("promised_by"), "document": data.get("document")}
    return _wound(case, list_) | {
        "accepted_at": at,
        "their_number": data.get("reference") or case.leg.their_number,
        "deemed_accepted_on": None,
        "silent_since": None,
        "said": {**case.said, **contact},
    }


def acceptance_day(case: Case, at: datetime) -> date:
    """受理之日: the window day on which what had been asked for was complete, else the day of the acceptance."""
    complete = case.said.get("complete_at")
    return local_day(instant(complete)) if complete else local_day(at)


def statutory(case: Case, day: date) -> clocks.Clock | None:
    """The limit that the law sets from the day of acceptance, if the line names one, for the part or for the whole."""
    of_line = case.matter.line.statutory_days if case.matter is not None else 0
    of_part = case.plan_of_part.get("statutory_days")
    days = of_line if of_part is None else int(of_part)
    return clocks.start("statutory", day, days, case.house.calendar) if days > 0 else None


def _answered(case: Case, day: date) -> Changes:
    """The silence is over. What was said in time undoes what was marked meanwhile; what came too late leaves the day
    from which the case counts as accepted.
    """
    reply = [clock for clock in _ticking(case) if clock.kind == "reply"]
    in_time = bool(reply) and day.isoformat() <= reply[-1].due
    return {"silent_since": None} | ({"deemed_accepted_on": None} if in_time else {})


def declined(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """不予受理 with its reason, basis and the right authority."""
    keep = ("reason", "text", "legal_basis", "right_authority", "document")
    list_ = clocks.stop(clocks.meet(_ticking(case), ["reply"], local_day(now)), ["supplement", "promised", "statutory"])
    return (
        _wound(case, list_)
        | _answered(case, local_day(now))
        | _withdrawal_over(case)
        | {"said": {**case.said, "declined": {name: data.get(name) for name in keep}}}
    )


def _withdrawal_over(case: Case) -> Changes:
    """The case ended otherwise while a wish to withdraw waited for its answer: that is the answer."""
    return {"withdrawal_answer": "refused"} if case.withdrawal_waits else {}


def supplement_requested(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """待补正; the clock of the answer ends on the day that the handler named."""
    day = local_day(now)
    to_window = data["addressed_to"] == "window"
    list_ = _ticking(case)
    if not to_window:
        list_ = clocks.meet(list_, ["reply"], day)
    list_ = clocks.put(list_, clocks.until("supplement", day, data["due_by"]))
    asked = {"addressed_to": data["addressed_to"], "items": data["items"], "due_by": data["due_by"]}
    changes = _wound(case, list_) | {
        "before_supplement": case.leg.before_supplement if case.state is State.SUPPLEMENT else case.leg.state,
        "said": {**case.said, "supplement": asked | {"document": data.get("document"), "asked_at": now.isoformat()}},
    }
    if not to_window:
        changes |= {"supplements": case.leg.supplements + 1, "irregular": _irregular(case)} | _answered(case, day)
    return changes


def _irregular(case: Case) -> str | None:
    """A notice after acceptance, or a second one, is shown as what it is."""
    if case.leg.supplements > 0:
        return also(case, "第二次补正（超出首次告知范围）")
    return also(case, "受理后补正") if case.state is State.ACCEPTED else case.leg.irregular


def supplemented(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """Back to where it came from; before acceptance a new five-day clock runs from the window day of the answer."""
    day = local_day(instant(data["received_at"]))
    list_ = clocks.meet(_ticking(case), ["supplement"], day)
    said = {name: value for name, value in case.said.items() if name != "supplement"}
    if move.to is State.SUBMITTED and case.said.get("supplement", {}).get("addressed_to") != "window":
        list_ = clocks.put(list_, clocks.start("reply", day, clocks.REPLY_DAYS, case.house.calendar))
        said["complete_at"] = data["received_at"]
    answered = {**(case.said.get("supplement") or {}), "answered_at": data["received_at"]}
    history = [*case.said.get("supplements", []), answered]
    return _wound(case, list_) | {
        "before_supplement": None,
        "originals_open": len(originals.loose(originals.with_supplied(case, data.get("materials") or []))),
        "said": {**said, "supplements": history},
        **promises.columns(case, case.document, data.get("materials") or []),
    }


def suspended(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """特别程序: the clocks stand."""
    list_ = clocks.stop(_ticking(case), ["promised", "statutory"])
    keep = {name: data[name] for name in ("kind", "from", "until", "basis")}
    return _wound(case, list_) | {"said": {**case.said, "suspended": keep}}


def resumed(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """The days of the procedure, both ends included, do not count."""
    at = local_day(instant(data["at"]))
    since = case.said.get("suspended", {}).get("from")
    began = contract.day(since) if since else at
    list_ = clocks.resume(_ticking(case), ["promised", "statutory"], min(began, at), at, case.house.calendar)
    said = {name: value for name, value in case.said.items() if name != "suspended"}
    span = {"kind": case.said.get("suspended", {}).get("kind"), "from": began.isoformat(), "to": at.isoformat()}
    return _wound(case, list_) | {"said": {**said, "procedures": [*case.said.get("procedures", []), span]}}


def extended(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """延期: the promised day moves and takes the law's limit with it where it goes beyond; its reason is kept."""
    later = clocks.until("promised", local_day(now), data["promised_by"])
    if case.state is State.SUSPENDED:
        later = replace(later, state="stopped")
    list_ = [_beyond(case, clock, data) for clock in clocks.put(_ticking(case), later)]
    keep = {name: data.get(name) for name in ("working_days", "promised_by", "reason", "approved_by")}
    again = {"irregular": also(case, "再次延期（法定只可延长一次）")} if case.said.get("extended") else {}
    return _wound(case, list_) | again | {"said": {**case.said, "promised_by": data["promised_by"], "extended": keep}}


def _beyond(case: Case, clock: clocks.Clock, data: Json) -> clocks.Clock:
    """行政许可法 art. 42: the limit for deciding is longer by what was approved."""
    if clock.kind != "statutory" or clock.state not in clocks.GOING or clock.due >= data["promised_by"]:
        return clock
    return clocks.lengthened(clock, data["working_days"], case.house.calendar)


def also(case: Case, irregular: str) -> str:
    """One more thing that was out of order, beside what already was."""
    before = case.leg.irregular
    if not before:
        return irregular
    return before if irregular in before else f"{before}；{irregular}"


def decided(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """已办结: the applicant is to have it within ten working days; or closed because the supplement never came."""
    at = instant(data["decided_at"])
    list_ = clocks.meet(_ticking(case), ["reply", "promised", "statutory"], local_day(at))
    list_ = clocks.stop(list_, ["supplement"])
    if data["outcome"] != "overdue":
        list_ = clocks.put(list_, clocks.start("transit", local_day(at), clocks.DELIVERY_DAYS, case.house.calendar))
    keep = ("text", "legal_basis", "remedy", "documents", "certificates", "result_delivery", "waybill")
    result = {"outcome": data["outcome"], "at": data["decided_at"], **{name: data.get(name) for name in keep}}
    return (
        _wound(case, list_)
        | _withdrawal_over(case)
        | _lapsed_wrongly(case, data)
        | {
            "decided_at": at,
            "outcome": data["outcome"],
            "their_number": data.get("reference") or case.leg.their_number,
            "deemed_accepted_on": None
            if case.leg.accepted_at is None and data["outcome"] != "overdue"
            else case.leg.deemed_accepted_on,
            "silent_since": None,
            "said": {**case.said, "result": result},
        }
    )


WRONGLY = "逾期终止有误"  # the window had the supplement in time


def _lapsed_wrongly(case: Case, data: Json) -> Changes:
    """Closed as overdue by a handler that had not yet heard what the window had received in time."""
    answered = (case.said.get("supplements") or [{}])[-1] or {}
    if data["outcome"] != "overdue" or case.state is State.SUPPLEMENT or not in_time(answered):
        return {}
    return lapsed_wrongly(case)


def in_time(supplement: Json, received_at: str | None = None) -> bool:
    """Was it answered by its day? Judged by the day on which the window had it."""
    at, due_by = received_at or supplement.get("answered_at"), supplement.get("due_by")
    return bool(at and due_by) and local_day(instant(str(at))).isoformat() <= str(due_by)


def lapsed_wrongly(case: Case) -> Changes:
    """The same on the side that closed it, when the supplement comes."""
    return {"irregular": also(case, WRONGLY)}


def withdrawn(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """Asked for: a flag beside the state, until the handler answers."""
    return {"withdrawal_asked_at": instant(data["asked_at"]), "withdrawal_answer": None}


def withdrawal_granted(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """撤回: every clock stands."""
    list_ = clocks.stop(_ticking(case), ["reply", "promised", "statutory", "supplement"])
    asked = case.leg.withdrawal_asked_at or now
    return _wound(case, list_) | {"withdrawal_answer": "granted", "withdrawal_asked_at": asked}


def withdrawal_refused(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """The handler goes on; its reason is kept. What was granted stays granted."""
    if case.leg.withdrawal_asked_at is None or case.leg.withdrawal_answer == "granted":
        return {}
    return {"withdrawal_answer": "refused", "said": {**case.said, "withdrawal_refused": data["reason"]}}


def handed_over(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """The citizen has the result."""
    list_ = clocks.meet(_ticking(case), ["transit"], local_day(instant(data["at"])))
    return _wound(case, list_)


def original_moved(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """Who holds the paper now; a parcel is to be there within five working days."""
    found = originals.moved(case, data, data["by"])
    return _with_parcels(case, _ticking(case), found) | {
        "originals_open": len(originals.loose(found)),
        "said": {**case.said, "originals": originals.kept(found)},
    }


def _with_parcels(case: Case, list_: list[clocks.Clock], found: Sequence[originals.Original]) -> Changes:
    """The transit clock follows the longest parcel; after the decision it is the result's."""
    if case.state is State.DECIDED:
        return {}
    parcels = originals.on_the_way(found)
    if not parcels:
        return _wound(case, clocks.meet(list_, ["transit"], local_day(instant(_latest(found)))))
    day = local_day(instant(str(parcels[0].since)))
    return _wound(case, clocks.put(list_, clocks.start("transit", day, originals.PARCEL_DAYS, case.house.calendar)))


def _latest(found: Sequence[originals.Original]) -> str:
    return max(one.since for one in found if one.since is not None)


def nothing(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """Words that only stand in the time line."""
    return {}


def noted(case: Case, data: Json, move: Move, now: datetime) -> Changes:
    """A note stands in the time line; one about a fee is kept where fees stand, and a promised material may come with it."""
    said, brought = fees.noted(case.said, data, now), data.get("materials") or []
    changes: Changes = {} if said is None else {"said": said}
    if brought:
        loose = originals.loose(originals.with_supplied(case, brought))
        changes |= {"originals_open": len(loose)} | promises.columns(case, case.document, brought)
    return changes


EFFECTS: Mapping[str, Callable[[Case, Json, Move, datetime], Changes]] = {
    "application.submitted": submitted,
    "application.supplemented": supplemented,
    "application.withdrawn": withdrawn,
    "application.urged": nothing,
    "application.rated": nothing,
    "application.accepted": accepted,
    "application.declined": declined,
    "supplement.requested": supplement_requested,
    "procedure.suspended": suspended,
    "procedure.resumed": resumed,
    "limit.extended": extended,
    "application.decided": decided,
    "withdrawal.granted": withdrawal_granted,
    "withdrawal.refused": withdrawal_refused,
    "result.handed_over": handed_over,
    "note.sent": noted,
    "original.moved": original_moved,
}


def effect(
    case: Case, type_: str, data: Json, move: Move, now: datetime, *, ours: bool = True
) -> tuple[Changes, dict[str, Any] | None]:
    """(columns of the leg, new value of what the handler said or None) of a word that counts.

    `ours`: does our side say it? The other side says it otherwise.
    """
    if type_ == "original.moved":
        data = {**data, "by": originals.ORIGIN if case.is_origin is ours else originals.HANDLER}
    if type_ == "note.sent" and case.is_origin is not ours and not case.at_window:
        data = {**data, "materials": []}  # only the window brings what was promised
    changes: Changes = {"state": move.to.value} | EFFECTS[type_](case, data, move, now)
    if case.leg.before_supplement and move.to is not State.SUPPLEMENT:
        changes["before_supplement"] = None  # whatever ended it: nothing leads back any more
    changes |= calmed(case, changes)
    said = changes.pop("said", None)
    return changes, said


def calmed(case: Case, changes: Changes) -> Changes:
    """An alarm ends with the limit that it was raised for."""
    state, rows = changes.get("state", case.leg.state), changes.get("clocks", case.leg.clocks)
    if not case.leg.alarm or ladder.name_of(ladder.awaited(state, clocks.load(rows))) == case.leg.alarm_for:
        return {}
    return {"alarm": ladder.NONE, "alarm_for": None}
