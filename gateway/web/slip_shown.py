"""收件凭证: what the window hands to the applicant. It is no acceptance, and no seal is ever drawn on it."""

import io
from dataclasses import dataclass

import segno

from gateway.applications.case import Case, place
from gateway.web import case_shown, masking

COPIES = {
    "电子证照": "电子证照",
    "扫描上传": "原件扫描后退还",
    "纸质原件": "原件",
    "告知承诺": "告知承诺书",
}


@dataclass(frozen=True)
class Paper:
    """One material that was received."""

    name: str
    count: str
    form: str


@dataclass(frozen=True)
class Slip:
    """The members of 收件凭证, in its order."""

    slip_number: str
    number: str
    matter: str
    matter_code: str
    applicant: str
    agent: str | None
    received: str  # place, window, person
    handler: str
    papers: list[Paper]
    received_at: str
    reply_by: str | None
    phones: list[str]
    remarks: str | None


def of(case: Case) -> Slip:
    """The slip of a case; the ID number is masked, because the paper is carried about."""
    app, answers, line = case.application, case.document["answers"], case.matter.line if case.matter else None
    agent = answers.get("agent") or {}
    name, number = str(case.person.get("name") or ""), str(case.person.get("id_number") or "")
    windows = [part.strip() for part in (line.contact_window if line else "").split(";") if part.strip()]
    return Slip(
        f"SJ{app.number}",
        app.number,
        app.matter_name + (f"（{line.sub_item}）" if line and line.sub_item else ""),
        line.local_implement_code if line else "",
        f"{name}（{case.person.get('id_type') or '证件'} {masking.mask('id_number', number)}）",
        f"{agent['name']}（{agent.get('relation', '')}）" if agent.get("name") else None,
        " / ".join(part for part in (place(app.origin), app.window, app.clerk or app.client) if part),
        case.handler_name + _department(case.handler_name, windows),
        [_paper(one) for one in answers.get("materials") or []],
        case_shown.rendered(app.received_at),
        _reply_by(case),
        windows,
        line.remarks if line else None,
    )


def _department(handler: str, windows: list[str]) -> str:
    """The handler's window, as the list names it."""
    theirs = next((window for window in windows if window.startswith(handler[:2])), None)
    return f"（{theirs}）" if theirs else "（按协议由其对应受理部门办理）"


def _paper(material: dict[str, object]) -> Paper:
    pages = material.get("pages")
    source = str(material.get("source") or "")
    return Paper(str(material.get("name") or ""), f"1 份 {pages} 页" if pages else "1 份", COPIES.get(source, source))


def _reply_by(case: Case) -> str | None:
    """The day by which the handler says whether it accepts; the first such clock is that of the slip."""
    days = [clock["due"] for clock in case.leg.clocks if clock["kind"] == "reply"]
    return str(days[0]) if days else None


def code(number: str) -> str:
    """The number as a QR code, SVG without style or script: scanned at any page it opens the case."""
    drawn = io.BytesIO()
    made = segno.make(number, error="m", micro=False)
    made.save(drawn, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, svgclass=None, lineclass=None)
    return drawn.getvalue().decode()
