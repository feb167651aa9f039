"""多地联办: how a line shares a case out over several places and stages, as the agreement's data says it.

A line's `joint` is `{"parts":[{"at","stage","does","told","statutory_days"}],"lead","join","on_refusal",
"on_withdrawal"}`; every member may be left out. Then every place of the line has a part, all together, the first one
leads, all must grant, and when one of them ends without granting the others are asked to withdraw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from matters_map import regions
from matters_map.matters import Matter, Member

DOES: Mapping[str, str] = MappingProxyType(
    {"accept": "受理", "assess": "审核", "approve": "批准", "issue": "制证出证", "hand_over": "送达"}
)
JOINS: Mapping[str, str] = MappingProxyType(
    {
        "all": "各承办地都准予才算办成",
        "lead": "以牵头地的决定为准",
        "each": "各承办地分别决定",
    }
)
ENDINGS: Mapping[str, str] = MappingProxyType(  # what an ending without a grant does to the other parts
    {
        "ask": "未发起的停止，办理中的请对方撤回",
        "stop": "未发起的停止，办理中的继续",
        "nothing": "其他承办地照常办理",
    }
)
# What an earlier part said and a later one may be told; a pointer names one of these or a place inside it
TELLABLE = ("outcome", "reference", "decided_at", "text", "legal_basis", "certificates", "documents")
ORIGIN, HANDLER = "origin", "handler"  # instead of a code: where it was received; the place that the filing names
MOST = 8  # parts


@dataclass(frozen=True)
class Part:
    """One place's part. `at`: a code, `origin`, `handler`, or a pointer into the answers at which a code stands."""

    at: str
    stage: int = 1
    does: tuple[str, ...] = tuple(DOES)
    told: tuple[str, ...] = ()
    statutory_days: int | None = None  # None: as the line says


@dataclass(frozen=True)
class Joint:
    """How the parts belong together. `lead` counts the parts from 1."""

    parts: tuple[Part, ...] = ()
    lead: int = 1
    join: str = "all"
    on_refusal: str = "ask"
    on_withdrawal: str = "ask"


@dataclass(frozen=True)
class Placed:
    """A part whose place is known."""

    part: int  # from 1
    handler: Member
    stage: int
    does: tuple[str, ...]
    told: tuple[str, ...]
    statutory_days: int | None


@dataclass(frozen=True)
class NoPlace:
    """A part whose place is not agreed; `pointer` into the answers, or None when the line itself names it."""

    pointer: str | None
    detail: str


def read(value: Mapping[str, Any]) -> Joint:
    """A line's data. Raises ValueError with every problem, in Chinese."""
    wrong = problems(value)
    if wrong:
        raise ValueError("；".join(wrong))
    parts = tuple(
        Part(
            one["at"],
            one.get("stage", 1),
            tuple(one.get("does", DOES)),
            tuple(one.get("told", ())),
            one.get("statutory_days"),
        )
        for one in value.get("parts") or ()
    )
    rest = {name: value[name] for name in ("lead", "join", "on_refusal", "on_withdrawal") if name in value}
    return Joint(parts, **rest)


def to_json(joint: Joint) -> dict[str, Any]:
    """As a line holds it, nothing left out."""
    rest = {name: value for name, value in asdict(joint).items() if name != "parts"}
    return {"parts": [{**asdict(one), "does": list(one.does), "told": list(one.told)} for one in joint.parts], **rest}


def problems(value: Mapping[str, Any]) -> list[str]:
    """What is wrong with a line's data, in Chinese; nothing: it can be used."""
    parts = value.get("parts", [])
    known = {"parts", "lead", "join", "on_refusal", "on_withdrawal"}
    wrong = [f"联办约定中有不认识的成员“{name}”" for name in value if name not in known]
    if not isinstance(parts, list) or len(parts) > MOST or not all(isinstance(one, Mapping) for one in parts):
        return [*wrong, f"承办地应为列表，最多 {MOST} 个"]
    for place, one in enumerate(parts, 1):
        wrong += [f"第 {place} 个承办地：{text}" for text in _part_problems(one)]
    stages = {stage for one in parts if _whole(stage := one.get("stage", 1))} or {1}
    if stages != set(range(1, max(stages) + 1)):
        wrong.append("阶段应从 1 起连续编号")
    lead = value.get("lead", 1)
    if not _whole(lead) or not 1 <= lead <= max(len(parts), 1):
        wrong.append("牵头地应为承办地的序号")
    for name, choices in (("join", JOINS), ("on_refusal", ENDINGS), ("on_withdrawal", ENDINGS)):
        if name in value and value[name] not in choices:
            wrong.append(f"“{name}”应为 {'、'.join(choices)} 之一")
    return wrong


def _part_problems(one: Mapping[str, Any]) -> list[str]:
    wrong = [f"不认识的成员“{name}”" for name in one if name not in {"at", "stage", "does", "told", "statutory_days"}]
    at = one.get("at")
    if not isinstance(at, str) or not (
        at in (ORIGIN, HANDLER) or at.startswith("/") or (len(at) == 6 and at.isdigit())
    ):
        wrong.append("地点应为六位代码、origin、handler 或申请表中的位置")
    if not _whole(one.get("stage", 1)) or not 1 <= one.get("stage", 1) <= MOST:
        wrong.append("阶段应为从 1 起的整数")
    does = one.get("does", ["accept"])
    if not isinstance(does, list) or not does or any(step not in DOES for step in does):
        wrong.append(f"职责应取自 {'、'.join(DOES)}")
    told = one.get("told", [])
    if not isinstance(told, list) or any(not _tellable(pointer) for pointer in told):
        wrong.append(f"可告知的前序结果应取自 {'、'.join('/' + name for name in TELLABLE)}")
    days = one.get("statutory_days")
    if days is not None and not (_whole(days) and 0 <= days <= 1000):
        wrong.append("法定时限应为整数")
    return wrong


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _tellable(pointer: Any) -> bool:
    """A document goes whole or not at all."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        return False
    name, *path = pointer.split("/")[1:]
    return (
        name in TELLABLE
        and not (path and name not in ("certificates", "documents"))
        and len(path) < (2 if name == "documents" else 3)
    )


def of(matter: Matter) -> Joint | None:
    """How the line's cases are shared out; None: one place handles the whole."""
    if matter.line.joint is None:
        return None
    joint = read(matter.line.joint)
    return joint if joint.parts else _every_place(joint, matter)


def _every_place(joint: Joint, matter: Matter) -> Joint:
    parts = tuple(Part(member.code) for member in matter.handlers)
    return Joint(parts, joint.lead, joint.join, joint.on_refusal, joint.on_withdrawal)


def placed(
    matter: Matter, joint: Joint, handler: Member, home: str, answers: Mapping[str, Any]
) -> tuple[Placed, ...] | NoPlace:
    """The parts at their places, of a filing that names `handler`; NoPlace says what is not agreed."""
    found = []
    for number, part in enumerate(joint.parts, 1):
        member = _place(matter, part, handler, home, answers)
        if isinstance(member, NoPlace):
            return member
        found.append(Placed(number, member, part.stage, part.does, part.told, part.statutory_days))
    return tuple(found)


def _place(matter: Matter, part: Part, handler: Member, home: str, answers: Mapping[str, Any]) -> Member | NoPlace:
    code: Any = {ORIGIN: home, HANDLER: handler.code}.get(part.at, part.at)
    pointer = part.at if part.at.startswith("/") else None
    if pointer is not None:
        code = _at(answers, pointer)
    if code == home:
        return Member(
            home, regions.name_of(home) or home, matter.line.local_basic_code, matter.line.local_implement_code
        )
    member = matter.handler(code) if isinstance(code, str) else None
    if member is not None:
        return member
    agreed = "、".join([regions.name_of(home) or home, *(one.name for one in matter.handlers)])
    return NoPlace(pointer, f"协议没有约定由该地承办本事项，可以是：{agreed}")


def _at(answers: Mapping[str, Any], pointer: str) -> Any:
    found: Any = answers
    for step in pointer.split("/")[1:]:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def picked(said: Mapping[str, Any], pointers: Sequence[str]) -> dict[str, Any]:
    """Of what a part said, what these pointers name and nothing else; what is not there is left out."""
    found: dict[str, Any] = {}
    for pointer in pointers:
        name, *path = pointer.split("/")[1:]
        value = _inside(said.get(name), path) if name in TELLABLE else None
        if value is not None:
            found[name] = value
    return found


def _inside(value: Any, path: Sequence[str]) -> Any:
    """The value with only what the path leads to; lists keep their shape, so that `/certificates/0` is one of them."""
    if not path or value is None:
        return value
    step, *rest = path
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):
        return [_inside(value[int(step)], rest)]
    if isinstance(value, Mapping) and step in value:
        inner = _inside(value[step], rest)
        return None if inner is None else {step: inner}
    return None


def does_text(does: Sequence[str]) -> str:
    """受理、审核"""
    return "、".join(DOES.get(step, step) for step in does)
