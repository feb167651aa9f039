"""From a handler's form to the body that its deed takes, and the first values that the form shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.deeds.accept import promised_day
from gateway.applications.errors import Finding, Invalid
from gateway.auth.actor import Actor
from gateway.web import forms_values
from gateway.web.posted import Posted
from matters_map.matters import split_list

Json = dict[str, Any]
Values = Mapping[str, str]
PAPERS = ("paper1", "paper2", "paper3")  # files that a decision may bring
# Deed -> the paper that the side that decides issues with it
OWN_PAPERS = {
    "accept": "受理通知书", "decline": "不予受理通知书", "request_supplement": "补正告知书", "suspend": "特别程序告知书",
    "extend_limit": "延期告知书", "decide": "办结通知书", "decide_at_once": "受理通知书和办结通知书",
}  # fmt: skip
DECISIONS = ("decision", "at-once")  # pages of deeds that decide
CERTIFICATES = (1, 2)
ITEMS, MOST_ITEMS = 1, 20  # rows of a supplement notice at first, and at most
DATE = {"type": "string", "format": "date"}


@dataclass
class Reader:
    """Reads a form and gathers what is wrong with it, under the names of its own fields."""

    posted: Posted
    findings: list[Finding] = field(default_factory=list)

    def text(self, name: str, missing: str | None = None) -> str | None:
        """What was typed; `missing` is said when there must be something."""
        text = self.posted.get(name).strip() or None
        if text is None and missing:
            self.wrong(name, missing)
        return text

    def day(self, name: str, missing: str | None = None) -> str | None:
        """A date as typed (20261201, 2026.12.1): 2026-12-01."""
        text = self.text(name, missing)
        if text is None:
            return None
        found = str(forms_values.read(DATE, text, {}))
        try:
            datetime.strptime(found, "%Y-%m-%d")  # noqa: DTZ007
        except ValueError:
            self.wrong(name, "日期请写成 2026-12-01")
        return found

    def paper(self, name: str) -> Json | None:
        """A file that was uploaded."""
        digest = self.posted.get(f"file:{name}")
        return {"sha256": digest} if digest else None

    def wrong(self, name: str, says: str) -> None:
        """This field is wrong."""
        self.findings.append(Finding(f"/{name}", "required", says))

    def done(self, **members: Any) -> Json:
        """The body without what was not given. Raises Invalid with everything that is wrong."""
        if self.findings:
            raise Invalid(self.findings)
        return {name: value for name, value in members.items() if value is not None}


def nothing(case: Case, actor: Actor, now: datetime) -> Values:
    """An empty form."""
    return {}


def fresh_acceptance(case: Case, actor: Actor, now: datetime) -> Values:
    """The day that the list promises, and the person who accepts as the contact."""
    return {"promised_by": promised_day(case, now), "name": actor.name, "phone": actor.phone or ""}


def acceptance(form: Reader) -> Json:
    """受理"""
    promised = form.day("promised_by", "请填写承诺办结日期")
    contact = {"name": form.text("name", "请填写联系人"), "phone": form.text("phone", "请填写联系电话")}
    return form.done(
        reference=form.text("reference"), promised_by=promised, contact=contact, document=form.paper("document")
    )


def declination(form: Reader) -> Json:
    """不予受理"""
    return form.done(
        reason=form.text("reason", "请选择不予受理的理由"),
        text=form.text("text", "请填写说明"),
        legal_basis=form.text("legal_basis", "请填写法律依据"),
        right_authority=form.text("right_authority"),
        document=form.paper("document"),
    )


def fresh_supplement(case: Case, actor: Actor, now: datetime) -> Values:
    """One empty item."""
    return {"addressed_to": "applicant", "rows": str(ITEMS)}


def rows(text: str) -> int:
    """How many items the form has."""
    return min(max(int(text), ITEMS), MOST_ITEMS) if text.isascii() and text.isdigit() else ITEMS


def supplement(form: Reader) -> Json:
    """告知补正; rows that are empty altogether are left out."""
    count = rows(form.posted.get("rows"))
    items = [item for number in range(count) if (item := _item(form, number, alone=count == 1)) is not None]
    if not items and not form.findings:
        form.wrong("place-0", "请至少写明一项")
    return form.done(
        addressed_to=form.text("addressed_to", "请选择由谁补正"),
        items=items,
        due_by=form.day("due_by", "请填写补正期限"),
        document=form.paper("document"),
    )


def _item(form: Reader, number: int, *, alone: bool) -> Json | None:
    place, other = form.posted.get(f"place-{number}"), form.text(f"other-{number}")
    if (
        not alone
        and not place
        and not other
        and not any(form.text(f"{part}-{number}") for part in ("problem", "wanted"))
    ):
        return None
    which = f"第 {number + 1} 项："
    if not place and not other:
        form.wrong(f"place-{number}", f"{which}请选择是哪一项填写内容或哪一份材料")
    item = {
        "pointer": place.removeprefix("p:") if place.startswith("p:") else None,
        "material": place.removeprefix("m:") if place.startswith("m:") else None if place else other,
        "problem": form.text(f"problem-{number}", f"{which}请写明问题"),
        "wanted": form.text(f"wanted-{number}", f"{which}请写明要求"),
        "basis": form.text(f"basis-{number}"),
    }
    return {name: value for name, value in item.items() if value is not None}


def fresh_suspension(case: Case, actor: Actor, now: datetime) -> Values:
    """From today."""
    return {"from": local_day(now).isoformat()}


def suspension(form: Reader) -> Json:
    """特别程序"""
    kind, since = form.text("kind", "请选择特别程序的种类"), form.day("from", "请填写开始日期")
    until, basis = form.day("until", "请填写预计结束日期"), form.text("basis", "请填写依据")
    return form.done(kind=kind, until=until, basis=basis, **{"from": since})


def resumption(form: Reader) -> Json:
    """恢复办理"""
    return form.done()


def extension(form: Reader) -> Json:
    """延长期限"""
    text = form.text("working_days", "请填写延长的工作日数") or ""
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    if text and days is None:
        form.wrong("working_days", "工作日数请填整数，如 5")
    approved = form.text("approved_by", "请填写批准人")
    return form.done(working_days=days, approved_by=approved, reason=form.text("reason", "请填写延长的理由"))


def fresh_decision(case: Case, actor: Actor, now: datetime) -> Values:
    """The reference that was given at acceptance, and how the list sends the result."""
    return {"reference": case.leg.their_number or "", "result_delivery": ways_of(case)[0]}


def ways_of(case: Case) -> Sequence[str]:
    """How the result may travel, as the list says it."""
    listed = split_list(case.matter.line.result_delivery) if case.matter else []
    return listed or ["电子证照", "窗口自取", "邮寄"]


def decision(form: Reader) -> Json:
    """办结"""
    outcome = form.text("outcome", "请选择办理结果")
    if outcome in ("refused", "terminated"):
        form.text("text", "请写明理由")
        form.text("legal_basis", "请写明法律依据")
    certificates = [one for place in CERTIFICATES if (one := _certificate(form, place)) is not None]
    optional = ("reference", "text", "legal_basis", "remedy", "waybill", "result_delivery")
    return form.done(
        outcome=outcome,
        documents=[paper for part in PAPERS if (paper := form.paper(part))],
        certificates=certificates,
        **{part: form.text(part) for part in optional},
    )


def fresh_at_once(case: Case, actor: Actor, now: datetime) -> Values:
    """Of both: the person who decides as the contact, and how the list sends the result."""
    return {**fresh_decision(case, actor, now), "name": actor.name, "phone": actor.phone or ""}


def at_once(form: Reader) -> Json:
    """即办：受理并办结"""
    contact = {"name": form.text("name", "请填写联系人"), "phone": form.text("phone", "请填写联系电话")}
    return decision(form) | {"contact": contact}


def _certificate(form: Reader, place: int) -> Json | None:
    name, number = form.text(f"certificate-{place}"), form.text(f"number-{place}")
    if not name and not number:
        return None
    if not name:
        form.wrong(f"certificate-{place}", f"请填写证照名称 {place}")
    if not number:
        form.wrong(f"number-{place}", f"请填写证照编号 {place}")
    return {"name": name, "number": number}


def withdrawal(form: Reader) -> Json:
    """The answer, which decides between two deeds."""
    answer = form.text("answer", "请选择是否同意撤回")
    reason = form.text("reason", "请写明不同意的理由") if answer == "refuse" else None
    return form.done(reason=reason)


def note(form: Reader) -> Json:
    """留言"""
    file = form.paper("document")
    return form.done(text=form.text("text", "请填写留言内容"), attachments=[file] if file else [])


@dataclass(frozen=True)
class Form:
    """How one deed's form begins, and what it says."""

    fresh: Callable[[Case, Actor, datetime], Values]
    body: Callable[[Reader], Json]


FORMS: Mapping[str, Form] = {
    "acceptance": Form(fresh_acceptance, acceptance),
    "declination": Form(nothing, declination),
    "supplement-notice": Form(fresh_supplement, supplement),
    "suspension": Form(fresh_suspension, suspension),
    "resumption": Form(nothing, resumption),
    "extension": Form(nothing, extension),
    "decision": Form(fresh_decision, decision),
    "at-once": Form(fresh_at_once, at_once),
    "withdrawal-answer": Form(nothing, withdrawal),
    "notes": Form(nothing, note),
}


def choice(deed: str, posted: Posted) -> Json:
    """Is the paper issued here? A stamped scan that was uploaded takes its place."""
    if deed not in OWN_PAPERS:
        return {}
    return {"issue": posted.get("paper") != "scan" and not posted.get("file:document")}


def deed_of(name: str, posted: Posted) -> str:
    """The deed that a form comes to: an answer to a withdrawal is one of two."""
    return "refuse_withdrawal" if name == "grant_withdrawal" and posted.get("answer") == "refuse" else name


def field_of(path: str, pointer: str) -> str:
    """The form's field that a finding of the deed itself is about."""
    first, *rest = pointer.strip("/").split("/")
    number = rest[0] if rest and rest[0].isdigit() else "0"
    if first == "items":
        return f"{rest[1] if len(rest) > 1 and rest[1] in ('problem', 'wanted', 'basis') else 'place'}-{number}"
    if first in ("documents", "attachments"):
        return PAPERS[min(int(number), 2)] if path in DECISIONS else "document"
    if first in ("scan", "way", "on"):  # of a word that is typed in for another
        return f"told_{first}"
    if first == "contact":
        return rest[0] if rest else "name"
    return first
