"""投递异常 as its pages draw it: what its address asks for, the tabs, and which exits lead out of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from gateway.auth import roles
from gateway.coordination.post_room import DEEDS
from gateway.coordination.post_rows import Stuck

ADDRESS = "/post"
MOST = 64  # characters of one value in the address
# kind -> (tab, what it is, what an empty one means)
KINDS: Mapping[str, tuple[str, str, str]] = {
    "parked": ("搁置", "已核验、但现在不能处理的来报；它后面的报文在等它", "没有搁置的来报。"),
    "held": ("暂存", "在等前一份报文、附件或清单版本的来报，到齐后自动处理", "没有暂存的来报。"),
    "quarantined": ("隔离", "不能核验的来报，没有生效，也不采信其中的编号", "没有隔离的来报。"),
    "conflict": ("冲突", "与先前存妥的报文矛盾的来报，没有生效", "没有冲突的来报。"),
    "outgoing": ("未送达", "发出后对方没有回执、不能处理或未能核验的去报", "发出的报文都已被对方接收。"),
}
# kind -> deeds offered on a list; a replacement is offered on the message's own page only
BULK: Mapping[str, Sequence[str]] = {
    "parked": ("replay", "set_aside"),
    "held": ("set_aside",),
    "quarantined": ("settle",),
    "conflict": ("settle",),
    "outgoing": ("send_again", "close"),
}
TOLD = {
    "replay": "报文回到原来的位置重新处理，后面等着的随即跟上。",
    "set_aside": "报文不再处理，后面等着的继续；理由随回执告知对方，请勿填写个人信息。",
    "send_again": "原样再发一次，内容和签名都不变。",
    "replace": "以同一序号发送更正后的内容，替换对方搁置的那一份。",
    "close": "不再等待对方回执，也不再发送；对方是否收到请另行确认。",
    "settle": "报文保留备查，不生效；核对结果记入审计记录。",
}
DANGEROUS = frozenset({"set_aside", "close"})


@dataclass(frozen=True)
class Narrow:
    """What the address asks for."""

    kind: str = "parked"
    partner: str | None = None
    cause: str | None = None
    after: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Narrow":
        """From an address or a form; an unknown kind is the first one."""
        kind = given.get("kind", "")
        found = {name: given.get(name, "").strip()[:MOST] or None for name in ("partner", "cause", "after")}
        return cls(kind if kind in KINDS else "parked", **found)

    def address(self, **changes: str | None) -> str:
        """The address with some members changed; a change begins at the first page."""
        changed = replace(self, **{"after": None, **changes})  # type: ignore[arg-type]
        asked = {field.name: getattr(changed, field.name) for field in fields(changed)}
        return f"{ADDRESS}?{urlencode({name: value for name, value in asked.items() if value})}"


def tabs(narrow: Narrow, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """For parts.tabs."""
    return [
        {
            "label": label,
            "href": Narrow(kind).address(),
            "count": counts.get(kind, 0),
            "current": narrow.kind == kind,
            "urgent": counts.get(kind, 0) > 0 and kind != "held",
        }
        for kind, (label, _, _) in KINDS.items()
    ]


def buttons(kind: str, role: str | None) -> list[dict[str, Any]]:
    """The deeds of a list for this role: `{"name","label","danger"}`."""
    if not roles.may(role, "post.settle"):
        return []
    return [{"name": name, "label": DEEDS[name], "danger": name in DANGEROUS} for name in BULK[kind]]


def exits(one: Stuck, role: str | None) -> list[str]:
    """The deeds that are offered on a message's own page."""
    if one.settled is not None or one.kind not in KINDS or not roles.may(role, "post.settle"):
        return []
    more = ("replace",) if one.kind == "outgoing" and one.cause.code == "parked" else ()
    return [*BULK[one.kind], *(more if roles.may(role, "post.reveal") else ())]


def linked(one: Stuck, role: str | None) -> bool:
    """May the number be a link to a case that exists and that this role may see?"""
    return bool(one.number) and roles.may(role, "view") and one.cause.code != "no_such_case"


def person(name: str) -> str:
    """The person's name out of how rows keep it."""
    return name.rpartition(":")[2]
