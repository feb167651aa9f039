"""The form of a supplement: from what was asked to the open fields, and from them to what the case room takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding
from gateway.web import filing_form, forms, forms_faults
from gateway.web.forms import Fault, Filled, FormSchema, FormView, Options, Supplement
from gateway.web.posted import Posted
from matters_map import regions, validation
from matters_map.forms import Form

SCANNED, CERTIFICATE = "扫描上传", "电子证照"


@dataclass(frozen=True)
class Asked:
    """What is open in this case: pointers into the form's document, and materials by name."""

    case: Case
    form: Form
    pointers: tuple[str, ...]
    materials: tuple[str, ...]

    @classmethod
    def of(cls, case: Case, form: Form) -> "Asked":
        """From the handler's notice; nothing when none waits for an answer."""
        items = (case.said.get("supplement") or {"items": []})["items"]
        pointers = tuple(forms_faults.place(item["pointer"]) for item in items if item.get("pointer"))
        return cls(case, form, pointers, tuple(item["material"] for item in items if item.get("material")))

    @property
    def schema(self) -> FormSchema:
        return filing_form.schema_of(self.form)

    @property
    def options(self) -> Options:
        listed = self.case.matter.materials if self.case.matter else ()
        return Options(materials=filing_form.listed(listed), regions=regions.in_use())

    @property
    def document(self) -> dict[str, Any]:
        """The form's document as it stands in the case."""
        answers: dict[str, Any] = self.case.document["answers"]
        return answers

    def read(self, posted: Posted) -> Supplement:
        """What was posted for the open places."""
        return forms.supplement_answers(
            self.schema,
            self.document,
            posted.form,
            self.pointers,
            self.materials,
            options=self.options,
            digests=posted.digests,
        )

    def view(self, given: Supplement | None, findings: Iterable[Finding]) -> FormView:
        """The open fields: as filed, with the materials to be given anew; or as posted."""
        if given is not None:
            filled = given.filled
        else:
            rows = [row for row in self.document.get("materials", []) if row.get("name") not in self.materials]
            filled = Filled({**self.document, "materials": rows})
        view = forms.supplement(
            self.schema, filled, self.pointers, self.materials, options=self.options, findings=findings
        )
        for field in view.fields():
            if field.kind == "materials":  # those that were asked for, and no others
                field.most_rows = len(field.rows)
        return view

    def check(self, given: Supplement, now: datetime) -> list[Finding]:
        """Faults of the open places by the form's own rules; the rest of the document is not looked at anew."""
        document = {**given.filled.document, "materials": given.materials}
        found = [
            Finding(finding.pointer, finding.code, finding.detail)
            for finding in validation.check(self.form, document, on=local_day(now))
            if self._is_open(forms_faults.place(finding.pointer))
        ]
        return filing_form.on_the_form([*found, *self._missing(given)], given.filled)

    def _is_open(self, pointer: str) -> bool:
        tops = [*self.pointers, *(["/materials/"] if self.materials else [])]
        return any(pointer == top or pointer.startswith(top.rstrip("/") + "/") for top in tops)

    def _missing(self, given: Supplement) -> list[Finding]:
        """Materials that were asked for and are not there."""
        names = {row.get("name") for row in given.materials if row.get("source")}
        return [
            Finding("/answers/materials", "required", f"请提供“{name}”：选择来源并上传文件")
            for name in self.materials
            if name not in names
        ]


def body(given: Supplement, note: str) -> dict[str, Any]:
    """What `CaseRoom.supplement` takes."""
    answers = {pointer: value for pointer, value in given.answers.items() if value is not None}
    materials = [one for row in given.materials for one in _materials(row, given.filled)]
    return {"answers": answers, "materials": materials, "note": note or None}


def _materials(row: Mapping[str, Any], filled: Filled) -> list[dict[str, Any]]:
    """One entry, or one for each file of a material."""
    named, code = {"material": row.get("name")}, str(row.get("code"))
    if row.get("source") == SCANNED:
        files = dict.fromkeys([filled.files.get(code, ""), *(sha256 for sha256, _ in filled.more.get(code, ()))])
        return [{**named, "sha256": sha256} for sha256 in files]
    return [{**named, "certificate": row.get("certId")} if row.get("source") == CERTIFICATE else named]


def on_the_form(findings: Iterable[Finding], given: Supplement) -> list[Finding]:
    """Findings of the request as findings of the form: a file's fault stands at its material."""
    return [
        Finding(f"/answers{finding.pointer.rpartition('/')[0]}/sm3", finding.code, finding.detail)
        if finding.pointer.startswith("/materials/") and finding.pointer.endswith("/sha256")
        else finding
        for finding in findings
    ]


def faults(view: FormView, findings: Sequence[Finding]) -> list[Fault]:
    """The lines of the error summary; that of the note is no field of the form."""
    of_note = {finding.detail for finding in findings if finding.pointer == "/note"}
    return [Fault(fault.text, "#f-note") if fault.text in of_note else fault for fault in view.faults]
