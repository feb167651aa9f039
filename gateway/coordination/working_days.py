"""The working calendar as people keep it: which years are in force, and loading one, by page and by command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gateway.audit import house
from gateway.auth import roles
from gateway.auth.actor import Actor
from gateway.coordination.errors import Refused
from matters_map import calendar_years
from matters_map.calendar import BadCalendar
from matters_map.calendar_years import Change, Year
from messaging.unit_of_work import Connection, run_tx

DEED = "calendar.edit"


@dataclass(frozen=True)
class Checked:
    """What a file would do: its years, the days that it judges otherwise, and how many of those are over."""

    years: Sequence[Year]
    changes: Sequence[Change]
    past: int


@dataclass(frozen=True)
class YearShown:
    """A year in force: its working days, its days off beside week-ends, the week-ends that are worked, and its source."""

    year: int
    working: int
    holidays: Sequence[tuple[str, date, date]]  # name, first day, last day
    made_up: Sequence[date]
    loaded_by: str | None
    loaded_at: datetime | None


class WorkingDays:
    """The calendar's keeper; `changed()` is awaited after a year was loaded, so that this process counts by it at once."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection, self._now = connection, now

    async def years(self) -> Sequence[YearShown]:
        """The years in force, newest first."""
        return [_shown(year, row) for year, row in await calendar_years.listing(self._connection)]

    async def check(self, content: bytes) -> Checked:
        """What a file would do; nothing is changed. Raises Refused with everything that is wrong with it."""
        try:
            years = calendar_years.read(content)
        except BadCalendar as bad:
            raise Refused(str(bad)) from None
        changes = await calendar_years.changes(self._connection, years)
        today = self._now().date()
        return Checked(years, changes, sum(change.before is not None and change.day < today for change in changes))

    async def load(self, actor: Actor, content: bytes) -> Checked:
        """Put the file's years in force, by name. Raises Refused."""
        if not roles.may(actor.role, DEED):
            raise Refused("只有系统管理员可以载入工作日历")
        checked = await self.check(content)
        await run_tx(lambda tx: put(tx, checked, actor.name, f"person:{actor.jurisdiction}:{actor.name}", self._now()))
        return checked


async def put(tx: Connection, checked: Checked, name: str, who: str, now: datetime) -> None:
    """The years with their line of audit, in one transaction."""
    await calendar_years.put(tx, checked.years, name, now)
    detail = {
        "years": {str(year.year): year.digest for year in checked.years},
        "days_changed": len(checked.changes),
        "past_days_changed": checked.past,
    }
    await house.note(tx, who, "calendar.loaded", None, detail, now=now)


def _shown(year: Year, row: object) -> YearShown:
    off: list[tuple[str, date, date]] = []
    for day in year.days:
        if day.working or not day.name:
            continue
        if off and off[-1][0] == day.name and (day.day - off[-1][2]).days == 1:
            off[-1] = (day.name, off[-1][1], day.day)
        else:
            off.append((day.name, day.day, day.day))
    made_up = [day.day for day in year.days if day.working and day.day.weekday() > 4]
    by, at = getattr(row, "loaded_by", None), getattr(row, "loaded_at", None)
    return YearShown(year.year, year.working, off, made_up, by, at)
