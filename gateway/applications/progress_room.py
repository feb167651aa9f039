"""Where applicants' questions are answered: by the number and the code of the slip, and otherwise always the same."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from gateway.applications import progress, query_codes
from gateway.applications.case import Case, House, Json
from gateway.applications.case_door import who_is
from gateway.applications.errors import NotFound
from gateway.applications.plan import Note, Plan
from gateway.applications.queries import Cases
from gateway.applications.works import Deed
from gateway.auth.actor import Actor
from messaging.key_ring import KeyDestroyed
from messaging.sealing import Sealer
from messaging.tables import Outgoing
from messaging.unit_of_work import Connection, Writer, run_tx

NO_AFTER = 0.25  # seconds after which a no is given, whether the number is unknown or the code is wrong
STUCK = frozenset({"parked", "quarantined", "conflict", "set_aside"})
TAKEN = "applied"  # the outcome with which the handler has received it; with any other it has it, but could not take it


class ProgressRoom:
    """Codes for slips, and answers to those who have one."""

    def __init__(
        self,
        cases: Cases,
        sealer: Sealer,
        house: Callable[[], House],
        now: Callable[[], datetime],
        writer: Writer,
        connection: Connection,
    ) -> None:
        self._cases, self._sealer, self._house, self._now = cases, sealer, house, now
        self._writer, self._connection = writer, connection

    async def code(self, actor: Actor, case: Case) -> str:
        """The code for a case's slip, as it is printed; made at the first print, and noted on the case's audit chain."""
        number = case.application.number
        return query_codes.printed(query_codes.of(self._sealer, number, await self._salt(actor, case, number)))

    async def _salt(self, actor: Actor, case: Case, number: str) -> bytes:
        known = await query_codes.salt_of(self._connection, number)
        if known is not None:
            return known
        now = self._now()
        salt, new = await run_tx(lambda connection: query_codes.made(connection, number, now))
        if new:
            plan = Plan(who_is(actor), notes=(Note("query_code.made"),))
            await self._writer.submit(Deed((case.leg.partner, case.leg.number), lambda it, at: plan, lambda it: None))
        return salt

    async def ask(self, actor: Actor, number: str, typed: str) -> Json:
        """The progress of a case of this county. NotFound for whatever does not fit, after the same time."""
        no_at = asyncio.get_running_loop().time() + NO_AFTER
        may_be = number.isascii() and number.isalnum()  # what is none may be no text for the database either
        salt = await query_codes.salt_of(self._connection, number) if may_be else None
        if query_codes.matches(self._sealer, number, salt, typed) and actor.jurisdiction == self._house().home:
            try:
                return await self._told(actor, number)
            except (NotFound, KeyDestroyed):
                pass
        await asyncio.sleep(max(0.0, no_at - asyncio.get_running_loop().time()))
        raise NotFound(number)

    async def _told(self, actor: Actor, number: str) -> Json:
        case = await self._cases.one(actor, number)
        if case.application.number != number or not case.is_origin:
            raise NotFound(number)
        if case.is_whole:  # its parts' messages went; the worst off of them is what it shows
            gone = case.leg.delivery
            return progress.told(
                case, progress.Sent(gone != "waiting", gone == "receipted", gone in STUCK), self._now()
            )
        first = Outgoing.filter(partner=case.leg.partner, subject=case.number, sequence=1).order_by("-id")
        row = await first.using_db(self._connection).first()
        sent = progress.Sent(
            left=row is not None and (row.confirmed_at is not None or row.outcome is not None),
            receipted=row is not None and row.outcome == TAKEN,
            stuck=row is not None and row.outcome not in (None, TAKEN),
        )
        return progress.told(case, sent, self._now())
