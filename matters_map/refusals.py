"""Why there is no route: each refusal says the reason and what would mend it, in the clerk's words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from matters_map import regions
from matters_map.matters import Matter, Rest, split_list

_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class NoRoute:
    """`code` unknown_matter, not_in_force, no_route or required; `pointer` into the request; a Chinese `detail`."""

    code: str
    detail: str
    pointer: str


def unknown_matter() -> NoRoute:
    """No list, past or present, has this id."""
    return NoRoute("unknown_matter", "没有这个事项，请从事项清单中选择", "/matter")


def not_in_force(begins: datetime | None) -> NoRoute:
    """A list has the id, but not now: it begins later (`begins`), is suspended, replaced or ended."""
    if begins is not None:
        when = begins.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")
        return NoRoute("not_in_force", f"该事项所在的清单 {when} 起生效，此前不能收件", "/matter")
    return NoRoute("not_in_force", "该事项已不在生效的清单中，请从现行事项清单中重新选择", "/matter")


def guide_only(matter: Matter) -> NoRoute:
    """仅导办: the line shows the way, no case comes of it."""
    reason = f"说明：{matter.line.remarks}。" if matter.line.remarks else ""
    return _no_route(f"该事项仅导办，本平台不收件。{reason}请引导申请人直接办理，{_contact(matter)}")


def resting(matter: Matter, rest: Rest) -> NoRoute:
    """暂停: a party suspended this matter for now."""
    until = f"，预计 {rest.until.astimezone(_ZONE):%Y-%m-%d %H:%M} 恢复" if rest.until else ""
    who = regions.named(rest.jurisdiction)
    return _no_route(f"{who}已暂停办理该事项{until}。原因：{rest.reason}。已经收的件不受影响，{_contact(matter)}")


def inbound(matter: Matter) -> NoRoute:
    """仅对方收件: only the other side's windows take it in."""
    return _no_route(
        f"该事项只由对方窗口收件，本地窗口不能收件。请引导申请人到{_names(matter)}的窗口申请，{_contact(matter)}"
    )


def which_handler(matter: Matter) -> NoRoute:
    """Several jurisdictions decide this matter and the request names none."""
    return NoRoute("required", f"该事项可由{_names(matter)}办理，请指明其中一个", "/handler")


def not_a_member(matter: Matter, handler: str, same_code: Iterable[Matter]) -> NoRoute:
    """The named place does not decide this matter: an unknown code, a district of a member, or another county."""
    if regions.name_of(handler) is None:
        return _no_route(f"没有这个地区代码。该事项由{_names(matter)}办理，请改选", "/handler")
    city = matter.handler(regions.prefecture_of(handler))
    if city is not None:
        return _no_route(f"该地区的这个事项归{regions.named(city.code)}办理，请改选", "/handler")
    for other in same_code:
        if other.handler(handler) is not None and not other.guide_only and other.direction != "inbound":
            return _no_route(f"该地区的这个事项在另一份清单中，请改用事项 {other.id}", "/handler")
    return _no_route(f"没有与该地区就此事项签订通办协议。该事项由{_names(matter)}办理，请改选", "/handler")


def _no_route(detail: str, pointer: str = "/matter") -> NoRoute:
    return NoRoute("no_route", detail, pointer)


def _names(matter: Matter) -> str:
    return "、".join(regions.named(member.code) for member in matter.handlers)


def _contact(matter: Matter) -> str:
    return "联系窗口：" + "，".join(split_list(matter.line.contact_window))
