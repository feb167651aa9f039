"""The case room's front desk: what pages and the API call. Each deed reads, plans, and goes to the one writer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway import logs
from gateway.applications import filing, views
from gateway.applications.batch import Batch
from gateway.applications.case import Case, House, Json
from gateway.applications.case_door import Body, digests, entries, names_in_full, who_is, window_of
from gateway.applications.clocks import local_day
from gateway.applications.deeds import (
    fee,
    hand_over,
    log_contact,
    move_original,
    note,
    own,
    rate,
    submit,
    supplement,
    urge,
    vertical,
    withdraw,
)
from gateway.applications.errors import NotFound
from gateway.applications.idempotency import Answer, Key, key_of
from gateway.applications.officer_deeds import OfficerDeeds
from gateway.applications.plan import Note, Plan
from gateway.applications.works import Filing
from gateway.auth import absence
from gateway.auth.actor import Actor
from messaging.tables import DataKey


class CaseRoom(OfficerDeeds):
    """Applications: filing, seeing, and every deed on them."""

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

    async def ready(self, actor: Actor, body: Body) -> tuple[filing.Sorted, list[Json]]:
        """What would be filed, with its files; nothing is stored. Raises Invalid with every finding."""
        self._allow(actor, "submit")
        index, forms = self._lists()
        looked = filing.sort(index, forms, self._house().home, body, self._now())
        known = await self._files(actor, [entry.get("sha256") for entry in entries(body.get("attachments"))])
        files, missing = filing.attachments(body, looked.answers, known)
        filing.require(looked.findings + missing)
        sorted_ = looked.sorted
        assert sorted_ is not None  # noqa: S101
        return sorted_, files

    async def _file(self, actor: Actor, body: Body, source: int, repeat: Key | None, trace: str | None) -> Answer:
        sorted_, files = await self.ready(actor, body)
        window = {
            "name": window_of(actor),
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

    # seeing

    async def view(self, actor: Actor, number: str) -> Json:
        """One application as in shapes. Raises NotFound, Forbidden."""
        case = await self.open(actor, number)
        return views.application(case, self._now(), full_name=names_in_full(actor))

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
        named = [entry.get("sha256") for entry in entries(body.get("materials"))]
        files = await self._files(actor, named)
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
        files = await self._files(actor, digests(body.get("attachments")))
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
        """认领; also what is looked after by somebody who is away."""
        case = await self._mine(actor, number, "own")
        away = await absence.away(local_day(self._now()))
        await self._deed(actor, case, lambda it, now: own.take(it, who_is(actor), actor.id, now, away), None)

    async def hand_on(self, actor: Actor, number: str, body: Body, people: Mapping[str, str]) -> None:
        """转交; `people` are those who may look after it, username -> name."""
        case = await self._mine(actor, number, "own")
        await self._deed(actor, case, lambda it, now: own.hand_on(it, who_is(actor), body, people, now), None)

    async def give_back(self, actor: Actor, number: str, body: Body) -> None:
        """退回待认领"""
        case = await self._mine(actor, number, "own")
        await self._deed(actor, case, lambda it, now: own.give_back(it, who_is(actor), actor.id, body, now), None)

    async def assign(self, actor: Actor, number: str, body: Body, people: Mapping[str, str]) -> None:
        """指派: the coordinator gives what is looked after by somebody who is away to a colleague."""
        case = await self._mine(actor, number, "assign")
        await self._deed(actor, case, lambda it, now: own.hand_on(it, who_is(actor), body, people, now), None)

    async def note_vertical(self, actor: Actor, number: str, body: Body) -> None:
        """系统编号"""
        case = await self._mine(actor, number, "note_vertical")
        await self._deed(actor, case, lambda it, now: vertical.plan(it, who_is(actor), body, now), None)

    async def tell_of_fee(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """缴费通知 on the side that decides, 缴费凭证 at the window."""
        case = await self._mine(actor, number, "note")
        files, phone = await self._files(actor, digests(body.get("attachments"))), actor.phone or ""
        return await self._answer(
            actor, case, lambda it, now: fee.plan(it, who_is(actor), body, now, files, phone), key, "fee", body
        )

    async def rate(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """评价"""
        case = await self._mine(actor, number, "rate")
        return await self._answer(
            actor, case, lambda it, now: rate.plan(it, who_is(actor), body, now), key, "rating", body
        )


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
