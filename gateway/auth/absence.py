"""Absence: who is away, until which day; colleagues may take over what is theirs meanwhile."""

from collections.abc import Set
from datetime import date

from gateway.auth.tables import User
from messaging.unit_of_work import Connection


def away_sql(today: date) -> str:
    """A subquery of the usernames of those who are away today, or can no longer sign in; for both databases."""
    return f"(SELECT username FROM auth_user WHERE disabled OR away_until >= '{today.isoformat()}')"  # noqa: S608


async def away(today: date) -> Set[str]:
    """The usernames of those who are away today, or can no longer sign in."""
    rows = await User.all().only("username", "disabled", "away_until")
    return {row.username for row in rows if row.disabled or (row.away_until is not None and row.away_until >= today)}


async def until(username: str) -> date | None:
    """The last day that this person is away, as it was said; it may be over."""
    row = await User.get_or_none(username=username)
    return row.away_until if row else None


async def set_away(connection: Connection, username: str, day: date | None) -> bool:
    """Away until the end of a day, or here again; False when there is no such person."""
    return bool(await User.filter(username=username).using_db(connection).update(away_until=day))
