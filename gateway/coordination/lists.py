"""The lists in force, in memory: read at start and again when a version begins or ends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.auth.actor import Actor
from matters_map import agreements, calendar_years
from matters_map.calendar import Calendar
from matters_map.forms import Forms
from matters_map.lookup import MatterIndex
from matters_map.matters import Matter
from messaging.unit_of_work import Connection


class Lists:
    """Answers routing from memory; every version that a case may have begun under can still be found."""

    def __init__(self, home: str) -> None:
        self._home = home
        self.index = MatterIndex([], datetime.max.replace(tzinfo=UTC))
        self.forms = Forms([])
        self.calendar = Calendar({})
        self.calendar_marks: calendar_years.Marks = frozenset()  # other marks: count limits anew
        self._lines: dict[tuple[str, int, str], Matter] = {}
        self._versions: set[tuple[str, int]] = set()
        self._marks: frozenset[tuple[str, int, str]] = frozenset()

    async def load(self, connection: Connection, now: datetime) -> None:
        """Read everything anew; what was known before stays in use until all of it has been read."""
        index = await agreements.load_index(connection, now, self._home)
        forms = await agreements.load_forms(connection)
        calendar_marks = await calendar_years.marks(connection)
        calendar = await agreements.load_calendar(connection)
        lines = {
            (one.agreement, one.version, one.id): one for one in await agreements.every_matter(connection, self._home)
        }
        self.index, self.forms, self.calendar, self._lines = index, forms, calendar, lines
        self.calendar_marks = calendar_marks
        self._versions = {(agreement, version) for agreement, version, _ in lines}
        self._marks = await agreements.marks(connection)

    def matter_of(self, agreement: str, version: int, matter_id: str) -> Matter | None:
        """The line that a case was filed under, in force or not."""
        return self._lines.get((agreement, version, matter_id))

    def version_known(self, agreement: str, version: int) -> bool:
        """Do we have this version of the list?"""
        return (agreement, version) in self._versions

    async def stale(self, connection: Connection, now: datetime) -> bool:
        """Has a version begun or ended, or a version or a year been loaded, since the index was built?"""
        if self.index.changes_at is not None and now >= self.index.changes_at:
            return True
        if await agreements.marks(connection) != self._marks:
            return True
        return await calendar_years.marks(connection) != self.calendar_marks


class AgreementsShown:
    """The agreements as `GET agreements` and the pages tell them; each county sees those it is a member of."""

    def __init__(self, home: str, connection: Connection, now: Any) -> None:
        self._home, self._connection, self._now = home, connection, now

    async def all(self, actor: Actor) -> Sequence[Mapping[str, Any]]:
        """In the order of the house."""
        every = await agreements.listing(self._connection, self._now())
        return [one for one in every if self._theirs(actor, one)]

    def _theirs(self, actor: Actor, agreement: Mapping[str, Any]) -> bool:
        return actor.jurisdiction in {self._home, *(member["code"] for member in agreement["members"])}

    async def version(self, actor: Actor, agreement: str, version: int) -> Mapping[str, Any] | None:
        """One list version; None when there is none or it is not theirs."""
        if agreement not in {one["id"] for one in await self.all(actor)}:
            return None
        return await agreements.version_of(self._connection, agreement, version)
