"""常用语: sentences for reuse in notes, supplement notices and 告知 texts; one's own, and those of one's window.

They are kept readable, so what looks like somebody's number is refused.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from gateway.applications.errors import Finding, Forbidden, Invalid, NotFound
from gateway.applications.tables import Phrase
from gateway.auth import roles
from gateway.auth.actor import Actor
from messaging import ids

USES = {"note": "留言、催办", "supplement": "补正告知", "contact": "告知记录"}
MOST = 100  # of one person or window
LONGEST = 500
PERSONAL = re.compile(r"[0-9][0-9 -]{9,}[0-9Xx]", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """One sentence. `shared`: the window's."""

    id: str
    use: str
    text: str
    shared: bool
    by: str


class Phrases:
    """What people of this house keep."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    async def all(self, actor: Actor, use: str | None = None) -> Sequence[Kept]:
        """One's own and the window's, of a use or of all, in the order in which they were kept."""
        self._allow(actor)
        rows = await self._mine(actor).order_by("id")
        return [_kept(row) for row in rows if use in (None, row.use)]

    def _mine(self, actor: Actor) -> QuerySet[Phrase]:
        place = _place(actor)
        shared = Q(username__isnull=True, window=place) if place else Q(id=0)
        return Phrase.filter(Q(username=actor.id) | shared)

    async def keep(self, actor: Actor, use: str, text: str, *, shared: bool) -> None:
        """Keep a sentence. Raises Invalid."""
        self._allow(actor)
        text, place = " ".join(text.split()), _place(actor)
        wrong = []
        if use not in USES:
            wrong.append(Finding("/use", "enum", "请选择用在哪里"))
        if not text or len(text) > LONGEST:
            wrong.append(Finding("/text", "maxLength", f"请填写，不超过 {LONGEST} 个字"))
        elif PERSONAL.search(text):
            wrong.append(Finding("/text", "pattern", "常用语里不要写证件号、电话等个人信息"))
        if shared and not place:
            wrong.append(Finding("/shared", "required", "您的账号没有登记窗口或部门，只能存为自己的"))
        if not wrong and len(await self.all(actor)) >= 2 * MOST:
            wrong.append(Finding("/text", "maxItems", "常用语太多了，请先删去不用的"))
        if wrong:
            raise Invalid(wrong)
        owner = {"window": place} if shared else {"username": actor.id}
        await Phrase.create(id=ids.row_id(), use=use, text=text, made_by=actor.name[:64], made_at=self._now(), **owner)

    async def drop(self, actor: Actor, phrase_id: str) -> None:
        """Throw one away, one's own or the window's. Raises NotFound."""
        self._allow(actor)
        if not await self._mine(actor).filter(id=ids.named(phrase_id)).delete():
            raise NotFound(phrase_id)

    def _allow(self, actor: Actor) -> None:
        if not roles.may(actor.role, "phrase"):
            raise Forbidden("phrase")


def _place(actor: Actor) -> str | None:
    """Where they are shared: the window, or the department of who sits at none."""
    return (actor.window or actor.department or "")[:64] or None


def _kept(row: Phrase) -> Kept:
    return Kept(str(row.id), row.use, row.text, row.username is None, row.made_by)
