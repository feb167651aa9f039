"""The officer's deeds with the paper that each issues: composed and printed before the transaction, held there to the
locked case, and sent as the message's own document.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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

    def label(self, case: Case, pointer: str) -> str | None:
        """What a place in the case's form is called."""
        return self._reader.label(case, pointer)

    async def prepare(self, actor: Actor, who: Who, case: Case, deed: str, body: Body, files: Files) -> PlanOf:
        """The plan to write, with its papers. Raises Invalid, WrongState; the plan itself raises Moved."""
        phone, at = actor.phone or "", self._now()
        bare = {name: value for name, value in body.items() if name != CHOICE}
        stages = as_handler.stages(case, deed, who, bare, at, files, phone)
        drafts = self._drafts(stages, at, who) if _wanted(deed, body) else []
        if not drafts:
            return lambda it, now: as_handler.PLANS[deed](it, who, bare, now, files, phone)
        drafts = [replace(draft, secret=new_code()) for draft in drafts]
        printed = [(draft, await self._print(actor, draft)) for draft in drafts]
        full: Body = bare
        known, kept = dict(files), [str(file["sha256"]) for _, file in printed if file]
        for draft, file in printed:
            full = _with_file(deed, draft.kind, full, file)
            known |= {str(file["sha256"]): file} if file else {}

        def final(it: Case, now: datetime) -> Plan:
            again = self._drafts(as_handler.stages(it, deed, who, full, at, known, phone), at, who)
            if [one.sha256 for one in again] != [one.sha256 for one in drafts]:
                raise Moved(drafts[0].number)
            told = as_handler.PLANS[deed](it, who, full, at, known, phone)
            papers = tuple(replace(draft, file=file) for draft, file in printed)
            ours = tuple((digest, it.house.home) for digest in kept)
            return replace(told, papers=papers, mentions=(*told.mentions, *ours))

        return final

    def preview(self, actor: Actor, who: Who, case: Case, deed: str, body: Body, files: Files) -> list[Json]:
        """Contents as they would be issued now; empty when the deed would issue nothing. Raises Invalid, WrongState."""
        at, bare = self._now(), {name: value for name, value in body.items() if name != CHOICE}
        stages = as_handler.stages(case, deed, who, bare, at, files, actor.phone or "")
        return [draft.to_json() for draft in self._drafts(stages, at, who)]

    def _drafts(self, stages: Sequence[tuple[Case, Plan]], at: datetime, who: Who) -> list[Draft]:
        """The paper of each word that issues one."""
        found = [
            handler.draft(
                handler.Told(case, plan.words[0].data, plan.leg, at, self._reader), plan.words[0].type, who.name
            )
            for case, plan in stages
        ]
        return [draft for draft in found if draft is not None]

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


def _with_file(deed: str, kind: str, body: Body, file: Json | None) -> Body:
    """The deed's body with a printed paper where the contract has a place for it."""
    if file is None:
        return body
    if deed in UPLOADED_INSTEAD or kind == "acceptance":
        return {**body, "document": {"sha256": file["sha256"]}}
    if kind == "decision":
        return {**body, "documents": [*(body.get("documents") or []), {"sha256": file["sha256"]}]}
    return body


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
