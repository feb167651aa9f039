"""一次性告知单 for those who only ask: what a matter needs, and what a look at the filled form found. Pure.

No case, no name: it tells of the matter, and of places in the form without what stands there.
"""

from collections.abc import Sequence
from datetime import date, datetime

from gateway.applications.errors import Finding
from gateway.applications.papers import content, parties
from gateway.applications.papers.content import Draft, Office, line
from gateway.applications.papers.kinds import KINDS
from matters_map.matters import Matter, Member

NO_CASE = "本单供咨询使用，没有收件，也不登记个人信息；申请是否受理由业务属地审查决定。"
MODES = {"online": "全程网办", "collect_and_forward": "异地代收代办", "joint": "多地联办"}


def number(home: str, day: date, running: int) -> str:
    """`GZ421321202611240001`: county, day, which of the day."""
    return f"{KINDS['advice'].code}{home}{day:%Y%m%d}{running:04d}"


def draft(
    matter: Matter,
    handler: Member,
    office: Office,
    at: datetime,
    by: str,
    findings: Sequence[Finding],
    hint: str | None,
) -> Draft:
    """The paper without its number. `hint`: where to go when it cannot be filed here."""
    one = matter.line
    wanted = [[material.name, "可用电子证照" if material.e_certificate else "原件"] for material in matter.materials]
    parts = [
        line("文书编号", None),
        line("事项名称", matter.name + (f"（{one.sub_item}）" if one.sub_item else "")),
        line("事项实施编码", one.local_implement_code),
        line("业务属地", handler.name),
        line("办理方式", MODES[matter.mode]),
        *([line("怎样办理", hint)] if hint else []),
        line("办理时限", _limits(matter)),
        line("收费依据与标准", one.fee),
        content.table("需要的材料", ("材料名称", "形式"), wanted or [["无", ""]]),
        *([content.table("需要补齐或更正", ("内容",), [[found.detail] for found in findings])] if findings else []),
        line("办理结果与领取方式", f"{one.result_name}　{one.result_delivery.replace(';', '、')}"),
        *([line("其他说明", one.remarks)] if one.remarks else []),
        line("咨询投诉电话", "；".join([*parties.windows(matter), parties.HOTLINE])),
        content.says("声明", NO_CASE),
        content.dated("日期", at),
        content.stamp("窗口章"),
    ]
    return Draft("advice", "", 1, None, office, at, by, tuple(parts))


def _limits(matter: Matter) -> str:
    one = matter.line
    if matter.instant:
        return "即办"
    return "；".join(
        f"{name} {days} 个工作日" for name, days in (("法定", one.statutory_days), ("承诺", one.promised_days)) if days
    )
