"""One signed text, seen from each of its counties: its own codes first, the others as those who decide. Pure.

The text of a list names one county's codes as `local_…` (who keeps the list) and those of the other parties as
members. What a clerk chooses from, and what a message is routed by, is this text turned to the reader's side.
"""

from dataclasses import replace

from matters_map.lines import Line, LineMember

TURNED = {"双向": "双向", "仅本地收件": "仅对方收件", "仅对方收件": "仅本地收件"}


def keeper(line: Line) -> str:
    """The county whose codes the text calls local: characters 3 to 8 of the implement code."""
    return line.local_implement_code[2:8]


def parties(lines: list[Line]) -> list[str]:
    """Everybody whom a text binds, members in the order in which they first appear, its keeper last."""
    members = dict.fromkeys(member.code for line in lines for member in line.members)
    return [*members, *(dict.fromkeys(keeper(line) for line in lines).keys() - members.keys())]


def seen_from(line: Line, home: str) -> Line | None:
    """The line as `home` works by it: the same for its keeper, turned for a member, None for whom it does not cover."""
    kept_by = keeper(line)
    if kept_by == home:
        return line
    own = next((member for member in line.members if member.code == home), None)
    if own is None:
        return None
    others = [LineMember(kept_by, line.local_basic_code, line.local_implement_code)]
    others += [member for member in line.members if member.code != home]
    return replace(
        line,
        local_basic_code=own.basic_code,
        local_implement_code=own.implement_code,
        partner_basic_code=line.local_basic_code,
        partner_implement_code=line.local_implement_code,
        direction=TURNED[line.direction],
        members=tuple(others),
    )
