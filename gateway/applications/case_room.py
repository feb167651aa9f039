"""The case room's front desk: what pages and the API call. Each deed reads, plans, and goes to the one writer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gateway import logs
from gateway.applications import filing, views
from gateway.applications.batch import Batch, Tools
from gateway.applications.case import Case, House, Json, place
from gateway.applications.deeds import (
    hand_over,
    log_contact,
    move_original,
    note,
    own,
    rate,
    submit,
    supplement,
    urge,
    withdraw,
)
from gateway.applications.drafts import Drafts
from gateway.applications.errors import Busy, Forbidden, NotFound
from gateway.applications.idempotency import Answer, Key, Repeats, key_of
from gateway.applications.papers.issuing import Issuing, Moved
from gateway.applications.plan import Note, Plan, Who
from gateway.applications.queries import Cases
from gateway.applications.works import Deed, Filing
from gateway.auth import roles
from gateway.auth.actor import Actor
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex
from messaging.tables import DataKey
from messaging.unit_of_work import Writer

Body = Mapping[str, Any]
Lists = Callable[[], tuple[MatterIndex, Forms]]
"""The matters in force now, and the forms."""
PRINTS = 3  # times that a paper is printed anew because its case changed meanwhile


def who_is(actor: Actor) -> Who:
    """The actor as the time line names him."""
    return Who(actor.jurisdiction, actor.kind, actor.name)


class CaseRoom:
    """Applications: filing, seeing, and every deed on them."""

    def __init__(
        self,
        tools: Tools,
        house: Callable[[], House],
        now: Callable[[], datetime],
        writer: Writer,
        lists: Lists,
        issuing: Issuing,
    ) -> None:
        self._tools, self._house, self._now, self._writer, self._lists = tools, house, now, writer, lists
        self._issuing = issuing
        self.cases = Cases(tools, house, now)
        self.drafts = Drafts(tools.sender.keys, now)
        self._repeats = Repeats(tools.sender.keys, now)

    @property
    def house(self) -> House:
        """Who we are, with the calendar of now."""
        return self._house()

    # filing

    async def check(self, actor: Actor, body: Body) -> Json:
        """Hold a body against list and form; nothing is stored: `{"ok","handler","errors","warnings"}`."""
        self._allow(actor, "submit")
        index, forms = self._lists()
        looked = filing.sort(index, forms, self._house().home, body, self._now())
        sorted_, findings = looked.sorted, looked.findings
        hints = filing.warnings(sorted_.matter, sorted_.answers) if sorted_ else []
        return {
            "ok": not findings,
            "handler": {"code": sorted_.handler.code, "name": sorted_.handler.name} if sorted_ else None,
            "errors": [vars(finding) for finding in findings],
            "warnings": [vars(hint) for hint in hints],
        }

    async def submit(
        self,
        actor: Actor,
        body: Body,
        *,
        source: int,
        key: str | None = None,
        route: str = "POST /applications",
        trace: str | None = None,
    ) -> Answer:
        """File a case and send it. Raises Invalid with every finding, IdempotencyReused, InFlight."""
        self._allow(actor, "submit")
        repeat = key_of(actor.id, route, key, body)
        return await self._repeats.once(repeat, lambda: self._file(actor, body, source, repeat, trace))

    async def _file(self, actor: Actor, body: Body, source: int, repeat: Key | None, trace: str | None) -> Answer:
        index, forms = self._lists()
        looked = filing.sort(index, forms, self._house().home, body, self._now())
        known = await self._files(actor, [entry.get("sha256") for entry in _entries(body.get("attachments"))])
        files, missing = filing.attachments(body, looked.answers, known)
        filing.require(looked.findings + missing)
        sorted_ = looked.sorted
        assert sorted_ is not None  # noqa: S101
        window = {
            "name": actor.window or place(actor.jurisdiction) + ("接口" if actor.kind == "system" else "综合窗口"),
            "clerk": actor.name,
            "phone": actor.phone or "",
        }

        def begin(number: str, now: datetime, house: House, batch: Batch) -> tuple[Case, DataKey, Plan]:
            return submit.begin(
                number,
                now,
                house,
                batch,
                sorted_,
                files,
                who_is(actor),
                source,
                window,
                body.get("reference"),
                actor.client_id,
                actor.username,
            )

        answered: list[Answer] = []

        def keep(case: Case) -> Any:
            shown = views.application(case, self._now(), full_name=True)
            answered.append(Answer(201, shown, f"/api/v1/applications/{case.application.number}"))
            return self._repeats.row(repeat, answered[-1], case.application.key_id)

        await self._writer.submit(Filing(source, begin, lambda case: None, keep, repeat, trace or logs.traceparent()))
        return answered[-1]

    async def _files(self, actor: Actor, digests: list[Any]) -> dict[str, Json]:
        wanted = {digest for digest in digests if isinstance(digest, str)}
        return await self._tools.attachments.known(self._tools.connection, wanted, actor.jurisdiction) if wanted else {}

    # seeing

    async def view(self, actor: Actor, number: str) -> Json:
        """One application as in shapes. Raises NotFound, Forbidden."""
        case = await self.open(actor, number)
        return views.application(case, self._now(), full_name=_names_in_full(actor))

    async def open(self, actor: Actor, number: str) -> Case:
        """The case itself, for pages and papers of the same house. Raises NotFound, Forbidden."""
        self._allow(actor, "view")
        return await self.cases.one(actor, number)

    async def listing(self, actor: Actor, **narrow: Any) -> Json:
        """`{"items","next"}`, newest first; names masked."""
        self._allow(actor, "list")
        cases, following = await self.cases.page(actor, **narrow)
        return {"items": [views.summary(case, self._now(), full_name=False) for case in cases], "next": following}

    async def counts(self, actor: Actor, role: str | None = None) -> dict[str, int]:
        """How many there are in each state and to-do view."""
        self._allow(actor, "list")
        return await self.cases.counts(actor, role)

    async def events(self, actor: Actor, number: str, limit: int = 50, after: str | None = None) -> Json:
        """The time line, oldest first."""
        case = await self.open(actor, number)
        items, following = await self.cases.steps(case, limit, after, ours=actor.jurisdiction == self._house().home)
        return {"items": items, "next": following}

    async def reveal(self, actor: Actor, number: str, pointer: str, reason: str) -> str:
        """One masked value in full, once, with its reason on the case's audit chain."""
        self._allow(actor, "reveal")
        case = await self.cases.one(actor, number)
        value = _at(case, pointer)
        await self._deed(
            actor,
            case,
            lambda it, now: Plan(who_is(actor), notes=(Note("reveal", reason, {"pointer": pointer}),)),
            None,
        )
        return value

    async def gave_evidence(self, actor: Actor, number: str, sha256: str, reason: str | None = None) -> None:
        """A package of this digest was given out: who had it and why stands on the case's audit chain."""
        self._allow(actor, "evidence")
        case = await self.cases.one(actor, number)
        plan = Plan(who_is(actor), notes=(Note("evidence.given", reason, {"sha256": sha256}),))
        await self._deed(actor, case, lambda it, now: plan, None)

    # deeds of the window

    async def supplement(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """补正"""
        case = await self._mine(actor, number, "supplement")
        digests = [entry.get("sha256") for entry in _entries(body.get("materials"))]
        files = await self._files(actor, digests)
        return await self._answer(
            actor, case, lambda it, now: supplement.plan(it, who_is(actor), body, now, files), key, "supplements", body
        )

    async def withdraw(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """申请撤回"""
        case = await self._mine(actor, number, "withdraw")
        return await self._answer(
            actor, case, lambda it, now: withdraw.plan(it, who_is(actor), body, now), key, "withdrawal", body
        )

    async def urge(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """催办"""
        case = await self._mine(actor, number, "urge")
        return await self._answer(
            actor, case, lambda it, now: urge.plan(it, who_is(actor), body, now), key, "urges", body
        )

    async def note(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """留言"""
        case = await self._mine(actor, number, "note")
        files = await self._files(actor, _digests(body.get("attachments")))
        phone = actor.phone or ""
        return await self._answer(
            actor, case, lambda it, now: note.plan(it, who_is(actor), body, now, files, phone), key, "notes", body
        )

    async def hand_over(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """送达申请人"""
        case = await self._mine(actor, number, "hand_over")
        files = await self._files(actor, [body.get("proof")])
        return await self._answer(
            actor, case, lambda it, now: hand_over.plan(it, who_is(actor), body, now, files), key, "handover", body
        )

    async def move_original(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """原件流转"""
        case = await self._mine(actor, number, "move_original")
        return await self._answer(
            actor, case, lambda it, now: move_original.plan(it, who_is(actor), body, now), key, "originals", body
        )

    async def log_contact(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """告知记录"""
        case = await self._mine(actor, number, "log_contact")
        return await self._answer(
            actor, case, lambda it, now: log_contact.plan(it, who_is(actor), body, now), key, "contacts", body
        )

    async def take(self, actor: Actor, number: str) -> None:
        """认领"""
        case = await self._mine(actor, number, "own")
        await self._deed(actor, case, lambda it, now: own.take(it, who_is(actor), actor.id, now), None)

    async def hand_on(self, actor: Actor, number: str, body: Body, people: Mapping[str, str]) -> None:
        """转交; `people` are those who may look after it, username -> name."""
        case = await self._mine(actor, number, "own")
        await self._deed(actor, case, lambda it, now: own.hand_on(it, who_is(actor), body, people, now), None)

    async def rate(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """评价"""
        case = await self._mine(actor, number, "rate")
        return await self._answer(
            actor, case, lambda it, now: rate.plan(it, who_is(actor), body, now), key, "rating", body
        )

    # deeds of the officer, each with the paper that it issues

    async def accept(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """受理"""
        return await self._decide("accept", actor, number, body, key)

    async def decline(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """不予受理"""
        return await self._decide("decline", actor, number, body, key)

    async def request_supplement(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """告知补正"""
        return await self._decide("request_supplement", actor, number, body, key)

    async def suspend(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """特别程序"""
        return await self._decide("suspend", actor, number, body, key)

    async def resume(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """特别程序结束"""
        return await self._decide("resume", actor, number, body, key)

    async def extend_limit(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """延期"""
        return await self._decide("extend_limit", actor, number, body, key)

    async def decide(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """办结"""
        return await self._decide("decide", actor, number, body, key)

    async def grant_withdrawal(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """同意撤回"""
        return await self._decide("grant_withdrawal", actor, number, body, key)

    async def refuse_withdrawal(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """不同意撤回"""
        return await self._decide("refuse_withdrawal", actor, number, body, key)

    async def preview(self, actor: Actor, number: str, deed: str, body: Body) -> Json | None:
        """The content of the paper that a deed would issue now; None when it issues none. Raises Invalid, WrongState."""
        case = await self._mine(actor, number, deed)
        files = await self._files(actor, _named_in(body))
        return self._issuing.preview(actor, who_is(actor), case, deed, body, files)

    async def _decide(self, deed: str, actor: Actor, number: str, body: Body, key: str | None) -> Json:
        case = await self._mine(actor, number, deed)
        files = await self._files(actor, _named_in(body))
        repeat = key_of(actor.id, f"POST /applications/{case.number}/{deed}", key, body)

        async def once() -> Answer:
            it = case
            for _ in range(PRINTS):
                plan = await self._issuing.prepare(actor, who_is(actor), it, deed, body, files)
                try:
                    return await self._deed(actor, it, plan, repeat)
                except Moved:
                    it = await self.cases.one(actor, number)
            raise Busy

        return (await self._repeats.once(repeat, once)).body

    # parts

    def _allow(self, actor: Actor, deed: str) -> None:
        allowed = roles.may(actor.role, deed) if actor.role else roles.scopes_allow(actor.scopes, deed)
        if not allowed:
            raise Forbidden(deed)

    async def _mine(self, actor: Actor, number: str, deed: str) -> Case:
        """The case for a deed of our own side; a partner's operator acts through the desk, never here."""
        self._allow(actor, deed)
        if actor.jurisdiction != self._house().home:
            raise Forbidden(deed)
        return await self.cases.one(actor, number)

    async def _answer(
        self, actor: Actor, case: Case, plan: Callable[[Case, datetime], Plan], key: str | None, route: str, body: Body
    ) -> Json:
        repeat = key_of(actor.id, f"POST /applications/{case.number}/{route}", key, body)
        answer = await self._repeats.once(repeat, lambda: self._deed(actor, case, plan, repeat))
        return answer.body

    async def _deed(
        self, actor: Actor, case: Case, plan: Callable[[Case, datetime], Plan], repeat: Key | None
    ) -> Answer:
        names = _names_in_full(actor)

        def answer(it: Case) -> Json:
            return views.application(it, self._now(), full_name=names)

        def keep(it: Case) -> Any:
            return self._repeats.row(repeat, Answer(200, answer(it)), it.application.key_id)

        pair = (case.leg.partner, case.number)
        deed = Deed(pair, plan, answer, keep if repeat else None, repeat, trace=logs.traceparent())
        return Answer(200, await self._writer.submit(deed))


def _names_in_full(actor: Actor) -> bool:
    """Names stand in full for those who work on the case; others see them masked."""
    return actor.kind == "system" or actor.role in {"clerk", "officer", "partner_operator"}


def _entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _named_in(body: Body) -> list[Any]:
    """The files that an officer's deed names."""
    return _digests([body.get("document")]) + _digests(body.get("documents"))


def _digests(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return []
    return [entry.get("sha256") if isinstance(entry, Mapping) else entry for entry in value]


def _at(case: Case, pointer: str) -> str:
    """The one value that a pointer names in the case: `/applicant/…` or `/answers/…`. Raises NotFound."""
    from_person = {"name": "name", "id_number": "id_number", "phone": "phone"}
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/")]
    found: Any = {name: case.person.get(member, "") for name, member in from_person.items()}
    if parts[0] == "answers":
        found = case.document["answers"]
    elif parts[0] != "applicant":
        raise NotFound(pointer)
    for part in parts[1:]:
        if isinstance(found, list) and part.isascii() and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            raise NotFound(pointer)
    if isinstance(found, dict | list):
        raise NotFound(pointer)
    return str(found)
