"""不在岗: people say until when they are away, the coordinator says it for others; each change stands on the house chain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.audit import house
from gateway.auth import absence, roles
from gateway.auth.actor import Actor
from gateway.auth.tables import User
from gateway.coordination.errors import Refused
from messaging.unit_of_work import Connection, run_tx

DEED, FOR_OTHERS = "absence", "absence.edit"
HANDS = ("clerk", "officer")  # whose cases somebody else has to look after meanwhile
LONGEST = timedelta(days=366)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Colleague:
    """Somebody of our own house. `until`: the last day away, None when here; `gone`: may sign in no more."""

    username: str
    name: str
    role: str
    window: str | None
    until: date | None
    gone: bool

    @property
    def away(self) -> bool:
        """Should somebody else look after what is theirs?"""
        return self.gone or self.until is not None


class Absences:
    """Who is away."""

    def __init__(self, home: str, now: Callable[[], datetime]) -> None:
        self._home, self._now = home, now

    @property
    def today(self) -> date:
        """The Asia/Shanghai day."""
        return self._now().astimezone(SHANGHAI).date()

    async def until(self, actor: Actor) -> date | None:
        """The last day on which this person is away; None: here."""
        day = await absence.until(actor.username or "")
        return day if day is not None and day >= self.today else None

    async def people(self) -> Sequence[Colleague]:
        """Those of our own house who look after cases, those who are away first."""
        rows = await User.filter(role__in=HANDS, jurisdiction=self._home).order_by("username")
        return sorted((self._colleague(row) for row in rows), key=lambda one: not one.away)

    def _colleague(self, row: User) -> Colleague:
        until = row.away_until if row.away_until is not None and row.away_until >= self.today else None
        return Colleague(row.username, row.name, row.role, row.window or row.department, until, row.disabled)

    async def here(self, role: str) -> dict[str, str]:
        """Those of a role to whom cases can be given now, username -> name."""
        return {one.username: one.name for one in await self.people() if one.role == role and not one.away}

    async def set(self, actor: Actor, username: str, until: date | None) -> None:
        """Away until the end of a day, or here again. Raises Refused."""
        deed = DEED if username == actor.username else FOR_OTHERS
        if not roles.may(actor.role, deed) or actor.jurisdiction != self._home:
            raise Refused("不能为他人登记不在岗，请找清单协调员")
        if until is not None and not self.today <= until <= self.today + LONGEST:
            raise Refused("请填写今天或以后的日期，一年之内")

        async def unit(connection: Connection) -> None:
            if not await absence.set_away(connection, username, until):
                raise Refused("没有这个人")
            detail = {"username": username, "until": until.isoformat() if until else None}
            who = f"{actor.kind}:{actor.jurisdiction}:{actor.name}"
            await house.note(connection, who, "absence.set", None, detail, now=self._now())

        await run_tx(unit)
