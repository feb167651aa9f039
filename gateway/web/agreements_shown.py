"""Agreed lists as their pages draw them: what the address asks for, and each line with where to go when it is no case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gateway.web import chips, matters_shown, sharing_shown
from matters_map.lines import Line
from matters_map.lookup import MatterIndex, Version
from matters_map.matters import MEGABYTE, Material, Matter

MOST = 50  # characters of one value in the address


@dataclass(frozen=True)
class Narrow:
    """What the address asks for."""

    agreement: str | None = None
    place: str | None = None
    mode: str | None = None
    direction: str | None = None
    q: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Narrow":
        """From an address; unknown modes and directions are left out."""
        given = {field.name: query.get(field.name, "").strip()[:MOST] or None for field in fields(cls)}
        given["mode"] = given["mode"] if given["mode"] in chips.MODES else None
        given["direction"] = given["direction"] if given["direction"] in chips.DIRECTIONS else None
        return cls(**given)

    def query(self, **changes: str | None) -> str:
        """As the address says it, some members changed; '' when nothing is asked."""
        changed = replace(self, **changes)
        asked = {field.name: getattr(changed, field.name) for field in fields(changed)}
        text = urlencode({name: value for name, value in asked.items() if value})
        return f"?{text}" if text else ""

    @property
    def asks(self) -> bool:
        """Is anything narrowed?"""
        return bool(self.query())


@dataclass(frozen=True)
class LineShown:
    """One line of a list. `way` says where to go when no case comes of it, seen from home; None: a case can be filed."""

    id: str
    seq: int
    agreement: str
    name: str
    sub_item: str | None
    matter_type: str
    department: str
    mode: str
    direction: str
    limit: str
    statutory: str
    handlers: Sequence[str]
    codes: Sequence[tuple[str, str]]
    materials: Sequence[str]
    result: str
    fee: str
    contact: str
    remarks: str | None
    kind: str  # file, guide, inbound, resting
    sharing: str | None  # of a line that several places share: who does what
    duties: list[tuple[str, str]]  # 办理分工: duty, who
    way: str | None


def index_of(version: Mapping[str, Any]) -> MatterIndex:
    """The lines of one version, in force or not, so that they can be searched like those in force."""
    lines = tuple(Line.from_json(line) for line in version["lines"])
    start = datetime.fromisoformat(version["effective_from"])
    return MatterIndex([Version(version["agreement"], version["version"], "in_force", start, None, lines)], start)


def lines(index: MatterIndex, narrow: Narrow, agreements: Iterable[str], *, at_home: bool) -> list[LineShown]:
    """The lines that the address asks for, in list order, of these agreements."""
    wanted = {narrow.agreement} & set(agreements) if narrow.agreement else set(agreements)
    found = index.matters(handler=narrow.place, q=narrow.q, direction=narrow.direction, mode=narrow.mode)
    return [_line(index, matter, at_home=at_home) for matter in found if matter.agreement in wanted]


def _line(index: MatterIndex, matter: Matter, *, at_home: bool) -> LineShown:
    line, place = matter.line, matter.handlers[0].code
    members = [(one.name, f"{one.basic_code} / {one.implement_code}") for one in matter.handlers]
    return LineShown(
        id=matter.id,
        seq=line.seq,
        agreement=matter.agreement,
        name=matter.name,
        sub_item=line.sub_item,
        matter_type=line.matter_type,
        department=line.department,
        mode=chips.MODES[matter.mode],
        direction=chips.DIRECTIONS[matter.direction],
        limit=matters_shown.limit(matter),
        statutory=f"法定 {line.statutory_days} 工作日" if line.statutory_days else "",
        handlers=[one.name for one in matter.handlers],
        codes=[("本地", f"{line.local_basic_code} / {line.local_implement_code}"), *members],
        materials=[material_said(one) for one in matter.materials],
        result=f"{line.result_name}（{line.result_delivery.replace(';', '、')}）",
        fee=line.fee,
        contact=matters_shown.contact(matter),
        remarks=line.remarks,
        kind=matters_shown.kind_of(matter),
        sharing=sharing_shown.of_line(matter),
        duties=sharing_shown.duties_of_line(matter),
        way=matters_shown.refusal(index, matter, place) if at_home else None,
    )


def places(index: MatterIndex, agreements: Iterable[str]) -> list[tuple[str, str]]:
    """(code, name) of every deciding jurisdiction of these agreements, in their order."""
    wanted, found = set(agreements), dict[str, str]()
    for matter in index.matters():
        if matter.agreement in wanted:
            found |= {one.code: one.name for one in matter.handlers if one.code not in found}
    return list(found.items())


def material_said(one: Material) -> str:
    """A material with what the list lets and limits: 照片（可用电子证照，可容缺 5 个工作日，每份不超过 2 MB）."""
    said = [
        "可用电子证照" if one.e_certificate else "",
        f"可容缺 {one.later_days} 个工作日" if one.later_days is not None else "",
        f"每份不超过 {one.most_bytes // MEGABYTE} MB" if one.most_bytes is not None else "",
        f"不超过 {one.most_files} 份" if one.most_files is not None else "",
    ]
    inside = "，".join(part for part in said if part)
    return one.name + (f"（{inside}）" if inside else "")
