"""Deeds of the officer who decides on another county's case, each with the paper that it issues."""

from typing import Any

from gateway.applications.case import Json
from gateway.applications.case_door import Body, CaseDoor, digests, who_is
from gateway.applications.errors import Busy
from gateway.applications.idempotency import Answer, key_of
from gateway.applications.papers.issuing import Moved
from gateway.auth.actor import Actor

PRINTS = 3  # times that a paper is printed anew because its case changed meanwhile


class OfficerDeeds(CaseDoor):
    """The officer's deeds, and what their papers would say."""

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

    async def decide_at_once(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """即办：受理并办结"""
        return await self._decide("decide_at_once", actor, number, body, key)

    async def grant_withdrawal(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """同意撤回"""
        return await self._decide("grant_withdrawal", actor, number, body, key)

    async def refuse_withdrawal(self, actor: Actor, number: str, body: Body, key: str | None = None) -> Json:
        """不同意撤回"""
        return await self._decide("refuse_withdrawal", actor, number, body, key)

    async def preview(self, actor: Actor, number: str, deed: str, body: Body) -> list[Json]:
        """Contents of the papers that a deed would issue now; empty when it issues none. Raises Invalid, WrongState."""
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


def _named_in(body: Body) -> list[Any]:
    """The files that an officer's deed names."""
    return digests([body.get("document")]) + digests(body.get("documents"))
