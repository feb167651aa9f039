"""The work queue: what its address asks for, its tabs, and its rows. Everything about the queue is in its address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlencode

from gateway.applications.case import House
from gateway.applications.lifecycle import State
from gateway.applications.papers.kinds import case_of
from gateway.web import chips, clocks_shown
from gateway.web.clocks_shown import ClockShown

ADDRESS = "/applications"
MOST = 64  # characters of one value in the address

# To-do views: name -> (label, whether it is urgent, what an empty one means)
VIEWS: Mapping[str, tuple[str, bool, str]] = {
    "mine": ("我的", False, "没有由您负责的在办办件。"),
    "unclaimed": ("待认领", False, "没有等待认领的办件。"),
    "supplement": ("待补正", True, "没有等待申请人补正的办件。"),
    "undelivered": ("待转送", True, "所有办件都已被对方接收，没有积压。"),
    "due_soon": ("快超期", True, "近日没有到期的办件。"),
    "overdue": ("已超期", True, "没有超期的办件。"),
    "escalated": ("督办", True, "没有需要督办的办件。"),
    "to_hand_over": ("待领取", False, "没有等待申请人领取的结果。"),
    "uncollected": ("逾期未领", True, "没有久未领取的结果。"),
    "absent": ("负责人不在", True, "没有负责人不在岗的办件。"),
    "owed": ("待后补", True, "没有近日到期的承诺后补材料。"),
    "originals": ("待还原件", False, "没有结束后还留在窗口或寄递中的原件。"),
    "withdrawal": ("撤回待确认", False, "没有等待对方确认的撤回申请。"),
    "silent": ("逾期未反馈", True, "没有超过答复时限仍未反馈的办件。"),
}
RARE = frozenset({"unclaimed", "uncollected", "absent"})  # shown while there is something in them
STATES = tuple(state.value for state in State if state is not State.DRAFT)  # a draft is no case yet


@dataclass(frozen=True)
class Narrow:
    """What is asked for. `found` is the keyed index of a name or ID number, which never stands in an address itself."""

    view: str | None = None
    state: str | None = None
    handler: str | None = None
    q: str | None = None
    found: str | None = None
    after: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Narrow":
        """From an address; unknown views and states are left out, as a saved address may be old."""
        given = {field.name: query.get(field.name, "").strip()[:MOST] or None for field in fields(cls)}
        if given["view"] not in VIEWS:
            given["view"] = None
        if given["state"] not in STATES:
            given["state"] = None
        return cls(**given)

    def address(self, **changes: str | None) -> str:
        """The address with some members changed; a change begins at the first page."""
        changed = replace(self, **{"after": None, **changes})
        asked = {field.name: getattr(changed, field.name) for field in fields(changed)}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{ADDRESS}?{query}" if query else ADDRESS

    @property
    def searching(self) -> bool:
        """Is somebody looking for a case?"""
        return bool(self.q or self.found)


def scanned(text: str) -> str:
    """The number of a case in what was scanned or typed: itself, a paper's number, or the address in its QR code."""
    text = text.strip()[:300]
    _, scan, query = text.partition("/papers/check?")
    asked = parse_qs(query).get("n", [""])[0] if scan else text
    return (case_of(asked.upper()) or asked).upper()


def views(narrow: Narrow, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The to-do tabs, for parts.tabs."""
    return [
        {
            "label": label,
            "href": narrow.address(view=name, state=None, q=None, found=None),
            "count": counts.get(name, 0),
            "current": narrow.view == name,
            "urgent": urgent and counts.get(name, 0) > 0,
        }
        for name, (label, urgent, _) in VIEWS.items()
        if name not in RARE or counts.get(name, 0) or narrow.view == name
    ]


def states(narrow: Narrow, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The state tabs, 全部 first; states in which there is nothing are left out unless one stands in them."""
    everything = narrow.address(view=None, state=None, q=None, found=None)
    here = narrow.view is None and not narrow.searching
    tabs = [
        {"label": "全部", "href": everything, "count": counts.get("all", 0), "current": here and narrow.state is None}
    ]
    for name in STATES:
        if counts.get(name, 0) or narrow.state == name:
            href = narrow.address(view=None, state=name, q=None, found=None)
            count, current = counts.get(name, 0), narrow.state == name
            tabs.append({"label": chips.state(name).text, "href": href, "count": count, "current": current})
    return tabs


@dataclass(frozen=True)
class Row:
    """One case in the queue."""

    number: str
    href: str
    applicant: str
    matter: str
    handler: str
    state: str
    outcome: str | None
    delivery: str
    waits: str
    next: str
    flags: Sequence[chips.Chip]
    clock: ClockShown | None
    received_at: str
    owner: str | None
    department: str | None
    text: str | None = None  # the words of its state where they are a joint case's own


def rows(items: Iterable[Mapping[str, Any]], today: date, house: House) -> list[Row]:
    """Rows from the summaries of the case room; names stay masked."""
    return [_row(item, today, house) for item in items]


def _row(item: Mapping[str, Any], today: date, house: House) -> Row:
    return Row(
        item["number"],
        f"{ADDRESS}/{item['number']}",
        item["applicant"]["name"],
        item["matter"]["name"],
        "、".join(item["joint"]["places"]) if item.get("joint") else item["handler"]["name"],
        item["state"],
        item["result"]["outcome"] if item["result"] else None,
        item["delivery"]["state"],
        item["with"]["text"],
        item["next_step"],
        _flags(item),
        clocks_shown.most_urgent(item["state"], item["clocks"], today, house),
        item["received_at"],
        item["owner"],
        item["department"],
        item["state_text"] if item.get("joint") else None,
    )


def _flags(item: Mapping[str, Any]) -> list[chips.Chip]:
    """What stands beside the state."""
    flags = [chips.Chip("多地联办", "plain")] if item.get("joint") else []
    if item["withdrawal"] and item["withdrawal"]["answer"] is None:
        flags.append(chips.Chip("撤回待确认", "warn"))
    if item["deemed_accepted_on"]:
        flags.append(chips.Chip("视为受理", "warn"))
    return flags


def empty(narrow: Narrow) -> dict[str, str | None]:
    """What to do where there is nothing, for parts.empty."""
    if narrow.searching:
        return {
            "title": "没有找到",
            "text": "请核对编号是否完整；姓名可以只输入姓、全拼或拼音首字母（如 zs），也可以输入完整的证件号码。",
            "href": ADDRESS,
            "action": "查看全部办件",
        }
    if narrow.after:
        return {"title": "已到最后一页", "text": "后面没有更多办件了。", "href": narrow.address(), "action": "回到首页"}
    if narrow.view:
        text = VIEWS[narrow.view][2]
        return {"title": "这里没有待办", "text": text, "href": narrow.address(view=None), "action": "查看全部办件"}
    if narrow.state or narrow.handler:
        return {"title": "没有这样的办件", "text": "换一个状态或地区看看。", "href": ADDRESS, "action": "查看全部办件"}
    return {
        "title": "还没有办件",
        "text": "收到申请后点“新建办件”（快捷键 N），提交后在这里看到对方的每一步。",
        "href": "/applications/new",
        "action": "新建办件",
    }


def is_personal(text: str) -> bool:
    """Whether a search is for a person by a full value: a name in characters, an ID number or a telephone number.

    Such a value is turned into its keyed index before it could stand in an address.
    """
    plain = "".join(text.split())
    if not plain.isascii():
        return True
    return len(plain) in (11, 15, 18) and plain[:-1].isdigit()
