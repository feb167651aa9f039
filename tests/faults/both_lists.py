"""One agreement as each of its two counties has it in its own list."""

from dataclasses import replace
from functools import cache

from matters_map import sample_lists
from matters_map.calendar import Calendar
from matters_map.lines import Line, LineMember
from matters_map.lookup import MatterIndex, Version
from tests.county import WORKING_HOURS

SUIXIAN, ZAOYANG = "421321", "420683"
AGREEMENT = sample_lists.AGREEMENTS[0]
FORMS = sample_lists.forms()
CALENDAR = Calendar({day.day: day.working for day in sample_lists.calendar_days()})


def mirrored(line: Line, home: str = SUIXIAN) -> Line:
    """The same line as the other county's list has it: its own codes first, ours as those of the member."""
    theirs = line.members[0]
    turned = {"双向": "双向", "仅本地收件": "仅对方收件", "仅对方收件": "仅本地收件"}
    return replace(
        line,
        local_basic_code=theirs.basic_code,
        local_implement_code=theirs.implement_code,
        partner_basic_code=line.local_basic_code,
        partner_implement_code=line.local_implement_code,
        direction=turned[line.direction],
        members=(LineMember(home, line.local_basic_code, line.local_implement_code),),
    )


LINES = {
    SUIXIAN: tuple(sample_lists.lines(AGREEMENT, FORMS)),
    ZAOYANG: tuple(mirrored(line) for line in sample_lists.lines(AGREEMENT, FORMS)),
}


@cache
def index(home: str) -> MatterIndex:
    """Routing in one county."""
    version = Version(AGREEMENT.id, 1, "in_force", sample_lists.EFFECTIVE_FROM, None, LINES[home])
    return MatterIndex([version], WORKING_HOURS)
