"""One agreement as each of its two counties has it in its own list."""

from functools import cache

from matters_map import sample_lists
from matters_map.calendar import Calendar
from matters_map.lines import Line
from matters_map.lookup import MatterIndex, Version
from matters_map.perspective import seen_from
from tests.county import WORKING_HOURS

SUIXIAN, ZAOYANG = "421321", "420683"
AGREEMENT = sample_lists.AGREEMENTS[0]
FORMS = sample_lists.forms()
CALENDAR = Calendar({day.day: day.working for day in sample_lists.calendar_days()})


def mirrored(line: Line) -> Line:
    """The same line as the other county works by it: its own codes first, ours as those of the member."""
    seen = seen_from(line, ZAOYANG)
    assert seen is not None
    return seen


LINES = {
    SUIXIAN: tuple(sample_lists.lines(AGREEMENT, FORMS)),
    ZAOYANG: tuple(mirrored(line) for line in sample_lists.lines(AGREEMENT, FORMS)),
}


@cache
def index(home: str) -> MatterIndex:
    """Routing in one county."""
    version = Version(AGREEMENT.id, 1, "in_force", sample_lists.EFFECTIVE_FROM, None, LINES[home])
    return MatterIndex([version], WORKING_HOURS)
