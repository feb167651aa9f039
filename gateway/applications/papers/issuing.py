"""The officer's deeds with the paper that each issues: composed and printed before the transaction, held there to the
locked case, and sent as the message's own document.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.applications import as_handler
from gateway.applications.as_handler import Body, Files
from gateway.applications.case import Case, Json
from gateway.applications.errors import CaseError, Finding, Invalid
from gateway.applications.papers import handler
from gateway.applications.papers.content import Draft, new_code
from gateway.applications.papers.kinds import KINDS
from gateway.applications.papers.press import Press
from gateway.applications.papers.reading import Reader
from gateway.applications.plan import Plan, Who
from gateway.attachments.store import AttachmentStore
from gateway.auth.actor import Actor

CHOICE = "issue"  # a member of the deed's body: is the paper to be issued here? Otherwise a scan may be uploaded
UPLOADED_INSTEAD = frozenset({"accept", "decline", "request_supplement"})  # a document that is given takes its place
PlanOf = Callable[[Case, datetime], Plan]


class Moved(CaseError):
    """The case changed between printing and writing: what was printed is not what would be issued now."""


class Issuing:
    """Prepares a deed of the side that decides. Nothing is issued before its transaction."""

    def __init__(self, attachments: AttachmentStore, press: Press, reader: Reader, now: Callable[[], datetime]) -> None:
        self._attachments, self._press, self._reader, self._now = attachments, press, reader, now

    async def prepare(self, actor: Actor, who: Who, case: Case, deed: str, body: Body, files: Files) -> PlanOf:
        """The plan to write, with its paper. Raises Invalid, WrongState; the plan itself raises Moved."""
        phone, at = actor.phone or "", self._now()
        bare = {name: value for name, value in body.items() if name != CHOICE}
        plan = as_handler.PLANS[deed](case, who, bare, at, files, phone)
        draft = self._draft(case, plan, at, who) if _wanted(deed, body) else None
        if draft is None:
            return lambda it, now: as_handler.PLANS[deed](it, who, bare, now, files, phone)
        draft = replace(draft, secret=new_code())
        file = await self._print(actor, draft)
        full, known = _with_file(deed, bare, file), {**files, **({str(file["sha256"]): file} if file else {})}

        def final(it: Case, now: datetime) -> Plan:
            told = as_handler.PLANS[deed](it, who, full, at, known, phone)
            again = self._draft(it, told, at, who)
            if again is None or again.sha256 != draft.sha256:
                raise Moved(draft.number)
            kept = ((str(file["sha256"]), it.house.home),) if file else ()
            return replace(told, papers=(replace(draft, file=file),), mentions=(*told.mentions, *kept))

        return final

    def preview(self, actor: Actor, who: Who, case: Case, deed: str, body: Body, files: Files) -> Json | None:
        """The content as it would be issued now; None when the deed would issue nothing. Raises Invalid, WrongState."""
        at, bare = self._now(), {name: value for name, value in body.items() if name != CHOICE}
        plan = as_handler.PLANS[deed](case, who, bare, at, files, actor.phone or "")
        draft = self._draft(case, plan, at, who)
        return None if draft is None else draft.to_json()

    def _draft(self, case: Case, plan: Plan, at: datetime, who: Who) -> Draft | None:
        word = plan.words[0]
        return handler.draft(handler.Told(case, word.data, plan.leg, at, self._reader), word.type, who.name)

    async def _print(self, actor: Actor, draft: Draft) -> Json | None:
        printed = await self._press.pdf(draft.to_json(), draft.sha256, draft.secret)
        if printed is None:
            return None
        name = f"{KINDS[draft.kind].title}-{draft.number}.pdf"
        kept, _ = await self._attachments.put(actor.jurisdiction, actor.id, _one(printed), name, "application/pdf")
        return kept


def _wanted(deed: str, body: Mapping[str, Any]) -> bool:
    choice = body.get(CHOICE)
    if choice is not None and not isinstance(choice, bool):
        raise Invalid([Finding(f"/{CHOICE}", "type", "应为是或否")])
    return choice if choice is not None else not (deed in UPLOADED_INSTEAD and body.get("document"))


def _with_file(deed: str, body: Body, file: Json | None) -> Body:
    """The deed's body with the printed paper where the contract has a place for it."""
    if file is None:
        return body
    if deed in UPLOADED_INSTEAD:
        return {**body, "document": {"sha256": file["sha256"]}}
    if deed == "decide":
        return {**body, "documents": [*(body.get("documents") or []), {"sha256": file["sha256"]}]}
    return body


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
