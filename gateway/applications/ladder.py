"""The ladder of a limit that runs out: amber for the clerk, red for the coordinator, over, and the other side urged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.applications.clocks import Clock
from matters_map.calendar import Calendar
from matters_map.deadlines import working_days_between

LONGEST_HOLIDAY = 12  # calendar days without a working day, and some to spare
NONE, AMBER, RED, OVERDUE, URGED = range(5)
# Which clocks people wait for in a state; the others of a case are met, or stand still
AWAITED: Mapping[str, tuple[str, ...]] = {
    "SUBMITTED": ("reply", "transit"),
    "ACCEPTED": ("promised", "statutory", "transit"),
    "SUPPLEMENT": ("supplement", "transit"),
    "SUSPENDED": ("transit",),
    "DECIDED": ("transit",),
}


@dataclass(frozen=True)
class Ladder:
    """Working days: amber with so many left, red with so many, and the other side is urged so many after the end."""

    amber: int = 2
    red: int = 1
    urged: int = 1

    def horizon(self, today: date) -> date:
        """Nothing that ends later can be within the first step yet, whatever holidays lie between."""
        return today + timedelta(days=2 * self.amber + LONGEST_HOLIDAY)

    def level(self, clock: Clock, today: date, calendar: Calendar) -> int:
        """How high a running limit stands today. One that is no longer than a step has not that step."""
        due = date.fromisoformat(clock.due)
        left = working_days_between(today, due, calendar)
        if due < today:
            return URGED if -left >= self.urged else OVERDUE
        whole = working_days_between(date.fromisoformat(clock.start), due, calendar)
        if left <= self.red < whole:
            return RED
        return AMBER if left <= self.amber < whole else NONE


def awaited(state: str, clocks: Sequence[Clock]) -> Clock | None:
    """The first to end of the clocks that people wait for in this state."""
    ticking = [clock for clock in clocks if clock.kind in AWAITED.get(state, ()) and clock.state == "running"]
    return min(ticking, key=lambda clock: clock.due, default=None)


def name_of(clock: Clock | None) -> str | None:
    """What an alarm is remembered for: this limit with this last day."""
    return None if clock is None else f"{clock.kind} {clock.due}"
