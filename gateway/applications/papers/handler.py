"""The papers of the side that decides: which word issues which, and what stands on it. Pure.

Their members are those of `documents_and_statuses.json`, in its order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.applications import effects, words
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.papers import content, parties
from gateway.applications.papers.content import Draft, Part, line
from gateway.applications.papers.kinds import number
from gateway.applications.papers.reading import Reader
from matters_map.deadlines import Span, working_days_between
from messaging import contract

Data = Mapping[str, Any]
REMEDY = "对本决定不服的，可以自收到本通知书之日起六十日内申请行政复议，或者六个月内提起行政诉讼。"
NOT_COUNTED = "听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审、公示等所需时间不计入办理时限，需要时另行书面告知。"
ONCE = "以上为需要补正的全部内容，一次告知；补齐后不再提出新的补正要求。"


@dataclass(frozen=True)
class Told:
    """What is known when a paper is composed: the case before the word, the word, and what it does to the leg."""

    case: Case
    data: Data
    leg: Mapping[str, Any]
    at: datetime
    reader: Reader

    def due(self, kind: str) -> str | None:
        """The day on which a clock ends, after the word."""
        days = [str(clock["due"]) for clock in self.leg.get("clocks", self.case.leg.clocks) if clock["kind"] == kind]
        return days[-1] if days else None


def kind_of(type_: str, data: Data) -> str | None:
    """Which paper a word issues; None for a word that issues none, as a return to the window."""
    if type_ == "supplement.requested" and data.get("addressed_to") != "applicant":
        return None
    return BY_WORD.get(type_)


def draft(told: Told, type_: str, by: str) -> Draft | None:
    """The paper that a word issues, under the next number of its kind."""
    kind = kind_of(type_, told.data)
    if kind is None:
        return None
    case = told.case
    ordinal = 1 + sum(1 for one in case.papers if one["kind"] == kind and one["version"] == 1)
    found = Draft(
        kind,
        "",
        1,
        case.number,
        parties.deciding_office(case),
        told.at,
        by,
        tuple(PARTS[kind](told)),
    )
    return found.numbered(number(kind, case.number, ordinal))


def _head(told: Told) -> list[Part]:
    return [
        line("文书编号", None),
        line("办件编号", told.case.number),
        line("申请人", parties.applicant(told.case)),
    ]


def _acceptance(told: Told) -> list[Part]:
    case, list_line = told.case, told.case.matter.line if told.case.matter else None
    limits = f"法定 {_days(list_line.statutory_days)}；承诺 {_days(list_line.promised_days)}" if list_line else ""
    started = effects.acceptance_day(case, effects.instant(told.data["accepted_at"]))
    return [
        *_head(told),
        line("事项名称与编码", "　".join(part for part in (parties.matter(case), parties.code(case)) if part)),
        line("受理部门", parties.department(case)),
        line("受理日期", content.day(started.isoformat())),
        line("法定时限与承诺时限", limits),
        line("承诺办结日期", content.day(str(told.data.get("promised_by") or ""))),
        line("不计入时限的环节", NOT_COUNTED),
        line("收费依据与标准", list_line.fee if list_line else None),
        line("领取方式", _ways(case)),
        line("查询与投诉渠道", _asking(case, told.data.get("contact"))),
        content.stamp("受理专用章"),
        content.dated("日期", told.at),
    ]


def _days(count: int) -> str:
    return f"{count} 个工作日" if count else "即办"


def _ways(case: Case) -> str:
    wanted = (case.document["answers"].get("delivery") or {}).get("method")
    return str(wanted or (case.matter.line.result_delivery.replace(";", "、") if case.matter else ""))


def _asking(case: Case, contact: Data | None) -> str:
    person = " ".join(str(contact[part]) for part in ("name", "phone") if contact and contact.get(part))
    at_window = f"{place(case.application.origin)}收件窗口凭办件编号查询"
    return "；".join(part for part in (person and f"承办人 {person}", at_window, f"投诉：{parties.HOTLINE}") if part)


def _supplement(told: Told) -> list[Part]:
    rows = [
        [_what(told, item), item["problem"], item["wanted"], item.get("basis") or ""] for item in told.data["items"]
    ]
    return [
        *_head(told),
        line("事项名称", parties.matter(told.case)),
        content.table("需要补正的全部内容", ("材料名称", "问题", "要求", "依据"), rows),
        line("补正期限", content.day(told.data["due_by"])),
        line("补正方式", f"到{place(told.case.application.origin)}原收件窗口提交，由窗口网上转送；需要原件的可以邮寄"),
        line("逾期后果", "逾期未补正的，终止办理；需要时可以重新申请"),
        content.says("一次告知声明", ONCE),
        content.dated("告知日期", told.at),
        content.stamp("专用章"),
        content.signed("送达方式与签收", "□ 当面　□ 电话　□ 邮寄　□ 其他"),
    ]


def _what(told: Told, item: Data) -> str:
    named = told.reader.label(told.case, item["pointer"]) if item.get("pointer") else None
    return str(item.get("material") or named or "申请表")


def _declination(told: Told) -> list[Part]:
    data = told.data
    reason = f"{words.DECLINES.get(data['reason'], '其他')}：{data['text']}"
    return [
        *_head(told),
        line("事项名称", parties.matter(told.case)),
        line("不予受理理由与法律依据", f"{reason}\n依据：{data.get('legal_basis') or ''}"),
        line("属于其他机关的应指明机关", data.get("right_authority") or "不适用"),
        line("救济途径", REMEDY),
        content.dated("日期", told.at),
        content.stamp("专用章"),
    ]


def _procedure(told: Told) -> list[Part]:
    data = told.data
    first, last = contract.day(data["from"]), contract.day(data["until"])
    return [
        line("文书编号", None),
        line("办件编号", told.case.number),
        line("特别程序类型", words.PROCEDURES[data["kind"]]),
        line("所需时间", f"{(last - first).days + 1} 日（含起止日）"),
        line("起止日期", f"{content.day(first.isoformat())}至{content.day(last.isoformat())}"),
        line("不计入时限说明", "上述期间依法不计算在办理时限内，结束后时限继续计算"),
        line("依据", data["basis"]),
        content.dated("日期", told.at),
        content.stamp("专用章"),
    ]


def _extension(told: Told) -> list[Part]:
    data, before = told.data, told.case.leg.clocks
    promised = [str(clock["due"]) for clock in before if clock["kind"] == "promised"]
    statutory = [str(clock["due"]) for clock in before if clock["kind"] == "statutory"]
    old = [f"承诺 {content.day(promised[-1])}"] if promised else []
    old += [f"法定 {content.day(statutory[-1])}"] if statutory else []
    return [
        line("文书编号", None),
        line("办件编号", told.case.number),
        line("原承诺(法定)日期", "；".join(old) or "未定"),
        line("延长天数", f"{data['working_days']} 个工作日，延至{content.day(data['promised_by'])}"),
        line("理由", data["reason"]),
        line("批准人", data["approved_by"]),
        content.dated("日期", told.at),
        content.stamp("专用章"),
    ]


def _decision(told: Told) -> list[Part]:
    data = told.data
    certificates = "；".join(f"{one['name']}　{one['number']}" for one in data.get("certificates") or [])
    why = [data.get("text"), data.get("legal_basis") and f"依据：{data['legal_basis']}", data.get("remedy")]
    refused = data["outcome"] != "granted"
    return [
        *_head(told),
        line("事项名称", parties.matter(told.case)),
        line("办理结果", OUTCOMES[data["outcome"]]),
        line("结果证照名称与编号", certificates or "无"),
        line("不予的理由与依据及救济途径", "\n".join(str(one) for one in why if one) if refused else "不适用"),
        line("办结日期", content.today(told.at)),
        line("实际用时与承诺用时", _time_taken(told)),
        line(
            "领取方式/快递单号", "　".join(str(data[part]) for part in ("result_delivery", "waybill") if data.get(part))
        ),
        line("好差评入口", "在收件窗口对收件和办理分别评价，自愿进行，不影响办理结果"),
        content.stamp("决定机关印章"),
    ]


def _time_taken(told: Told) -> str:
    case, decided = told.case, local_day(told.at)
    limit = case.matter.line.promised_days if case.matter else None
    promised = "承诺用时 " + (_days(limit) if limit is not None else "未注明")
    if case.leg.accepted_at is None:
        return f"当场办结，未经受理环节；{promised}"
    began = effects.acceptance_day(case, case.leg.accepted_at)
    used = working_days_between(began, decided, case.house.calendar, _spans(case, decided))
    return f"实际用时 {used} 个工作日（不含特别程序）；{promised}"


def _spans(case: Case, until: date) -> list[Span]:
    """The special procedures so far; one that still runs ends today."""
    held = [(one["from"], one["to"]) for one in case.said.get("procedures") or []]
    running = case.said.get("suspended")
    if running:
        held.append((running["from"], until.isoformat()))
    days = [(contract.day(first), contract.day(last)) for first, last in held]
    return [(first, last) for first, last in days if first <= last]


OUTCOMES: Mapping[str, str] = {
    "granted": "准予",
    "refused": "不予",
    "terminated": "其他（终止办理）",
    "overdue": "其他（逾期未补正，终止办理）",
}
BY_WORD: Mapping[str, str] = {
    "application.accepted": "acceptance",
    "supplement.requested": "supplement",
    "application.declined": "declination",
    "procedure.suspended": "procedure",
    "limit.extended": "extension",
    "application.decided": "decision",
}
PARTS: Mapping[str, Callable[[Told], Sequence[Part]]] = {
    "acceptance": _acceptance,
    "supplement": _supplement,
    "declination": _declination,
    "procedure": _procedure,
    "extension": _extension,
    "decision": _decision,
}
