"""What the time line says of each step, in Chinese. No personal values stand here."""

from collections.abc import Mapping
from typing import Any

PROCEDURES: Mapping[str, str] = {
    "hearing": "听证",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "tender": "招标",
    "auction": "拍卖",
    "publicity": "公示",
}
DECLINES: Mapping[str, str] = {
    "not_licensable": "依法不需要办理",
    "not_competent": "不属于本机关职权范围",
    "incomplete": "材料不符合要求",
    "other": "其他",
}
OUTCOMES: Mapping[str, str] = {
    "granted": "准予",
    "refused": "不予",
    "terminated": "终止办理",
    "overdue": "逾期未补正，终止",
}
HAND_OVER: Mapping[str, str] = {"window": "窗口领取", "post": "邮寄", "electronic": "电子送达"}
CLOCKS: Mapping[str, str] = {
    "reply": "答复时限",
    "promised": "承诺时限",
    "statutory": "法定时限",
    "supplement": "补正期限",
    "transit": "寄递送达",
}
CONTACTS: Mapping[str, str] = {"phone": "电话", "window": "当面", "sms": "短信", "letter": "信函"}
HOLDERS: Mapping[str, str] = {
    "origin": "在{origin}",
    "handler": "在{handler}",
    "post": "寄递中",
    "applicant": "已退还申请人",
    "lost": "已遗失",
}
ORIGINAL_STEPS: Mapping[str, str] = {"sent": "已寄出", "received": "已收到", "returned": "已退还申请人", "lost": "遗失"}


def _declined(handler: str, data: Mapping[str, Any]) -> str:
    right = f"；应向{data['right_authority']}提出" if data.get("right_authority") else ""
    return f"{handler}不予受理：{DECLINES.get(data['reason'], '其他')}，{data['text']}{right}"


def _supplement(handler: str, data: Mapping[str, Any]) -> str:
    count = len(data["items"])
    if data["addressed_to"] == "window":
        return f"{handler}退回窗口更正，共 {count} 处"
    return f"{handler}告知补正，共 {count} 项，请于 {data['due_by']} 前补齐"


def _decided(handler: str, data: Mapping[str, Any]) -> str:
    papers = len(data.get("documents") or [])
    return f"{handler}办结：{OUTCOMES[data['outcome']]}" + (f"，附文书 {papers} 份" if papers else "")


def text(type_: str, handler: str, origin: str, data: Mapping[str, Any], *, returned: bool = False) -> str:
    """One sentence for a step of this type. `returned`: it answers a return to the window."""
    match type_:
        case "application.submitted":
            return f"{origin}窗口收件，转送{handler}办理"
        case "application.supplemented":
            return (f"{origin}窗口已更正，转送" if returned else "申请人已补正，转送") + handler
        case "application.withdrawn":
            return "申请人申请撤回，等待" + handler + "确认"
        case "application.urged":
            return f"{origin}窗口催办"
        case "application.rated":
            return "申请人已评价"
        case "application.accepted":
            promised = f"，承诺于 {data['promised_by']} 前办结" if data.get("promised_by") else ""
            return f"{handler}受理{promised}"
        case "application.declined":
            return _declined(handler, data)
        case "supplement.requested":
            return _supplement(handler, data)
        case "procedure.suspended":
            return f"{handler}进入特别程序（{PROCEDURES.get(data['kind'], data['kind'])}），期间不计入办理时限"
        case "procedure.resumed":
            return f"{handler}特别程序结束，继续办理"
        case "limit.extended":
            return f"{handler}延长办理时限 {data['working_days']} 个工作日，至 {data['promised_by']}"
        case "application.decided":
            return _decided(handler, data)
        case "withdrawal.granted":
            return f"{handler}同意撤回"
        case "withdrawal.refused":
            return f"{handler}不同意撤回：{data['reason']}"
        case "result.handed_over":
            return f"结果已送达申请人（{HAND_OVER.get(data['method'], data['method'])}）"
        case "note.sent":
            return "窗口间留言"
        case "original.moved":
            waybill = f"，单号 {data['waybill']}" if data.get("waybill") else ""
            return f"原件“{data['name']}”{ORIGINAL_STEPS.get(data['step'], data['step'])}{waybill}"
    return f"收到暂不认识的报文类型 {type_}，已登记"


LATE = "（到达时本件状态已变，已登记，不改变状态）"
