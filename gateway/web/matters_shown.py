"""Matters as a clerk chooses them: the places that decide, and the lines of a place with what can be done with each."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.web import chips, sharing_shown
from matters_map.lookup import MatterIndex, NoRoute
from matters_map.matters import Matter


@dataclass(frozen=True)
class Place:
    """A jurisdiction that decides matters of our lists."""

    code: str
    name: str
    lines: int  # of the list
    fileable: int  # of them that can be filed here


@dataclass(frozen=True)
class Choice:
    """One line of a list in one place. `refusal` says why it cannot be filed and where to go; None: it can."""

    id: str
    name: str
    sub_item: str | None
    matter_type: str
    mode: str
    limit: str
    materials: int
    refusal: str | None
    kind: str  # file, guide, inbound, resting
    sharing: str | None  # of a line that several places share: who does what


def places(index: MatterIndex) -> list[Place]:
    """Every deciding jurisdiction, in the order of the agreements."""
    found: dict[str, tuple[str, list[Matter]]] = {}
    for matter in index.matters():
        for member in matter.handlers:
            found.setdefault(member.code, (member.name, []))[1].append(matter)
    return [
        Place(code, name, len(matters), sum(kind_of(matter) == "file" for matter in matters))
        for code, (name, matters) in found.items()
    ]


def choices(index: MatterIndex, place: str, q: str | None) -> list[Choice]:
    """The lines that a place decides, narrowed by name, code, pinyin or initials, in list order."""
    return [choice(index, matter, place) for matter in index.matters(handler=place, q=q or None)]


def choice(index: MatterIndex, matter: Matter, place: str) -> Choice:
    """One line as it stands in the list to choose from."""
    line = matter.line
    return Choice(
        matter.id,
        matter.name,
        line.sub_item,
        line.matter_type,
        chips.MODES[matter.mode],
        limit(matter),
        len(matter.materials),
        refusal(index, matter, place),
        kind_of(matter),
        sharing_shown.of_line(matter),
    )


def kind_of(matter: Matter) -> str:
    """file, or why not: guide, inbound, resting."""
    if matter.guide_only:
        return "guide"
    if matter.rest is not None:
        return "resting"
    return "inbound" if matter.direction == "inbound" else "file"


def refusal(index: MatterIndex, matter: Matter, place: str) -> str | None:
    """Why no case can be filed for this line, and where to go instead."""
    route = index.route(matter.id, place)
    return route.detail if isinstance(route, NoRoute) else None


def contact(matter: Matter) -> str:
    """The windows and telephones that the list names."""
    return "，".join(part.strip() for part in matter.line.contact_window.split(";") if part.strip())


def limit(matter: Matter) -> str:
    """承诺 1 工作日, 即办, or the statutory limit."""
    line = matter.line
    if matter.instant:
        return "即办"
    if line.promised_days:
        return f"承诺 {line.promised_days} 工作日"
    return f"法定 {line.statutory_days} 工作日" if line.statutory_days else "未注明"


def usual(filed: Sequence[tuple[str, str]], index: MatterIndex, most: int = 8) -> list[dict[str, str]]:
    """常办: what (matter, place) a clerk filed most, of the pairs given newest first; only what can still be filed."""
    counted: dict[tuple[str, str], int] = {}
    for pair in filed:
        counted[pair] = counted.get(pair, 0) + 1
    tiles = []
    for matter_id, place in sorted(counted, key=lambda pair: -counted[pair]):
        matter = index.get(matter_id)
        member = matter.handler(place) if matter else None
        if matter is not None and member is not None and refusal(index, matter, place) is None:
            tiles.append({"matter": matter.id, "place": place, "name": matter.name, "place_name": member.name})
    return tiles[:most]
