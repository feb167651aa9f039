"""The book of papers: issuing one makes its row and its line on the leg, in the transaction of the deed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.papers.content import Draft, new_code, rendered
from gateway.applications.papers.kinds import KINDS
from gateway.applications.plan import Note, Plan
from gateway.applications.tables import Paper
from messaging import ids
from messaging.key_ring import KeyRing

Json = dict[str, Any]


def issue(case: Case, plan: Plan, keys: KeyRing) -> list[Paper]:
    """Rows of what a deed issues; the leg, whose row is locked, lists them and counts what is printed."""
    if plan.papers or plan.prints:
        listed = [{**one, "prints": one["prints"] + _times(one, plan)} for one in case.papers]
        case.leg.papers = [*listed, *(entry(draft) for draft in plan.papers)]
    return [row_of(draft, keys, case.application.key_id, case.application.id) for draft in plan.papers]


def _times(one: Mapping[str, Any], plan: Plan) -> int:
    return plan.prints.count((one["number"], one["version"]))


def row_of(draft: Draft, keys: KeyRing, key_id: int, application_id: int | None) -> Paper:
    """The row, sealed under a key that is in memory."""
    text = draft.text
    row = Paper(
        id=ids.row_id(),
        application_id=application_id,
        number=draft.number,
        version=draft.version,
        kind=draft.kind,
        case_number=draft.case,
        office=draft.office.code,
        issuer=draft.office.title[:200],
        issued_at=draft.at,
        issued_on=local_day(draft.at),
        key_id=key_id,
        sha256=draft.sha256,
        code=draft.secret or new_code(),
        file=None if draft.file is None else dict(draft.file),
    )
    row.content = keys.seal(key_id, text, context(row.id))
    return row


def context(row_id: int) -> str:
    """What a sealed content is bound to."""
    return f"case_paper.content:{row_id}"


def entry(draft: Draft) -> Json:
    """How the leg lists it: nothing of its content."""
    return {
        "number": draft.number,
        "version": draft.version,
        "kind": draft.kind,
        "issued_at": rendered(draft.at),
        "sha256": draft.sha256,
        "attachment": None if draft.file is None else dict(draft.file),
        "prints": 0,
    }


def told(note: Note, drafts: Sequence[Draft]) -> Note:
    """The deed's audit line also tells which papers it issued, by number and digest."""
    if not drafts:
        return note
    papers = [{"number": one.number, "version": one.version, "sha256": one.sha256} for one in drafts]
    return replace(note, detail={**note.detail, "papers": papers})


def shown(papers: Sequence[Mapping[str, Any]]) -> list[Json]:
    """As the API tells them; a version that a later one replaced says so."""
    newest = {one["number"]: one["version"] for one in papers}  # they stand in the order of their issue
    return [
        {
            "number": one["number"],
            "version": one["version"],
            "kind": one["kind"],
            "name": KINDS[one["kind"]].title,
            "issued_at": one["issued_at"],
            "sha256": one["sha256"],
            "superseded": one["version"] < newest[one["number"]],
            "attachment": one["attachment"],
        }
        for one in papers
    ]
