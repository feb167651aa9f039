"""One case as its page shows it: pure functions from an opened case to what the template draws.

Identifiers are masked always; names stand in full only for those who work on the case.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from gateway.applications import effects, promises, views, words
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.deeds import type_in
from gateway.applications.lifecycle import OPEN, State
from gateway.applications.views import local
from gateway.web import (
    case_told,
    chips,
    clocks_shown,
    corrections_shown,
    filing_form,
    forms,
    masking,
    matters_shown,
    originals_shown,
    sharing_shown,
    timeline_shown,
)
from matters_map import regions
from matters_map.forms import Form, Forms, UnknownForm

Json = dict[str, Any]
SOURCES = {1: "窗口收件", 2: "业务系统接口", 3: "县级平台", 4: "纸质补录"}
# shown elsewhere on the page, or of no use there
ELSEWHERE = (*forms.Options().hidden, "applicant", "materials", "consent")


def form_of(library: Forms, case: Case) -> Form:
    """The form version that the case was filed under; for one that was sent to us the form of our own list's line.

    The newest plain one when that is gone.
    """
    try:
        if not case.application.form and case.matter is not None:
            return library.latest(case.matter.form)
        return library.get(case.application.form, case.application.form_version)
    except UnknownForm:
        return library.latest("plain")


def schema_of(library: Forms, case: Case) -> forms.FormSchema:
    """Its schema, read."""
    return filing_form.schema_of(form_of(library, case))


def head(case: Case, today: date) -> Json:
    """State, delivery and the one line that says with whom the case is."""
    leg = case.leg
    return {
        "number": case.number,
        "matter": case.application.matter_name,
        "handler": sharing_shown.places(case),
        "joint": case.is_whole,
        "state": leg.state,
        "state_text": views.state_text(case),
        "outcome": leg.outcome,
        "delivery": leg.delivery,
        "delivery_reason": leg.delivery_reason,
        "waits": views.waits_for(case, today),
        "flags": flags(case),
    }


def flags(case: Case) -> list[chips.Chip]:
    """What stands beside the state."""
    leg, found = case.leg, []
    if case.withdrawal_waits and case.state in OPEN:
        found.append(chips.Chip("撤回待确认", "warn"))
    if leg.deemed_accepted_on:
        found.append(chips.Chip(f"视为受理 {leg.deemed_accepted_on:%Y-%m-%d}", "warn"))
    if leg.silent_since:
        found.append(chips.Chip("逾期未反馈", "bad"))
    if leg.irregular and case.state in OPEN:
        found.append(chips.Chip(leg.irregular, "warn"))
    return found


def way(case: Case, events: Sequence[Mapping[str, Any]]) -> list[Json]:
    """The five stations of a case for parts.steps."""
    at: dict[str, str] = {}
    for event in events:
        at.setdefault(event["type"], event["at"])
    received = local(case.application.received_at)
    taken = case.leg.delivery == "receipted" or case.leg.accepted_at is not None or case.state is not State.SUBMITTED
    stations: list[tuple[str, str, bool, str | None]] = [
        ("received", "收件", True, received),
        ("receipted", "对方已接收", taken, at.get("delivery.receipted")),
        ("accepted", "受理", case.leg.accepted_at is not None, local(case.leg.accepted_at)),
        (
            "decided",
            "办结",
            case.leg.decided_at is not None and case.state is not State.EXPIRED,
            local(case.leg.decided_at),
        ),
        ("handed", "送达申请人", case.state is State.HANDED_OVER, local(case.application.handed_over_at)),
    ]
    return _stations(case, stations)


def _stations(case: Case, stations: Sequence[tuple[str, str, bool, str | None]]) -> list[Json]:
    last = max((index for index, station in enumerate(stations) if station[2]), default=0)
    ended = case.state in (State.DECLINED, State.WITHDRAWN, State.EXPIRED)
    shown: list[Json] = []
    for index, (_, label, done, when) in enumerate(stations):
        state = "done" if done or index < last else "now" if index == last + 1 and not ended else "todo"
        shown.append({"label": label, "state": state, "sub": case_told.short(when) if done else None})
    if case.state in (State.SUPPLEMENT, State.SUSPENDED) and last + 1 < len(shown):
        shown[last + 1] |= {"state": "stop", "sub": chips.state(case.state.value).text}
    if ended and last + 1 < len(shown):
        shown[last + 1] |= {"label": chips.state(case.state.value).text, "state": "bad"}
        del shown[last + 2 :]
    return shown


def clocks(case: Case, today: date) -> list[clocks_shown.ClockShown]:
    """The last clock of each kind; running ones first."""
    latest = {clock["kind"]: clock for clock in case.leg.clocks}
    found = [clocks_shown.shown(clock, today, case.house) for clock in latest.values()]
    return sorted(found, key=lambda clock: (clock.state != "running", clock.due))


def applicant(case: Case, role: str | None) -> list[Json]:
    """Name, document and telephone, each with the pointer by which it is revealed."""
    person, full = case.person, masking.names_in_full(role)
    name, number, phone = (str(person.get(part) or "") for part in ("name", "id_number", "phone"))
    lines = [
        ("姓名", name if full else masking.mask("name", name), None if full else "/applicant/name"),
        (str(person.get("id_type") or "证件号码"), masking.mask("id_number", number), "/applicant/id_number"),
        ("联系电话", masking.mask("phone", phone), "/applicant/phone"),
    ]
    return [{"label": label, "text": text, "pointer": pointer} for label, text, pointer in lines if text]


def answers(schema: forms.FormSchema, case: Case, role: str | None) -> list[forms.Shown]:
    """What was filled in, personal values masked; materials stand in their own table."""
    mask = masking.for_role(role)
    return forms.shown(schema, case.document["answers"], mask=mask, regions=regions.in_use(), without=ELSEWHERE)


def facts(case: Case) -> list[tuple[str, str]]:
    """What one looks up: numbers, who received it, whom to call."""
    app, leg, contact = case.application, case.leg, case.said.get("contact") or {}
    received = " · ".join(part for part in (app.window, app.clerk or app.client) if part)
    codes = case.matter.line.local_basic_code if case.matter else None
    return case_told.said(
        [
            ("办件编号", leg.number),
            ("联办办件", app.number if leg.part and case.at_home else None),
            ("对方编号", leg.their_number),
            ("对方联系人", " ".join(part for part in (contact.get("name"), contact.get("phone")) if part)),
            ("承诺办结", case.said.get("promised_by")),
            ("对方联系窗口", matters_shown.contact(case.matter) if case.matter and case.is_origin else None),
            ("收件时间", rendered(app.received_at)),
            ("收件窗口", received),
            ("收件窗口电话", case.document.get("window_phone")),
            ("收件渠道", SOURCES.get(app.source)),
            ("收件地", place(app.origin)),
            (
                "办理方式",
                "、".join(dict.fromkeys([chips.MODES.get(app.mode, app.mode), *(["多地联办"] if app.joint else [])])),
            ),
            ("事项编码", codes),
            ("清单版本", f"第 {app.agreement_version} 版"),
            ("外部编号", app.reference),
        ]
    )


def handed(case: Case, role: str | None) -> Json | None:
    """To whom the result was handed over, how and with what proof, as our own window wrote it down."""
    told = case.hand_over
    if not told:
        return None
    to = str(told.get("to") or "")
    lines = [
        ("方式", words.HAND_OVER.get(str(told.get("method")), str(told.get("method") or ""))),
        ("领取人", to if masking.names_in_full(role) else masking.mask("name", to)),
        ("时间", case_told.short(local(case.application.handed_over_at))),
        ("快递单号", told.get("waybill")),
        ("经手人", told.get("by")),
    ]
    return {"lines": case_told.said(lines), "proof": told.get("proof")}


FREE = ("", "不收费", "免费", "无", "否")


def fee(case: Case) -> Json | None:
    """What was told of fees: `{"listed","notice","vouchers"}`; None where nothing is charged and nothing was told."""
    listed = case.matter.line.fee.strip() if case.matter else ""
    told = case.said.get("fee") or {"notice": None, "vouchers": []}
    if listed in FREE and not told["notice"] and not told["vouchers"]:
        return None
    return {"listed": "" if listed in FREE else listed, **told}


def vertical_link(case: Case, urls: Mapping[str, str]) -> str | None:
    """The address of the case in the other system, where the settings name one."""
    url = urls.get(case.leg.vertical_system or "")
    return url.replace("{number}", quote(case.leg.vertical_number or "", safe="")) if url else None


def rendered(at: datetime) -> str:
    """2026-11-24 09:30"""
    text = local(at) or ""
    return f"{text[:10]} {text[11:16]}"


def notices(case: Case, now: datetime) -> list[tuple[str, str]]:
    """(tone, sentence) that stand above everything else."""
    leg, handler, found = case.leg, case.handler_name, []
    papers = {paper["kind"] for paper in case.papers}
    if (
        case.is_origin
        and case.document["answers"].get("agent")
        and case.state in OPEN
        and "authorization" not in papers
    ):
        found.append(("info", "本件由代办人办理，还没有出具委托书：请在“文书”里出具，由委托人、受托人签名后收存。"))
    if leg.deemed_accepted_on:
        found.append(
            ("warn", f"{handler}超过五个工作日没有答复，依法自 {leg.deemed_accepted_on:%Y-%m-%d} 起视为受理。")
        )
    if effects.WRONGLY in (leg.irregular or ""):
        found.append(("bad", f"补正在期限内已由窗口收到，{handler}逾期终止有误，请与对方窗口联系纠正。"))
    if leg.silent_since:
        found.append(("warn", f"{handler}超过五个工作日没有反馈，请催办或电话联系对方窗口。"))
    typed = type_in.unproved(case)
    if typed is not None:
        found.append(
            (
                "info",
                f"最近的答复（{typed['what']}）是{typed['by']}根据{typed['way']}登记的，没有扫描件：只作登记信息，不是文书。",
            )
        )
    owed = promises.owed(case.document)
    if owed and case.state in (*OPEN, State.DECIDED):
        names = "、".join(f"{one['name']}（{one['due_on']} 前）" for one in owed)
        late = str(owed[0]["due_on"]) < local_day(now).isoformat()
        found.append(("warn" if late else "info", f"承诺后补、还没有补交的材料：{names}。"))
    if leg.withdrawal_answer == "refused" and case.state in OPEN:
        found.append(
            ("info", f"{handler}不同意撤回：{case.said.get('withdrawal_refused') or '未说明理由'}。本件继续办理。")
        )
    return found


def whole(case: Case, events: Sequence[Mapping[str, Any]], library: Forms, role: str | None, now: datetime) -> Json:
    """Everything that the live part of the page draws."""
    schema, full = schema_of(library, case), masking.names_in_full(role)
    return {
        "head": head(case, local_day(now)),
        "way": way(case, events),
        "notices": notices(case, now),
        "clocks": clocks(case, local_day(now)),
        "applicant": applicant(case, role),
        "answers": answers(schema, case, role),
        "materials": views.materials(case),
        "supplement": case_told.supplement(schema, case),
        "corrections": corrections_shown.shown(schema, case, role),
        "ending": case_told.ending(case),
        "handed": handed(case, role),
        "originals": originals_shown.shown(case, as_handler=False),
        "facts": facts(case),
        "vertical": views.vertical(case),
        "fee": fee(case),
        "legs": sharing_shown.legs(case, now),
        "duties": sharing_shown.duties(case),
        "rule": sharing_shown.rule(case),
        "events": timeline_shown.steps(events, case.house.home, full=full),
    }
