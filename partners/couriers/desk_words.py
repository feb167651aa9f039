"""What a partner operator can say at the desk: pure functions that build a message's data as the contract wants it.

Each returns Words(type, data). Times are aware, days are days; empty optional values are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from messaging import envelope

Attachment = Mapping[str, Any]  # {"sha256", "size", "name", "media_type"}
Person = Mapping[str, str]  # {"name", "phone"}


@dataclass(frozen=True)
class Words:
    """A message's type (short name) and its data."""

    type: str
    data: dict[str, Any]


def accept(
    reference: str, at: datetime, promised_by: date, contact: Person, document: Attachment | None = None
) -> Words:
    """受理: their reference, the day they promise, whom to call."""
    return _words(
        "application.accepted",
        reference=reference,
        accepted_at=_instant(at),
        promised_by=promised_by.isoformat(),
        contact=dict(contact),
        document=document,
    )


def decline(
    reason: str, text: str, legal_basis: str, right_authority: str | None = None, document: Attachment | None = None
) -> Words:
    """不予受理; `reason` is not_licensable, not_competent, incomplete or other."""
    return _words(
        "application.declined",
        reason=reason,
        text=text,
        legal_basis=legal_basis,
        right_authority=right_authority,
        document=document,
    )


def request_supplement(
    items: Sequence[Mapping[str, Any]],
    due_by: date,
    addressed_to: str = "applicant",
    document: Attachment | None = None,
) -> Words:
    """补正: every item at once, each {"pointer"?, "material"?, "problem", "wanted", "basis"?}.

    Addressed to `window` it is 退回窗口更正: no notice to the citizen.
    """
    return _words(
        "supplement.requested",
        addressed_to=addressed_to,
        items=[{name: value for name, value in item.items() if value is not None} for item in items],
        due_by=due_by.isoformat(),
        document=document,
    )


def suspend(kind: str, since: datetime, until: date, basis: str) -> Words:
    """特别程序: hearing, inspection, testing …; the clock stops."""
    return _words("procedure.suspended", kind=kind, basis=basis, until=until.isoformat(), **{"from": _instant(since)})


def resume(at: datetime) -> Words:
    """特别程序 is over; the clock runs again."""
    return _words("procedure.resumed", at=_instant(at))


def extend_limit(working_days: int, promised_by: date, reason: str, approved_by: str) -> Words:
    """延长办理期限, in working days."""
    return _words(
        "limit.extended",
        working_days=working_days,
        promised_by=promised_by.isoformat(),
        reason=reason,
        approved_by=approved_by,
    )


def decide(
    outcome: str,
    reference: str,
    at: datetime,
    result_delivery: str,
    *,
    documents: Sequence[Attachment] = (),
    certificates: Sequence[Mapping[str, str]] = (),
    text: str | None = None,
    legal_basis: str | None = None,
    remedy: str | None = None,
    waybill: str | None = None,
) -> Words:
    """办结: granted, refused, terminated or overdue, with the papers that the handler issued."""
    return _words(
        "application.decided",
        outcome=outcome,
        reference=reference,
        decided_at=_instant(at),
        text=text,
        legal_basis=legal_basis,
        remedy=remedy,
        documents=[dict(document) for document in documents],
        certificates=[dict(certificate) for certificate in certificates],
        result_delivery=result_delivery,
        waybill=waybill,
    )


def grant_withdrawal(at: datetime) -> Words:
    """同意撤回."""
    return _words("withdrawal.granted", at=_instant(at))


def refuse_withdrawal(at: datetime, reason: str) -> Words:
    """不同意撤回, with the reason."""
    return _words("withdrawal.refused", at=_instant(at), reason=reason)


def note(text: str, author: Person, attachments: Sequence[Attachment] = ()) -> Words:
    """A note between the two sides; it changes no state."""
    return _words("note.sent", text=text, attachments=[dict(item) for item in attachments], author=dict(author))


def _words(type_: str, **members: Any) -> Words:
    return Words(type_, {name: value for name, value in members.items() if value is not None})


def _instant(at: datetime) -> str:
    return envelope.rfc3339(at)
