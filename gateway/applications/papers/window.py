"""The papers of the window that received a case. Pure; none of them is an acceptance or a decision."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.applications import clocks, joint, promises
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.lifecycle import state_text
from gateway.applications.papers import content, parties
from gateway.applications.papers.content import Draft, Part, line
from gateway.applications.papers.kinds import number
from gateway.applications.papers.reading import Reader
from gateway.applications.words import CLOCKS
from matters_map.joint import JOINS, does_text

SOURCES = {"电子证照": "电子证照", "扫描上传": "原件扫描后退还", "纸质原件": "原件", "告知承诺": "告知承诺书"}
NO_ACCEPTANCE = "收件不等于受理。是否受理由业务属地在收件之日起 5 个工作日内告知；要求补正的，将一次告知全部内容。"
POWERS = "□ 提交申请和材料　□ 补正材料　□ 签收文书　□ 领取结果　□ 其他：______"
Given = Mapping[str, str]  # what the clerk adds: carrier, waybill


def receipt(case: Case, ticking: Sequence[Mapping[str, Any]], at: datetime, by: str) -> Draft:
    """收件凭证 of a case that begins; `ticking` are the clocks that run from now."""
    return _draft("receipt", case, at, by, _receipt(case, ticking), 1)


def joint_receipt(case: Case, at: datetime, by: str) -> Draft:
    """收件凭证 of a joint case that begins: one paper that names everybody who has a part in it."""
    day = local_day(case.application.received_at)
    reply = clocks.start("reply", day, clocks.REPLY_DAYS, case.house.calendar)
    return _draft("receipt", case, at, by, _receipt(case, clocks.dump([reply])), 1)


def by_hand(kind: str, case: Case, at: datetime, by: str, reader: Reader, given: Given) -> Draft:
    """A paper that a clerk asks for. One of its kind is there already: the new one is its next version."""
    parts = _receipt(case, case.leg.clocks) if kind == "receipt" else PARTS[kind](case, reader, given)
    before = [one for one in case.papers if one["kind"] == kind]
    found = _draft(kind, case, at, by, parts, len(before) + 1)
    if not before:
        return found
    old = {"version": before[-1]["version"], "sha256": before[-1]["sha256"], "why": given.get("why", "")}
    return dataclasses.replace(found, replaces=old)


def _draft(kind: str, case: Case, at: datetime, by: str, parts: Sequence[Part], version: int) -> Draft:
    """The window issues one paper of a kind in a case; what changes is its version."""
    found = Draft(kind, "", version, case.number, parties.window_office(case), at, by, tuple(parts))
    return found.numbered(number(kind, case.number, 1))


def _receipt(case: Case, ticking: Sequence[Mapping[str, Any]]) -> list[Part]:
    days = [str(clock["due"]) for clock in ticking if clock["kind"] == "reply"]
    agent = parties.agent(case)
    phones = "；".join([*parties.windows(case.matter), parties.HOTLINE])
    return [
        line("凭证编号", None),
        line("办件编号", case.application.number),
        line("事项名称", parties.matter(case)),
        line("事项实施编码", parties.code(case)),
        line("申请人", parties.applicant(case)),
        *([line("代办人", agent)] if agent else []),
        line("收件地/收件窗口/收件人", parties.received(case)),
        *(_sharing(case) if case.is_whole else [line("业务属地及受理部门", parties.deciding(case))]),
        content.table(
            "收到材料清单", ("材料名称", "份数", "形式"), [*(_material(one) for one in _materials(case)), *_owed(case)]
        ),
        line("收件时间", content.minute(case.application.received_at)),
        line("5个工作日内告知是否受理的截止日", content.day(days[0]) if days else "即时办理"),
        line("查询方式", "凭办件编号或二维码到收件窗口查询，或拨打下列电话"),
        line("咨询投诉电话", phones),
        content.stamp("收件专用章"),
        content.says("声明", NO_ACCEPTANCE),
    ]


def _owed(case: Case) -> list[list[str]]:
    """Materials that are promised for later, as they stand."""
    return [[one["name"], "未收", f"承诺 {one['due_on']} 前补交"] for one in promises.owed(case.document)]


def _sharing(case: Case) -> list[Part]:
    """办理分工 of a joint case: who leads, who does what, and in which order."""
    kept: Mapping[str, Any] = case.application.joint or {}
    rows = [
        [
            place(one["handler"]) + ("（牵头）" if one["part"] == kept["lead"] else ""),
            does_text(one["does"]),
            f"第 {one['stage']} 阶段",
            one["number"],
        ]
        for one in kept["parts"]
    ]
    return [
        line("办理方式", f"多地联办，{case.handler_name}牵头；{JOINS[kept['join']]}"),
        content.table("承办地及分工", ("承办地", "承担的工作", "办理阶段", "子办件编号"), rows),
    ]


def _materials(case: Case) -> list[Mapping[str, Any]]:
    return list(case.document["answers"].get("materials") or [])


def _material(one: Mapping[str, Any]) -> list[str]:
    pages, source = one.get("pages"), str(one.get("source") or "")
    return [str(one.get("name") or ""), f"1 份 {pages} 页" if pages else "1 份", SOURCES.get(source, source)]


def _head(case: Case) -> list[Part]:
    return [
        line("文书编号", None),
        line("办件编号", case.application.number),
        line("事项名称", parties.matter(case)),
        line("牵头地" if case.is_whole else "业务属地", case.handler_name),
    ]


def _application_form(case: Case, reader: Reader, given: Given) -> list[Part]:
    return [
        *_head(case),
        *reader.whole(case),
        content.says("申请人声明", "以上内容和提交的材料真实、完整；已阅知个人信息处理告知。"),
        content.signed("申请人签名"),
        content.signed("签名日期", content.DATE_BY_HAND),
    ]


def _authorization(case: Case, reader: Reader, given: Given) -> list[Part]:
    person: Mapping[str, Any] = case.person
    agent: Mapping[str, Any] = case.document["answers"].get("agent") or {}
    who = [str(agent.get(part) or "") for part in ("name", "relation")]
    return [
        *_head(case),
        content.group(
            "委托人", [("姓名或名称", str(person.get("name") or "")), *_identity(person, "id_number", "phone")]
        ),
        content.group("受托人", [("姓名", who[0]), ("与委托人关系", who[1]), *_identity(agent, "idNumber", "mobile")]),
        line("委托事项", f"代为办理“{parties.matter(case)}”（业务属地：{case.handler_name}）"),
        line("委托权限", POWERS),
        line("委托期限", "自签名之日起至本件办结、结果送达之日止"),
        content.signed("委托人签名"),
        content.signed("受托人签名"),
        content.signed("签名日期", content.DATE_BY_HAND),
    ]


def _identity(person: Mapping[str, Any], number_: str, phone: str) -> list[tuple[str, str]]:
    return [("证件号码", str(person.get(number_) or "")), ("联系电话", str(person.get(phone) or ""))]


def _handing(case: Case, reader: Reader, given: Given) -> list[Part]:
    rows = [[*_material(one), ""] for one in _materials(case)]
    rows += [[one["name"], "1 份", SOURCES.get(one["kind"], one["kind"]), "补正提交"] for one in _supplied(case)]
    return [
        *_head(case),
        line("申请人", parties.applicant(case)),
        content.table("交接材料", ("材料名称", "份数", "形式", "备注"), rows),
        content.says("说明", "双方当面清点，与清单一致后签名；退还原件时在备注栏注明退还日期。"),
        content.signed("移交人签名"),
        content.signed("接收人签名"),
        content.signed("交接日期", content.DATE_BY_HAND),
    ]


def _supplied(case: Case) -> list[Mapping[str, Any]]:
    return list(case.document.get("supplied") or [])


def _mailing(case: Case, reader: Reader, given: Given) -> list[Part]:
    originals = [one for one in _materials(case) if one.get("source") == "纸质原件"]
    rows = [_material(one) for one in originals]
    rows += [[one["name"], "1 份", "原件"] for one in _supplied(case) if one["kind"] == "纸质原件"]
    contact: Mapping[str, Any] = case.said.get("contact") or {}
    person = " ".join(str(contact[part]) for part in ("name", "phone") if contact.get(part))
    return [
        *_head(case),
        line("寄件方", parties.received(case)),
        line("收件方", "　".join(part for part in (parties.deciding(case), person) if part)),
        content.table("寄送原件", ("材料名称", "份数", "形式"), rows or [["", "", ""]]),
        line("快递公司", given.get("carrier")),
        line("快递单号", given.get("waybill")),
        content.says("说明", "原件寄出前已清点；对方收到后在系统登记。退回时请使用同一清单核对。"),
        content.signed("寄件人签名"),
        content.signed("揽收人签名"),
        content.signed("交寄日期", content.DATE_BY_HAND),
    ]


def _collection(case: Case, reader: Reader, given: Given) -> list[Part]:
    result: Mapping[str, Any] = case.said.get("result") or {}
    rows = [[str(one["name"]), str(one["number"]), "证照"] for one in result.get("certificates") or []]
    rows += [[str(one["name"]), "", "文书"] for one in result.get("documents") or []]
    return [
        *_head(case),
        line("申请人", parties.applicant(case)),
        content.table("领取的证照、文书", ("名称", "编号", "类别"), rows or [["", "", ""]]),
        line("领取方式", str(result.get("result_delivery") or "")),
        content.group("领取人", [("姓名", ""), ("证件号码", ""), ("与申请人关系", "")]),
        content.says("说明", "领取人身份由窗口当面核对；领取后可自愿评价。"),
        content.signed("领取人签名"),
        content.signed("经手人签名"),
        content.signed("领取日期", content.DATE_BY_HAND),
    ]


ANSWER = (
    "请在规定期限内答复：受理、不予受理、一次性补正告知、办结等，写明办件编号并加盖公章，寄回或扫描发回上列收件窗口。"
    "收到后由收件窗口登记，登记人、时间和答复人一并留存；扫描件作为凭据随件保存。"
)
NO_PAPER = (
    "本告知由收件窗口根据业务属地的{way}答复登记，没有业务属地的文书或扫描件，只说明办理进度，"
    "不是受理、补正、不予受理、办结等文书，不产生文书的效力。以业务属地出具的文书为准。"
)


def _packet(case: Case, reader: Reader, given: Given) -> list[Part]:
    """寄送件: everything that a county without a system needs to decide, and where its answer goes."""
    app, listed = case.application, case.matter.line if case.matter else None
    rows = [[*_material(one), _file_name(case, one)] for one in _materials(case)]
    rows += [[one["name"], "1 份", one["kind"], "后来补交"] for one in _supplied(case)]
    rows += [[*one, ""] for one in _owed(case)]
    days = [clock for clock in case.leg.clocks if clock["state"] == "running"]
    theirs = next((one for one in case.matter.handlers if one.code == case.leg.handler), None) if case.matter else None
    return [
        *_head(case),
        line("寄往", parties.deciding(case)),
        line("寄自（答复寄回）", parties.received(case)),
        line("联系电话", "；".join([*parties.windows(case.matter), parties.HOTLINE])),
        content.group(
            "协议依据",
            [
                (
                    "协议清单",
                    f"{app.agreement} 第 {app.agreement_version} 版" + (f"第 {listed.seq} 项" if listed else ""),
                ),
                ("收件地事项编码", parties.code(case)),
                ("业务属地事项编码", theirs.implement_code if theirs else ""),
                ("应答复日期", "；".join(f"{CLOCKS[one['kind']]} {one['due']}" for one in days)),
            ],
        ),
        *reader.whole(case),
        content.table("随附材料", ("材料名称", "份数", "形式", "文件"), rows or [["无", "", "", ""]]),
        line("已告知业务属地的事项", given.get("sent")),
        content.says("答复方式", ANSWER),
        content.stamp("收件专用章"),
    ]


def _file_name(case: Case, one: Mapping[str, Any]) -> str:
    files = case.document.get("attachments") or []
    return "\n".join(str(file["name"]) for file in files if file["material"] == one.get("code"))


def _progress_notice(case: Case, reader: Reader, given: Given) -> list[Part]:
    """进度告知（非文书）: what was typed in without a scan; nobody may take it for the deciding county's paper."""
    typed: Mapping[str, Any] = case.said.get("typed") or {}
    return [
        *_head(case),
        line("申请人", parties.applicant(case)),
        line("登记的答复", str(typed.get("what") or "")),
        line("办件状态（登记信息）", state_text(case.state, case.leg.outcome)),
        line("答复来源", f"{typed.get('way', '')}，{typed.get('name', '')}，{typed.get('on', '')}"),
        line("登记人和时间", f"{typed.get('by', '')}　{str(typed.get('at', ''))[:16].replace('T', ' ')}"),
        content.says("说明", NO_PAPER.format(way=typed.get("way", ""))),
    ]


SUMMED_UP = (
    "本单由收件窗口汇总各承办地告知的结果，一并交给申请人，不是决定文书。各承办地的决定以其出具的文书为准；"
    "对某一承办地的决定不服的，按该承办地文书载明的途径申请行政复议或者提起行政诉讼。"
)


def _joint_result(case: Case, reader: Reader, given: Given) -> list[Part]:
    """多地联办结果汇总单: one paper to the citizen for the whole, whatever each place decided."""
    told: Sequence[Mapping[str, Any]] = case.said.get("parts") or []
    rows = [
        [
            str(one["handler"]["name"]) + ("（牵头）" if one["lead"] else ""),
            does_text(one["does"]),
            str(one["state_text"]),
            str((one["result"] or {}).get("at") or "")[:10],
            str(one["their_number"] or ""),
        ]
        for one in told
    ]
    return [
        *_head(case),
        line("申请人", parties.applicant(case)),
        line("整件结果", joint.text(case.state, case.leg.outcome)),
        content.table("各承办地的结果", ("承办地", "承担的工作", "结果", "日期", "对方受理编号"), rows),
        *(content.group(f"{one['handler']['name']}未予办成", why) for one in told if (why := _why_not(one))),
        content.table("证照、文书", ("名称", "编号", "出具地"), _brought(told) or [["无", "", ""]]),
        content.says("说明", SUMMED_UP),
        content.stamp("收件专用章"),
    ]


def _why_not(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of a place that did not grant: what it said of why, and what can be done."""
    result, declined = part["result"] or {}, part.get("declined") or {}
    found = [
        ("理由", declined.get("text") or (result.get("text") if result.get("outcome") != joint.GRANTED else None)),
        ("法律依据", declined.get("legal_basis") or (result.get("legal_basis") if result.get("remedy") else None)),
        ("救济途径", result.get("remedy")),
        ("应当受理的机关", declined.get("right_authority")),
    ]
    return [(label, str(text)) for label, text in found if text]


def _brought(told: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Certificates and papers of every place, whoever issued them beside them."""
    rows = []
    for one in told:
        result, name = one["result"] or {}, str(one["handler"]["name"])
        rows += [[str(each["name"]), str(each["number"]), name] for each in result.get("certificates") or []]
        rows += [[str(each["name"]), "", name] for each in result.get("documents") or []]
    return rows


PARTS: Mapping[str, Callable[[Case, Reader, Given], Sequence[Part]]] = {
    "application_form": _application_form,
    "authorization": _authorization,
    "materials": _handing,
    "mailing": _mailing,
    "collection": _collection,
    "packet": _packet,
    "progress_notice": _progress_notice,
    "joint_result": _joint_result,
}
