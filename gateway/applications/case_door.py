"""Who may do a deed on which case, and the way of every deed to the one writer: what all deeds of a case share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway import logs
from gateway.applications import advance, views
from gateway.applications.batch import Tools
from gateway.applications.case import Case, House, Json, place
from gateway.applications.drafts import Drafts
from gateway.applications.errors import Forbidden
from gateway.applications.idempotency import Answer, Key, Repeats, key_of
from gateway.applications.papers.issuing import Issuing
from gateway.applications.plan import Plan, Who
from gateway.applications.queries import Cases
from gateway.applications.works import Deed, WholeDeed
from gateway.auth import roles
from gateway.auth.actor import Actor
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex
from messaging.unit_of_work import Writer

Body = Mapping[str, Any]
WholePlan = Callable[[Case, Sequence[Case], datetime], Sequence[tuple[Case, Plan]]]
"""(whole, its parts, now) -> what is done with which of them."""
Lists = Callable[[], tuple[MatterIndex, Forms]]
"""The matters in force now, and the forms."""


def who_is(actor: Actor) -> Who:
    """The actor as the time line names him."""
    return Who(actor.jurisdiction, actor.kind, actor.name)


class CaseDoor:
    """What deeds on applications stand on."""

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

    async def _files(self, actor: Actor, named: list[Any]) -> dict[str, Json]:
        wanted = {digest for digest in named if isinstance(digest, str)}
        return await self._tools.attachments.known(self._tools.connection, wanted, actor.jurisdiction) if wanted else {}

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
        names = names_in_full(actor)

        def answer(it: Case) -> Json:
            return views.application(it, self._now(), full_name=names)

        def keep(it: Case) -> Any:
            return self._repeats.row(repeat, Answer(200, answer(it)), it.application.key_id)

        pair = (case.leg.partner, case.number)
        deed = Deed(pair, plan, answer, keep if repeat else None, repeat, trace=logs.traceparent())
        return Answer(200, await self._writer.submit(deed))

    async def _whole_answer(
        self, actor: Actor, whole: Case, plan: WholePlan, key: str | None, route: str, body: Body
    ) -> Json:
        """A deed on a joint case; the answer shows the whole as it stands then."""
        repeat = key_of(actor.id, f"POST /applications/{whole.number}/{route}", key, body)
        pairs = (await advance.pairs_of([whole.application.id]))[whole.application.id]
        names = names_in_full(actor)

        def answer(it: Case) -> Json:
            return views.application(it, self._now(), full_name=names)

        def keep(it: Case) -> Any:
            return self._repeats.row(repeat, Answer(200, answer(it)), it.application.key_id)

        async def once() -> Answer:
            trace = logs.traceparent()
            deed = WholeDeed(whole.application.id, pairs, plan, answer, keep if repeat else None, repeat, trace=trace)
            return Answer(200, await self._writer.submit(deed))

        return (await self._repeats.once(repeat, once)).body


def window_of(actor: Actor) -> str:
    """The window at which a case is received, as cases name it."""
    return actor.window or place(actor.jurisdiction) + ("接口" if actor.kind == "system" else "综合窗口")


def names_in_full(actor: Actor) -> bool:
    """Names stand in full for those who work on the case; others see them masked."""
    return actor.kind == "system" or actor.role in {"clerk", "officer", "partner_operator"}


def entries(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def digests(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return []
    return [entry.get("sha256") if isinstance(entry, Mapping) else entry for entry in value]
