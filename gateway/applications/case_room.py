"""The case room's front desk: what pages and the API call. Each deed reads, plans, and goes to the one writer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from gateway import logs
from gateway.applications import arranging, filing, promises, scanned_shown, views, whole_deeds, window_deeds
from gateway.applications.batch import Batch
from gateway.applications.case import Case, House, Json
from gateway.applications.case_door import Body, entries, names_in_full, who_is, window_of
from gateway.applications.clocks import local_day
from gateway.applications.deeds import correct, own, submit, submit_joint, vertical
from gateway.applications.errors import Finding, NotFound
from gateway.applications.idempotency import Answer, Key, key_of
from gateway.applications.officer_deeds import OfficerDeeds
from gateway.applications.plan import Note, Plan
from gateway.applications.window_deeds import WindowDeed
from gateway.applications.works import Filing, JointFiling
from gateway.auth import absence
from gateway.auth.actor import Actor
from matters_map.findings import path_of
from messaging.tables import DataKey


class CaseRoom(OfficerDeeds):
    """Applications: filing, seeing, and every deed on them."""

    # filing

    async def check(self, actor: Actor, body: Body, *, files: bool = False) -> Json:
        """Hold a body against list and form; nothing is stored: `{"ok","handler","errors","warnings"}`.

        `files`: look for the files too, as filing would.
        """
        self._allow(actor, "submit")
        index, forms = self._lists()
        looked = filing.sort(index, forms, self._house().home, body, self._now())
        sorted_, findings = looked.sorted, looked.findings
        if files:
            known = await self._files(actor, [entry.get("sha256") for entry in entries(body.get("attachments"))])
            found, missing = filing.attachments(body, looked.answers, known)
            findings = [*findings, *missing, *filing.limits(sorted_.matter if sorted_ else None, found)]
        promised, wrong = self._promised(body, looked)
        findings = [*findings, *wrong]
        hints = filing.warnings(sorted_.matter, sorted_.answers, promised) if sorted_ else []
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

    async def ready(self, actor: Actor, body: Body) -> tuple[filing.Sorted, list[Json], list[Json]]:
        """What would be filed, with its files and the materials promised for later; nothing is stored.

        Raises Invalid with every finding.
        """
        self._allow(actor, "submit")
        index, forms = self._lists()
        looked = filing.sort(index, forms, self._house().home, body, self._now())
        known = await self._files(actor, [entry.get("sha256") for entry in entries(body.get("attachments"))])
        files, missing = filing.attachments(body, looked.answers, known)
        promised, wrong = self._promised(body, looked)
        too_much = filing.limits(looked.sorted.matter if looked.sorted else None, files)
        filing.require(looked.findings + missing + wrong + too_much)
        sorted_ = looked.sorted
        assert sorted_ is not None  # noqa: S101
        return sorted_, files, promised

    async def _file(self, actor: Actor, body: Body, source: int, repeat: Key | None, trace: str | None) -> Answer:
        sorted_, files, promised = await self.ready(actor, body)
        window = {
            "name": window_of(actor),
            "clerk": actor.name,
            "phone": actor.phone or "",
        }

        at_window = (who_is(actor), source, window, body.get("reference"), actor.client_id, actor.username)
        more = (sorted_, files, *at_window, promised)
        answered: list[Answer] = []

        def keep(case: Case) -> Any:
            shown = views.application(case, self._now(), full_name=True)
            answered.append(Answer(201, shown, f"/api/v1/applications/{case.application.number}"))
            return self._repeats.row(repeat, answered[-1], case.application.key_id)

        trace = trace or logs.traceparent()
        work: Filing | JointFiling
        if sorted_.parts:
            begin_all = partial(_begin_joint, more)
            work = JointFiling(source, len(sorted_.parts), begin_all, lambda case: None, keep, repeat, trace)
        else:
            work = Filing(source, partial(_begin, more), lambda case: None, keep, repeat, trace)
        await self._writer.submit(work)
        return answered[-1]

    def _promised(self, body: Body, looked: filing.Looked) -> tuple[list[Json], list[Finding]]:
        matter = looked.sorted.matter if looked.sorted else None
        return promises.read(body, matter, looked.answers, local_day(self._now()), self._house().calendar)

    # seeing

    async def view(self, actor: Actor, number: str) -> Json:
        """One application as in shapes; a part of a joint case shows the whole to our own house.

        Only here each file says `scanned`: filing and deeds answer from inside their transaction, without looking it up.
        Raises NotFound, Forbidden.
        """
        case = await self.open(actor, number)
        if case.leg.part and actor.jurisdiction == self._house().home:
            case = await self.open(actor, case.application.number)
        shown = views.application(case, self._now(), full_name=names_in_full(actor))
        return scanned_shown.marked(shown, await self._tools.attachments.scanned(scanned_shown.digests(shown)))

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

    async def used(self, actor: Actor) -> dict[tuple[str, str], int]:
        """(matter id, the other side's code) -> how many cases there ever were."""
        self._allow(actor, "list")
        return await self.cases.used()

    async def under_way(self, agreement: str) -> dict[str, tuple[int, int]]:
        """Matter id -> (open cases, drafts): numbers only, for whoever changes the list."""
        return await self.cases.under_way(agreement)

    async def owned(self, actor: Actor, usernames: Collection[str]) -> dict[str, int]:
        """How many open cases each of these people looks after."""
        self._allow(actor, "list")
        return await self.cases.owned(actor, usernames)

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
        return await self._window_deed(window_deeds.SUPPLEMENT, actor, number, body, key)

    async def bring_later(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """补交承诺材料"""
        return await self._window_deed(window_deeds.BRING_LATER, actor, number, body, key)

    async def arrange(self, actor: Actor, number: str, sha256: str, step: str) -> None:
        """The order of the files and how they are turned, for whoever looks at them here. Raises Invalid."""
        case = await self._mine(actor, number, "arrange")

        def plan(it: Case, now: datetime) -> Plan:
            kept = arranging.changed(views.files(it), it.application.arranged, sha256, step)
            return Plan(who_is(actor), application={"arranged": kept})

        await self._deed(actor, case, plan, None)

    async def withdraw(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """申请撤回"""
        return await self._window_deed(window_deeds.WITHDRAW, actor, number, body, key)

    async def correct(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """窗口更正"""
        case = await self._mine(actor, number, "correct")
        more = (who_is(actor), body)
        by_whom = (actor.phone or "", self._issuing.label)
        if case.is_whole:
            return await self._whole_answer(
                actor,
                case,
                lambda it, parts, now: whole_deeds.correcting(it, parts, *more, now, *by_whom),
                key,
                "corrections",
                body,
            )
        return await self._answer(
            actor, case, lambda it, now: correct.plan(it, *more, now, *by_whom), key, "corrections", body
        )

    async def urge(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """催办"""
        return await self._window_deed(window_deeds.URGE, actor, number, body, key)

    async def note(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """留言"""
        return await self._window_deed(window_deeds.NOTE, actor, number, body, key)

    async def hand_over(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """送达申请人"""
        return await self._window_deed(window_deeds.HAND_OVER, actor, number, body, key)

    async def move_original(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """原件流转"""
        return await self._window_deed(window_deeds.MOVE_ORIGINAL, actor, number, body, key)

    async def log_contact(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """告知记录"""
        return await self._window_deed(window_deeds.LOG_CONTACT, actor, number, body, key)

    async def take(self, actor: Actor, number: str) -> None:
        """认领; also what is looked after by somebody who is away."""
        case = await self._mine(actor, number, "own")
        away = await absence.away(local_day(self._now()))
        await self._deed(actor, case, lambda it, now: own.take(it, who_is(actor), actor.id, now, away), None)

    async def hand_on(self, actor: Actor, number: str, body: Body, people: Mapping[str, str]) -> None:
        """转交; `people` are those who may look after it, username -> name."""
        case = await self._mine(actor, number, "own")
        await self._deed(actor, case, lambda it, now: own.hand_on(it, who_is(actor), body, people, now), None)

    async def pass_on(self, actor: Actor, number: str, body: Body, departments: Collection[str]) -> None:
        """转交其他部门; `departments` are those in which somebody may decide."""
        case = await self._mine(actor, number, "decide")
        await self._deed(actor, case, lambda it, now: own.pass_on(it, who_is(actor), body, departments, now), None)

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
        return await self._window_deed(window_deeds.TELL_OF_FEE, actor, number, body, key)

    async def rate(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """评价"""
        return await self._window_deed(window_deeds.RATE, actor, number, body, key)

    async def _window_deed(self, deed: WindowDeed, actor: Actor, number: str, body: Body, key: str | None) -> Json:
        case = await self._mine(actor, number, deed.may)
        files, who, phone = await self._files(actor, deed.files(body)), who_is(actor), actor.phone or ""
        of_whole = deed.of_whole
        if case.is_whole and of_whole is not None:
            return await self._whole_answer(
                actor,
                case,
                lambda it, parts, now: of_whole(it, parts, who, body, now, files, phone),
                key,
                deed.route,
                body,
            )
        return await self._answer(
            actor, case, lambda it, now: deed.plan(it, who, body, now, files, phone), key, deed.route, body
        )


def _begin(more: Sequence[Any], number: str, now: datetime, house: House, batch: Batch) -> tuple[Case, DataKey, Plan]:
    return submit.begin(number, now, house, batch, *more)


def _begin_joint(
    more: Sequence[Any], numbers: Sequence[str], now: datetime, house: House, batch: Batch
) -> tuple[Case, list[Case], DataKey, Plan]:
    return submit_joint.begin(numbers, now, house, batch, *more)


def _at(case: Case, pointer: str) -> str:
    """The one value that a pointer names in the case: `/applicant/…` or `/answers/…`. Raises NotFound."""
    from_person = {"name": "name", "id_number": "id_number", "phone": "phone"}
    parts = path_of("/" + pointer.strip("/"))
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
