"""Absence: who is away, until which day; colleagues may take over what is theirs meanwhile."""

from collections.abc import Set
from datetime import date

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from gateway.auth.tables import User
from messaging.unit_of_work import Connection


def gone(today: date) -> QuerySet[User]:
    """Those who are away today, or can no longer sign in."""
    return User.filter(Q(disabled=True) | Q(away_until__gte=today))


def away_sql(today: date) -> str:
    """Their usernames as a subquery without parameters, as a query needs it that is itself written out as text."""
    return f"({gone(today).values('username').sql(params_inline=True)})"


async def away(today: date) -> Set[str]:
    """Their usernames."""
    return {row.username for row in await gone(today).only("username")}


async def until(username: str) -> date | None:
    """The last day that this person is away, as it was said; it may be over."""
    row = await User.get_or_none(username=username)
    return row.away_until if row else None


async def set_away(connection: Connection, username: str, day: date | None) -> bool:
    """Away until the end of a day, or here again; False when there is no such person."""
    return bool(await User.filter(username=username).using_db(connection).update(away_until=day))
