"""Kinds of papers: one table that says what each is called, who may issue it, and what people do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Kind:
    """One kind. `side`: whose authority it needs; `code` begins its numbers."""

    name: str  # as the API and addresses call it
    code: str
    title: str
    side: str  # origin: the window that received; handler: the side that decides; none: belongs to no case
    use: str  # what the person at the desk does with it
    full: bool = False  # holds identifiers in full: shown only as it is printed, which is written down
    by_hand: bool = False  # a person asks for it; the others are issued by a deed
    sometimes: bool = False  # a person asks for it, where the case gives a reason
    travels: bool = False  # the message of its deed has a place for it


_ALL = (
    Kind("receipt", "SJ", "收件凭证", "origin", "盖收件专用章，交给申请人"),
    Kind("application_form", "SQ", "申请表", "origin", "申请人核对后签名，与材料一并存档", full=True, by_hand=True),
    Kind("authorization", "WT", "委托书", "origin", "委托人、受托人签名后收存", full=True, by_hand=True),
    Kind("materials", "JJ", "材料交接清单", "origin", "收到或退还纸质材料时双方签名", by_hand=True),
    Kind("mailing", "YJ", "邮寄交接单", "origin", "寄出原件时与快递员交接签名", by_hand=True),
    Kind("collection", "LQ", "领取签收单", "origin", "领取人核验身份后签名，扫描作送达凭证", by_hand=True),
    Kind("packet", "JS", "寄送件", "origin", "寄给没有业务系统的对方窗口，随附材料", full=True, sometimes=True),
    Kind(
        "progress_notice", "JD", "进度告知（非文书）", "origin", "对方答复没有扫描件时，告知申请人进度", sometimes=True
    ),
    Kind(
        "joint_result",
        "HZ",
        "多地联办结果汇总单",
        "origin",
        "多地联办结束后，连同各承办地的文书交给申请人",
        sometimes=True,
    ),
    Kind("advice", "GZ", "一次性告知单", "none", "交给前来咨询的人"),
    Kind("acceptance", "SL", "受理通知书", "handler", "随受理发往收件地窗口", travels=True),
    Kind("supplement", "BZ", "补正告知书", "handler", "随补正告知发往收件地窗口", travels=True),
    Kind("declination", "BS", "不予受理通知书", "handler", "随不予受理发往收件地窗口", travels=True),
    Kind("procedure", "TB", "特别程序告知书", "handler", "盖章后送达申请人"),
    Kind("extension", "YQ", "延期告知书", "handler", "盖章后送达申请人"),
    Kind("decision", "BJ", "办结通知书", "handler", "随办结发往收件地窗口", travels=True),
)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
BY_HAND = tuple(kind for kind in _ALL if kind.by_hand)
SOMETIMES = tuple(kind for kind in _ALL if kind.sometimes)


def number(kind: str, case: str, ordinal: int) -> str:
    """`SL421321202611242000001G-01`: kind, case, and which of its kind in that case; so there are no gaps."""
    return f"{KINDS[kind].code}{case}-{ordinal:02d}"


def case_of(paper: str) -> str | None:
    """The number of the case in a paper's number; None for what is no such number."""
    head, dash, ordinal = paper[2:].rpartition("-")
    known = any(paper.startswith(kind.code) for kind in _ALL)
    return head if known and dash and head and ordinal.isascii() and ordinal.isdigit() else None
