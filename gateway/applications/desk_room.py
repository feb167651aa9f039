"""The desk of a partner without a system of its own: its operators open cases and answer, and both are its messages."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications import as_handler
from gateway.applications.batch import Tools
from gateway.applications.case import Case
from gateway.applications.case_door import who_is
from gateway.applications.case_room import CaseRoom
from gateway.applications.deeds import type_in
from gateway.applications.errors import CaseError, Forbidden, InFlight, WrongState
from gateway.applications.plan import Note, Plan, Who
from gateway.applications.tables import Step
from gateway.applications.works import Deed
from gateway.auth import roles
from gateway.auth.actor import Actor
from messaging import ids
from messaging.arrivals import AlreadySaid
from messaging.tables import Incoming
from messaging.unit_of_work import Writer
from partners.couriers.desk import Crowded, Desk
from partners.couriers.desk_words import Words
from partners.mailbox import Mailbox
from partners.registry import Registry, UnknownPartner, Way

SOON = 3.0  # seconds that an operator waits to see the effect
LOOK = 0.05  # seconds between two looks


@dataclass(frozen=True)
class Said:
    """What became of the operator's word so far: `applied`, `recorded`, `held`, `parked`, or `stored` when it is still
    on its way to the applier."""

    outcome: str
    reason: str | None = None


class DeskRoom:
    """Opens and says for the county that the operator works for, never for another."""

    def __init__(
        self,
        room: CaseRoom,
        tools: Tools,
        writer: Writer,
        desk: Desk,
        mailbox: Mailbox,
        registry: Registry,
        now: Callable[[], datetime],
    ) -> None:
        self._room, self._tools, self._writer, self._now = room, tools, writer, now
        self._desk, self._mailbox, self._registry = desk, mailbox, registry

    def here(self, actor: Actor) -> bool:
        """Does this county work at the desk? One with a system of its own only looks on."""
        try:
            return self._registry.get(actor.jurisdiction).connection is Way.DESK
        except UnknownPartner:
            return False

    async def open(self, actor: Actor, number: str) -> Case:
        """The case. The first opening by a named operator is the county's receipt for what waits in it.

        Raises NotFound, Forbidden.
        """
        case = await self._room.open(actor, number)
        if not self.here(actor) or not roles.may(actor.role, "accept"):
            return case
        waiting = await self._mailbox.of_conversation(actor.jurisdiction, case.number)
        if waiting:
            opened = Note("desk.opened", None, {"messages": [mail.message_id for mail in waiting]})
            await self._writer.submit(
                Deed(
                    (case.leg.partner, case.number),
                    lambda it, now: Plan(who_is(actor), notes=(opened,)),
                    lambda it: None,
                )
            )
            await self._desk.opened(actor.jurisdiction, case.number, actor.name)
        return case

    async def say(self, actor: Actor, number: str, deed: str, body: Mapping[str, Any], key: str | None = None) -> Said:
        """One of the officer's deeds, said as the county's message. `key` names the form, so that it is sent once.

        Raises Invalid, WrongState, NotFound, Forbidden, InFlight.
        """
        if not roles.may(actor.role, deed):
            raise Forbidden(deed)
        if not self.here(actor):
            raise WrongState("本县由业务系统直接办理，此处仅供查看")
        key = key or ids.message_id()
        last = ids.message_id_for("desk", actor.id, key)
        try:
            await self._say(actor, number, deed, body, key)
        except CaseError:  # after the form's first press the case may have moved on
            if not await Incoming.exists(partner=actor.jurisdiction, message_id=last):
                raise
        return await self._effect(actor.jurisdiction, last)

    def on_paper(self, partner: str) -> bool:
        """May we type in what this county answers? Only where we hold its key, because it has no system that signs."""
        try:
            known = self._registry.get(partner)
        except UnknownPartner:
            return False
        return known.connection is Way.DESK or known.custodial

    async def type_in(
        self, actor: Actor, number: str, deed: str, body: Mapping[str, Any], told: Mapping[str, Any], key: str | None
    ) -> Said:
        """登记对方答复: what the county answered outside of any system, typed in by a named person of ours.

        `told` is `{"name","phone"?,"way","on","scan"?}`. The scan is the county's paper, where the message has a place.
        Raises Invalid, WrongState, NotFound, Forbidden, InFlight.
        """
        if not roles.may(actor.role, "type_in") or deed not in type_in.DEEDS:
            raise Forbidden("type_in")
        case = await self._room.open(actor, number)
        partner = case.leg.partner
        if not case.is_origin or not self.on_paper(partner):
            raise WrongState(f"{case.partner_name}由业务系统或本县经办人答复，窗口不代为登记")
        id_ = ids.message_id_for("typed", actor.id, key) if key else ids.message_id()
        if not await Incoming.exists(partner=partner, message_id=id_):
            now = self._now()
            named = [*_digests(body), *_digests({"document": told.get("scan")})]
            digests = {digest for digest in named if isinstance(digest, str)}
            files = await self._tools.attachments.known(self._tools.connection, digests, actor.jurisdiction)
            heard = type_in.read(told, files, now)
            heard["scan"] = heard["scan"] or _paper(body, files)
            speaker = Who(partner, "person", heard["name"])
            whole = _with_scan(deed, body, heard["scan"])
            (word,) = as_handler.words(case, deed, speaker, whole, now, files, heard.get("phone") or "")
            await self._write_down(actor, case, deed, heard, id_)
            await self._desk.opened(partner, case.number, heard["name"])
            with contextlib.suppress(AlreadySaid):
                await self._spoken(partner, case.number, Words(word.type, dict(word.data)), id_)
        return await self._effect(partner, id_)

    async def _write_down(self, actor: Actor, case: Case, deed: str, heard: Mapping[str, Any], id_: str) -> None:
        """Who typed what on whose word; once, however often the button is pressed."""
        if await Step.exists(application_id=case.application.id, message_id=id_):
            return
        plan = Deed(
            (case.leg.partner, case.number),
            lambda it, now: type_in.plan(it, who_is(actor), deed, heard, id_, now),
            lambda it: None,
            message_id=id_,
        )
        await self._writer.submit(plan)

    async def _spoken(self, partner: str, number: str, words: Words, id_: str) -> None:
        try:
            await self._desk.say(partner, number, words, message_id=id_)
        except Crowded:
            raise InFlight from None

    async def _say(self, actor: Actor, number: str, deed: str, body: Mapping[str, Any], key: str) -> None:
        """Word by word; the last one's id is the form's, so that a deed of two that stopped between them is not taken
        for done.
        """
        case = await self._room.open(actor, number)
        digests = {digest for digest in _digests(body) if isinstance(digest, str)}
        files = await self._tools.attachments.known(self._tools.connection, digests, actor.jurisdiction)
        *before, word = as_handler.words(case, deed, who_is(actor), body, self._now(), files, actor.phone or "")
        names = [*(f"{key} {place}" for place, _ in enumerate(before)), key]
        for name, said in zip(names, [*before, word], strict=True):
            id_ = ids.message_id_for("desk", actor.id, name)
            with contextlib.suppress(AlreadySaid):  # by another press of the same button, maybe in another process
                await self._spoken(actor.jurisdiction, case.number, Words(said.type, dict(said.data)), id_)

    async def _effect(self, partner: str, message_id: str) -> Said:
        """What the applier made of it, when that comes soon."""
        clock = asyncio.get_running_loop().time
        until = clock() + SOON
        while clock() < until:
            row = await Incoming.get_or_none(partner=partner, message_id=message_id)
            if row is not None and row.state != "stored":
                return Said(row.state, row.reason)
            await asyncio.sleep(LOOK)
        return Said("stored")


def _with_scan(deed: str, body: Mapping[str, Any], scan: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The scan as the county's paper, where the message has a place for one and none was given."""
    if scan is None:
        return body
    named = {"sha256": scan["sha256"]}
    if deed in ("accept", "decline", "request_supplement"):
        return body if body.get("document") else {**body, "document": named}
    if deed in ("decide", "note"):
        place = "documents" if deed == "decide" else "attachments"
        given = list(body.get(place) or [])
        there = scan["sha256"] in {one.get("sha256") for one in given if isinstance(one, Mapping)}
        return body if there else {**body, place: [*given, named]}
    return body


def _paper(body: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any] | None:
    """The county's own paper that the deed brings: it proves the answer too."""
    named = (dict(files[digest]) for digest in _digests(body) if isinstance(digest, str) and digest in files)
    return next(named, None)


def _digests(body: Mapping[str, Any]) -> list[Any]:
    """The files that a deed's body names."""
    named = [*(body.get("documents") or []), *(body.get("attachments") or []), body.get("document")]
    return [one.get("sha256") if isinstance(one, Mapping) else one for one in named]
