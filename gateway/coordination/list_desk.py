"""A county without a system of its own confirms or returns a list in our pages; both are its own signed messages."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination import list_checks
from gateway.coordination.errors import Forbidden, NotFound, Refused
from matters_map.tables import ListVersion
from matters_map.version_life import State
from messaging import ids
from messaging.arrivals import AlreadySaid
from partners import list_signing
from partners.couriers.desk import Crowded, Desk, NothingSent
from partners.couriers.desk_words import Words
from partners.registry import Registry, Way

LONGEST = 4000  # characters of a comment


class ListDesk:
    """Speaks for the county that the operator works for, by the key that we hold for it, never for another."""

    def __init__(self, desk: Desk, registry: Registry) -> None:
        self._desk, self._registry = desk, registry

    async def sign(self, actor: Actor, agreement: str, version: int) -> None:
        """The operator confirms. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.sign")
        row = await self._open(actor, agreement, version)
        key = self._registry.held_key(actor.jurisdiction)
        if key is None:
            raise Refused("系统没有代管贵县的密钥，请由贵县的系统确认")
        jws = list_signing.sign(key, agreement, version, row.hash)
        data = {"agreement": agreement, "version": version, "hash": row.hash, "signed_by": actor.name, "jws": jws}
        await self._say(actor, agreement, version, "agreement.signed", data)

    async def give_back(
        self, actor: Actor, agreement: str, version: int, comments: Sequence[Mapping[str, Any]]
    ) -> None:
        """The operator returns it with comments. Raises Refused, NotFound, Forbidden."""
        self._allow(actor, "lists.return")
        list_checks.refuse_comments(comments, LONGEST)
        row = await self._open(actor, agreement, version)
        told = [{name: one.get(name) for name in ("line", "field", "text")} for one in comments]
        data = {"agreement": agreement, "version": version, "hash": row.hash, "comments": told}
        await self._say(actor, agreement, version, "agreement.returned", data)

    async def _open(self, actor: Actor, agreement: str, version: int) -> ListVersion:
        row = await ListVersion.filter(agreement=agreement, version=version).first()
        if row is None:
            raise NotFound(agreement)
        if row.state != State.PROPOSED:
            raise Refused("这一版不在等待确认")
        if self._registry.get(actor.jurisdiction).connection is not Way.DESK:
            raise Refused("本县由业务系统确认，此处仅供查看")
        return row

    async def _say(self, actor: Actor, agreement: str, version: int, type_: str, data: dict[str, Any]) -> None:
        """Once, however often the button is pressed; the opening is the receipt for what was laid before them."""
        id_ = ids.message_id_for("list desk", actor.jurisdiction, agreement, str(version), type_)
        try:
            await self._desk.opened(actor.jurisdiction, agreement, actor.name)
            with contextlib.suppress(AlreadySaid):
                await self._desk.say(actor.jurisdiction, agreement, Words(type_, data), message_id=id_)
        except NothingSent:
            raise NotFound(agreement) from None
        except Crowded:
            raise Refused("同时有多人在操作，请稍后再试") from None

    def _allow(self, actor: Actor, deed: str) -> None:
        if not roles.may(actor.role, deed):
            raise Forbidden(deed)
