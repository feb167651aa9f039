"""交接班: what a window's shift leaves to the next: open cases, what is due, originals, citizens not reached, and a note.

It is kept as it stood, sealed; whoever takes over confirms it by name, and both steps stand on the house chain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.applications import originals, standing
from gateway.applications.case import Case, House, Json, context, seal, unseal
from gateway.applications.case_door import who_is, window_of
from gateway.applications.clocks import local_day
from gateway.applications.deeds import log_contact
from gateway.applications.errors import Finding, Forbidden, Invalid, NotFound, WrongState
from gateway.applications.lifecycle import TO_DO, State, state_text
from gateway.applications.queries import Cases
from gateway.applications.tables import Leg, Shift
from gateway.applications.views import local, masked_name
from gateway.audit import house as house_chain
from gateway.auth import roles
from gateway.auth.actor import Actor
from messaging import ids
from messaging.key_ring import KeyRing
from messaging.unit_of_work import Connection, run_tx

MOST = 500  # cases that are looked through
SHOWN = 100  # rows of one list
KEPT = timedelta(days=183)
NOTE = 1000  # characters
LISTS = {
    "due": "快到期和已超期",
    "unreached": "需要联系、还没有联系上的申请人",
    "results": "等待领取的结果",
    "originals": "在窗口或寄递中的原件",
}


@dataclass(frozen=True)
class Handed:
    """One hand-over. `lists` as `standing_now` gives them."""

    id: str
    window: str
    given_by: str
    given_name: str
    given_at: str
    note: str
    lists: Json
    taken_name: str | None
    taken_at: str | None


class Shifts:
    """The hand-overs of a window."""

    def __init__(self, cases: Cases, keys: KeyRing, house: Callable[[], House], now: Callable[[], datetime]) -> None:
        self._cases, self._keys, self._house, self._now = cases, keys, house, now

    async def standing_now(self, actor: Actor) -> Json:
        """What is open at the actor's window: `{"open": n, "states": [[state, n]], "due": [row], …, "more": bool}`."""
        self._allow(actor)
        window, legs = window_of(actor), await self._legs(actor)
        found = [case for case in await self._cases.opened(legs[:MOST]) if _of(case, window, actor)]
        busy = [case for case in found if case.leg.state in TO_DO]
        today = local_day(self._now())
        states: dict[str, int] = {}
        for case in busy:
            text = state_text(case.state, case.leg.outcome)
            states[text] = states.get(text, 0) + 1
        near = self._cases.near(today)
        lists = {
            "due": [case for case in busy if case.leg.next_due and case.leg.next_due <= near],
            "unreached": [case for case in busy if _unreached(case)],
            "results": [case for case in busy if case.state is State.DECIDED],
            "originals": [case for case in found if case.leg.originals_open > 0],
        }
        rows = {name: [_row(case, today) for case in cases[:SHOWN]] for name, cases in lists.items()}
        more = len(legs) > MOST or any(len(cases) > SHOWN for cases in lists.values())
        return {"open": len(busy), "states": [list(pair) for pair in states.items()], **rows, "more": more}

    async def _legs(self, actor: Actor) -> list[Leg]:
        rows = self._cases.listed(actor, "origin")
        busy = await rows.filter(state__in=TO_DO).order_by("-id").limit(MOST + 1)
        loose = await rows.filter(originals_open__gt=0).order_by("-id").limit(MOST)
        return list({leg.id: leg for leg in [*busy, *loose]}.values())

    async def give(self, actor: Actor, note: str) -> str:
        """Hand on what stands now, with a note; its id. Raises Invalid."""
        self._allow(actor)
        if len(note) > NOTE:
            raise Invalid([Finding("/note", "maxLength", f"不能超过 {NOTE} 个字")])
        content = {"note": note.strip(), "lists": await self.standing_now(actor)}
        now, row_id = self._now(), ids.row_id()

        async def unit(connection: Connection) -> None:
            key = self._keys.make(now)
            await key.save(using_db=connection, force_create=True)
            row = Shift(
                id=row_id, window=window_of(actor), day=local_day(now), given_by=actor.id, given_name=actor.name[:64],
                given_at=now, key_id=key.id,
                content=seal(self._keys, key.id, content, context("desk_shift", "content", row_id)),
            )  # fmt: skip
            await row.save(using_db=connection, force_create=True)
            await self._note(connection, actor, "shift.given", row)

        await run_tx(unit)
        return str(row_id)

    async def take(self, actor: Actor, shift_id: str) -> None:
        """Confirm it, once, by somebody else at the same window. Raises NotFound, WrongState."""
        self._allow(actor)
        row = await self._row(actor, shift_id)
        if row.given_by == actor.id:
            raise WrongState("交班人不能自己接班，请接班的人登录后确认")

        async def unit(connection: Connection) -> None:
            free = Shift.filter(id=row.id, taken_by__isnull=True).using_db(connection)
            taken = {"taken_by": actor.id, "taken_name": actor.name[:64], "taken_at": self._now()}
            if not await free.update(**taken):
                raise WrongState("已经有人接班")
            await self._note(connection, actor, "shift.taken", row)

        await run_tx(unit)

    async def _note(self, connection: Connection, actor: Actor, what: str, row: Shift) -> None:
        detail = {"shift": str(row.id), "window": row.window}
        await house_chain.note(connection, str(who_is(actor)), what, None, detail, now=self._now())

    async def recent(self, actor: Actor) -> Sequence[Handed]:
        """The last ones of the actor's window, newest first."""
        self._allow(actor)
        rows = await Shift.filter(window=window_of(actor)).order_by("-id").limit(20)
        await self._keys.fetch(row.key_id for row in rows)
        return [self._shown(row) for row in rows]

    async def one(self, actor: Actor, shift_id: str) -> Handed:
        """One of the actor's window. Raises NotFound."""
        self._allow(actor)
        row = await self._row(actor, shift_id)
        await self._keys.fetch([row.key_id])
        return self._shown(row)

    async def purge(self) -> int:
        """Throw away what is older than half a year, with its keys; how many."""
        old = await Shift.filter(given_at__lt=self._now() - KEPT).limit(MOST)

        async def unit(connection: Connection) -> None:
            for row in old:
                await row.delete(using_db=connection)
                await self._keys.destroy(row.key_id, self._now(), connection)

        if old:
            await run_tx(unit)
        return len(old)

    async def _row(self, actor: Actor, shift_id: str) -> Shift:
        row = await Shift.filter(id=ids.named(shift_id), window=window_of(actor)).first()
        if row is None:
            raise NotFound(shift_id)
        return row

    def _shown(self, row: Shift) -> Handed:
        content = unseal(self._keys, row.key_id, row.content, context("desk_shift", "content", row.id))
        return Handed(
            str(row.id), row.window, row.given_by, row.given_name, local(row.given_at) or "", content["note"],
            content["lists"], row.taken_name, local(row.taken_at),
        )  # fmt: skip

    def _allow(self, actor: Actor) -> None:
        if not roles.may(actor.role, "shift") or actor.jurisdiction != self._house().home:
            raise Forbidden("shift")


def _of(case: Case, window: str, actor: Actor) -> bool:
    """Received at this window, or looked after by who hands on."""
    return (case.application.window or "") == window or case.leg.owner == actor.id


def _unreached(case: Case) -> bool:
    """The applicant has to be told of a supplement, and nobody has reached him yet."""
    asked = case.said.get("supplement") or {}
    to_tell = case.state is State.SUPPLEMENT and asked.get("addressed_to") == "applicant"
    return to_tell and log_contact.told_since(case, asked.get("asked_at")) is None


def _row(case: Case, today: Any) -> Json:
    at = standing.of(case, today)
    loose = originals.loose(originals.of(case))
    return {
        "number": case.application.number,
        "matter": case.application.matter_name,
        "applicant": masked_name(str(case.person.get("name") or "")),
        "state": state_text(case.state, case.leg.outcome),
        "text": at.text,
        "due": case.leg.next_due.isoformat() if case.leg.next_due else "",
        "owner": case.leg.owner_name or "",
        "originals": "、".join(one.name for one in loose),
    }
