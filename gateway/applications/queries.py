"""Reading cases: one, a page of many, the counts on the tabs, the steps, and the feed that streams follow."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from gateway.applications import numbers, timeline
from gateway.applications.batch import Tools
from gateway.applications.case import Case, House, context, unseal
from gateway.applications.clocks import local_day, utc
from gateway.applications.errors import Finding, Invalid, NotFound
from gateway.applications.ladder import RED
from gateway.applications.lifecycle import CLOSED, OPEN, TO_DO, State
from gateway.applications.tables import Application, Draft, Leg, SearchTerm, Step
from gateway.applications.views import local
from gateway.auth.absence import away_sql
from gateway.auth.actor import Actor
from matters_map.deadlines import due
from messaging.tables import Conversation

MANY = 1000  # cases of one kind that are counted at most
REFERENCE = 64  # characters of a partner's own number, at most
VIEWS = (
    "mine",
    "unclaimed",
    "department",
    "supplement",
    "undelivered",
    "due_soon",
    "overdue",
    "escalated",
    "to_hand_over",
    "uncollected",
    "absent",
    "owed",
    "originals",
    "withdrawal",
    "silent",
)


class Cases:
    """Opens cases for those who may see them. A partner's operator sees only the cases of that county."""

    def __init__(self, tools: Tools, house: Callable[[], House], now: Callable[[], datetime]) -> None:
        self._tools, self._house, self._now = tools, house, now
        self._line = timeline.of(tools.connection)

    def visible(self, actor: Actor) -> QuerySet[Leg]:
        """Legs that this actor may see at all; the tenant filter of every question. A part of a joint case that was not
        begun is nobody's yet but ours.
        """
        if actor.jurisdiction == self._house().home:
            return Leg.all()
        begun = Q(part=0) | Q(begun_at__isnull=False)
        return Leg.filter(begun, partner=actor.jurisdiction)

    def listed(self, actor: Actor, role: str | None = None) -> QuerySet[Leg]:
        """Those that stand in a list: at the window a joint case stands once, where it is decided each part by itself."""
        rows = self.visible(actor)
        if actor.jurisdiction != self._house().home:
            return rows.filter(role=role) if role else rows
        if role == "handler":
            return rows.filter(Q(part=0) | Q(begun_at__isnull=False), role=role)
        rows = rows.filter(part=0)
        return rows.filter(role__in=["origin", "whole"]) if role else rows

    async def one(self, actor: Actor, number: str) -> Case:
        """The case under its number or under the partner's own. Raises NotFound, also for what is not theirs."""
        mine, leg = self.visible(actor), None
        if len(number) <= numbers.LENGTH:
            leg = await mine.filter(number=number).first()
        if leg is None and len(number) <= REFERENCE:
            leg = await mine.filter(their_number=number).order_by("-id").first()
        if leg is None:
            raise NotFound(number)
        return (await self._open([leg]))[0]

    async def opened(self, legs: Sequence[Leg]) -> list[Case]:
        """The cases of legs that are the actor's to see."""
        return await self._open(legs)

    async def _open(self, legs: Sequence[Leg]) -> list[Case]:
        rows = {row.id: row for row in await Application.filter(id__in={leg.application_id for leg in legs})}
        await self._tools.sender.keys.fetch(row.key_id for row in rows.values())
        house, blank = self._house(), Conversation(partner="", subject="", key_id=0)
        return [self._one(house, rows[leg.application_id], leg, blank) for leg in legs]

    def _one(self, house: House, application: Application, leg: Leg, talk: Conversation) -> Case:
        matter = self._tools.matter_of(application.agreement, application.agreement_version, application.matter_id)
        return Case(house, self._tools.sender.keys, application, leg, talk, matter)

    async def page(
        self,
        actor: Actor,
        *,
        role: str | None = None,
        view: str | None = None,
        state: str | None = None,
        handler: str | None = None,
        q: str | None = None,
        found: str | None = None,
        since: str | None = None,
        owner: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[list[Case], str | None]:
        """Newest first; `after` is the cursor of the page before, `found` a keyed index that `keyed` gave,
        `owner` the username of who looks after what is still open.

        Raises Invalid for a cursor, state or date that is none.
        """
        rows = self._narrowed(self.listed(actor, role), actor, view, state, handler, since)
        if owner:
            rows = rows.filter(owner=owner, state__in=TO_DO)
        if q:
            rows = await self._searched(rows, q)
        if found:
            rows = rows.filter(application_id__in=await _applications_by_key(_key(found)))
        if after:
            rows = rows.filter(id__lt=_cursor(after))
        legs = await rows.order_by("-id").limit(limit + 1)
        following = str(legs[limit - 1].id) if len(legs) > limit else None
        return await self._open(legs[:limit]), following

    def _narrowed(
        self,
        rows: QuerySet[Leg],
        actor: Actor,
        view: str | None,
        state: str | None,
        handler: str | None,
        since: str | None,
    ) -> QuerySet[Leg]:
        if state:
            if state not in State.__members__:
                raise Invalid([Finding("/state", "enum", "没有这个状态")])
            rows = rows.filter(state=state)
        if handler:
            if len(handler) != 6:
                raise Invalid([Finding("/handler", "format", "地区代码是六位数字")])
            of_parts = Subquery(Leg.filter(handler=handler, part__gt=0).values("application_id"))
            rows = rows.filter(Q(handler=handler) | Q(role="whole", application_id__in=of_parts))
        if since:
            rows = rows.filter(updated_at__gte=_since(since))
        return self.in_view(rows, view, actor) if view else rows

    def in_view(self, rows: QuerySet[Leg], view: str, actor: Actor) -> QuerySet[Leg]:
        """A to-do view: 我的, 待认领, 待补正, 待转送, 快超期, 已超期, 督办, 待领取, 逾期未领, 负责人不在, 待后补, 待还原件, 撤回待确认,
        逾期未反馈.
        """
        today = local_day(self._now())
        match view:
            case "mine":
                return rows.filter(owner=actor.id, state__in=TO_DO)
            case "unclaimed":
                return rows.filter(owner__isnull=True, state__in=TO_DO)
            case "department":
                return rows.filter(department=actor.department or "", state__in=TO_DO)
            case "supplement":
                return rows.filter(state=State.SUPPLEMENT.value)
            case "undelivered":
                stuck = ["waiting", "sent", "held", "parked", "quarantined", "conflict", "set_aside"]
                return rows.filter(delivery__in=stuck, state__in=[state.value for state in OPEN])
            case "due_soon":
                return rows.filter(next_due__gte=today, next_due__lte=self.near(today))
            case "overdue":
                return rows.filter(next_due__lt=today)
            case "escalated":
                return rows.filter(alarm__gte=RED, state__in=[state.value for state in OPEN])
            case "to_hand_over":
                return rows.filter(state=State.DECIDED.value)
            case "uncollected":
                since = self._now() - timedelta(days=self._house().uncollected_days)
                return rows.filter(state=State.DECIDED.value, decided_at__lt=since)
            case "absent":
                return rows.filter(owner__in=RawSQL(away_sql(today)), state__in=TO_DO)
            case "owed":
                return rows.filter(material_due__lte=self.near(today), state__in=TO_DO)
            case "originals":
                return rows.filter(originals_open__gt=0, state__in=[state.value for state in CLOSED])
            case "withdrawal":
                return rows.filter(
                    withdrawal_asked_at__not_isnull=True,
                    withdrawal_answer__isnull=True,
                    state__in=[state.value for state in OPEN],
                )
            case "silent":
                silent = Q(deemed_accepted_on__not_isnull=True) | Q(silent_since__not_isnull=True)
                return rows.filter(silent, state__in=[state.value for state in OPEN])
        raise Invalid([Finding("/view", "enum", "没有这个视图")])

    def near(self, today: date) -> date:
        """The last day that is near: so many working days ahead as turn a limit amber."""
        house = self._house()
        return due(today, house.ladder.amber, house.calendar).due

    async def _searched(self, rows: QuerySet[Leg], q: str) -> QuerySet[Leg]:
        """By number (whole, beginning or end), the partner's or a vertical system's number, ID number, name, pinyin or initials."""
        text = q.strip()[:50]
        found = Q(number__startswith=text) | Q(their_number=text) | Q(vertical_number=text)
        if len(text) >= 4 and text.isalnum() and text.isascii():
            found |= Q(number__endswith=text.upper())
        named = Q(their_number=text) | (Q(number=text) if len(text) <= numbers.LENGTH else Q(their_number=text))
        of_parts = Leg.filter(named, part__gt=0).limit(MANY)
        found |= Q(role="whole", application_id__in=await of_parts.values_list("application_id", flat=True))
        search = self._tools.search
        by_name = Q(id__in=await _applications_by_term(search.term(text)))
        by_id = Q(id_index=search.id_index(text)) if len(text) >= 15 and text.isalnum() else Q()
        matching = (
            await Application.filter(by_name | by_id if by_id.filters else by_name)
            .limit(2000)
            .values_list("id", flat=True)
        )
        return rows.filter(found | Q(application_id__in=list(matching)))

    def keyed(self, q: str) -> str:
        """A search for a person as its keyed index: it may stand in an address, where the value itself may not."""
        text = "".join(q.split())[:50]
        number = self._tools.search.id_index(text) if len(text) >= 15 and text.isalnum() and text.isascii() else None
        return (number or self._tools.search.term(text)).hex()

    async def counts(self, actor: Actor, role: str | None = None) -> dict[str, int]:
        """How many there are in each state and in each to-do view; beyond MANY nobody counts, whatever is stored."""
        wanted = {state.value: self.listed(actor, role).filter(state=state.value) for state in State}
        wanted |= {view: self.in_view(self.listed(actor, role), view, actor) for view in VIEWS}
        parts = [
            f'(SELECT count(*) FROM ({rows.limit(MANY).only("id").sql(params_inline=True)}) AS kind) AS "{name}"'  # noqa: S608
            for name, rows in wanted.items()
        ]
        (row,) = await self._tools.connection.execute_query_dict("SELECT " + ", ".join(parts))
        counted = {name: int(row[name]) for name in wanted}
        return counted | {"all": sum(n for name, n in counted.items() if name in State.__members__)}

    async def owned(self, actor: Actor, usernames: Collection[str]) -> dict[str, int]:
        """How many open cases each of these people looks after."""
        rows = self.listed(actor).filter(owner__in=list(usernames), state__in=TO_DO).annotate(n=Count("id"))
        found = await rows.group_by("owner").values("owner", "n")
        return dict.fromkeys(usernames, 0) | {row["owner"]: row["n"] for row in found}

    async def under_way(self, agreement: str) -> dict[str, tuple[int, int]]:
        """Matter id -> (open cases, drafts that people are still filling in): what a change of the list would meet."""
        ids = Subquery(Leg.filter(state__in=[state.value for state in OPEN], part=0).values("application_id"))
        open_ = Application.filter(agreement=agreement, id__in=ids).annotate(n=Count("id")).group_by("matter_id")
        drafts = Draft.filter(matter_id__startswith=f"{agreement}.", number__isnull=True)
        typed = drafts.annotate(n=Count("id")).group_by("matter_id")
        cases = {row["matter_id"]: int(row["n"]) for row in await open_.values("matter_id", "n")}
        begun = {row["matter_id"]: int(row["n"]) for row in await typed.values("matter_id", "n")}
        return {one: (cases.get(one, 0), begun.get(one, 0)) for one in cases.keys() | begun.keys()}

    async def used(self) -> dict[tuple[str, str], int]:
        """(matter id, the other side's code) -> how many cases there ever were, each part of a joint one for itself."""
        counted = (
            "SELECT a.matter_id AS matter, l.partner AS partner, count(*) AS n FROM case_leg l"
            " JOIN case_application a ON a.id = l.application_id WHERE l.role <> 'whole' GROUP BY a.matter_id, l.partner"
        )
        rows = await self._tools.connection.execute_query_dict(counted)
        return {(str(row["matter"]), str(row["partner"])): int(row["n"]) for row in rows}

    async def steps(
        self, case: Case, limit: int, after: str | None, *, ours: bool
    ) -> tuple[list[dict[str, Any]], str | None]:
        """The time line, oldest first, as the API's events; what is private to our house only when it is `ours` to see."""
        rows = Step.filter(application_id=case.application.id)
        if case.leg.part:  # nothing of another part's
            rows = rows.filter(number=case.number)
        if not ours:
            rows = rows.exclude(type__in=timeline.PRIVATE)
        if after:
            rows = rows.filter(id__gt=_cursor(after))
        steps = await rows.order_by("id").limit(limit + 1)
        following = str(steps[limit - 1].id) if len(steps) > limit else None
        return [self._step(case, step) for step in steps[:limit]], following

    def _step(self, case: Case, step: Step) -> dict[str, Any]:
        where, keys = context("case_step", "detail", step.id), self._tools.sender.keys
        sealed = step.detail if keys.has(case.application.key_id) else None  # destroyed when its time was over
        detail = unseal(keys, case.application.key_id, sealed, where) or {"text": "", "data": {}}
        return {
            "id": str(step.id),
            "at": local(step.at),
            "type": step.type,
            "state": step.state,
            "actor": step.actor,
            "message_id": step.message_id,
            "text": detail["text"],
            "data": detail["data"],
        }

    async def feed(self, actor: Actor, after: int, limit: int = 200) -> list[dict[str, Any]]:
        """Changes after a cursor, oldest first, as streams send them; without personal values."""
        partner = actor.jurisdiction if actor.jurisdiction != self._house().home else None
        steps = await self._line.after(after, limit, partner)
        return [
            {
                "id": step.id,
                "number": step.number,
                "type": step.type,
                "state": step.state,
                "delivery": step.delivery,
                "version": step.version,
                "at": local(step.at),
            }
            for step in steps
        ]

    async def cursor(self) -> int:
        """The cursor of now: what comes after it is new."""
        return await self._line.latest()

    async def more_to_come(self) -> bool:
        """Are there changes that the feed cannot show yet, because an older transaction is still open?"""
        return await self._line.hides()

    async def newest(self) -> int:
        """The highest row id of a step."""
        last = await Step.all().order_by("-id").first()
        return last.id if last else 0


async def _applications_by_term(term: bytes) -> list[int]:
    rows = SearchTerm.filter(term=term).order_by("-application_id").limit(2000)
    return [int(found) for found in await rows.values_list("application_id", flat=True)]  # type: ignore[call-overload]


async def _applications_by_key(key: bytes) -> list[int]:
    rows = Application.filter(id_index=key).order_by("-id").limit(2000)
    by_id = [int(found) for found in await rows.values_list("id", flat=True)]  # type: ignore[call-overload]
    return by_id + await _applications_by_term(key)


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Invalid([Finding("/found", "format", "查找条件不对，请重新查找")]) from None


def _cursor(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise Invalid([Finding("/after", "format", "翻页位置不对，请从第一页开始")])
    return int(text)


def _since(text: str) -> datetime:
    """An instant in UTC, as the rows have it: SQLite compares times as texts."""
    try:
        said = datetime.fromisoformat(text)
        at = utc(said)
    except (ValueError, OverflowError):
        raise Invalid([Finding("/since", "format", "时间应写成 2026-11-24T09:30:00+08:00")]) from None
    if said.tzinfo is None:
        raise Invalid([Finding("/since", "format", "时间应带时区")])
    return at
