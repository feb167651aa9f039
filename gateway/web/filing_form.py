"""The entry form of a new case: from a matter and a place to fields, and from the fields to what the case room takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gateway.applications import promises
from gateway.applications.errors import Finding
from gateway.web import forms, matters_shown, notices
from gateway.web.forms import Fault, Filled, FormSchema, FormView, Options
from gateway.web.posted import Pairs
from matters_map import regions
from matters_map.forms import Form, Forms
from matters_map.matters import DELIVERIES, Material, Matter, Member

OURS = "/answers/consent"  # what the window asks at filing; nothing to bring
SCANNED = "扫描上传"
WAYS = {name: sheet for sheet, name in DELIVERIES.items()}  # name in the API -> as forms and sheets say it
PREFERRED = ("window", "electronic", "post")  # how the result comes, unless the clerk says otherwise


@lru_cache(maxsize=128)
def schema_of(form: Form) -> FormSchema:
    """The form read once for each version."""
    return forms.read(form.schema)


@dataclass(frozen=True)
class Filing:
    """What is being filed: a line of a list, the place that decides, and our own county."""

    matter: Matter
    handler: Member
    form: Form
    home: str

    @classmethod
    def of(cls, library: Forms, matter: Matter, handler: Member, home: str) -> "Filing":
        """With the form that serves the line now."""
        return cls(matter, handler, library.for_basic_code(matter.line.local_basic_code), home)

    @property
    def schema(self) -> FormSchema:
        return schema_of(self.form)

    @property
    def options(self) -> Options:
        """Materials of the list, the notice, names of places."""
        home_name = regions.name_of(self.home) or self.home
        return Options(
            materials=listed(self.matter.materials),
            notice=notices.privacy(home_name, self.handler.name, matters_shown.contact(self.matter)),
            regions=regions.in_use(),
            defaults={"/delivery/pickupRegion": self.home},
        )

    def fresh(self) -> Filled:
        """A form opened for the first time, with what is nearly always so."""
        offered = self.matter.to_json()["result"]["delivery"]
        way = next((WAYS[name] for name in PREFERRED if name in offered), None)
        delivery = {"method": way, "pickupRegion": self.home} if way == WAYS["window"] else {"method": way}
        document: dict[str, Any] = {"applicant": {"idType": "居民身份证"}, "byAgent": False}
        return Filled(document | ({"delivery": delivery} if way else {}))

    def read(self, pairs: Pairs, digests: Mapping[str, str]) -> Filled:
        """The form as it was posted."""
        return forms.parse(self.schema, pairs, regions=regions.in_use(), digests=digests)

    def view(self, filled: Filled, findings: Iterable[Finding] = ()) -> FormView:
        """The form to draw."""
        return forms.entry(self.schema, filled, options=self.options, findings=findings)

    def body(self, filled: Filled) -> dict[str, Any]:
        """What `CaseRoom.submit` takes."""
        return {
            "matter": self.matter.id,
            "handler": self.handler.code,
            "answers": filled.document,
            "attachments": [{"material": code, "sha256": sha256} for code, sha256 in attached(filled)],
            **({"promised": promised} if (promised := self.promised(filled)) else {}),
        }

    def promised(self, filled: Filled) -> list[dict[str, str]]:
        """Materials of the list that are promised for later and not here: `{"material","due_on"?}`."""
        rows = [row for row in filled.document.get("materials", []) if isinstance(row, dict)]
        given = {row.get("code") for row in rows if row.get("source")}
        wanted = [code for code, _ in promises.codes(self.matter) if code in filled.later and code not in given]
        return [{"material": code, **({"due_on": day} if (day := filled.later[code]) else {})} for code in wanted]

    def later(self, filled: Filled) -> list[str]:
        """The same in words."""
        names = dict(promises.codes(self.matter))
        return [
            names[one["material"]].name + (f"（{one['due_on']} 前）" if "due_on" in one else "")
            for one in self.promised(filled)
        ]

    def shown(self, filled: Filled) -> list[forms.Shown]:
        """Everything that was filled in, to look over before it is sent."""
        return forms.shown(self.schema, filled.document, regions=regions.in_use())


def listed(materials: Iterable[Material]) -> list[forms.Material]:
    """The list's materials with what it lets and limits."""
    return [
        forms.Material(
            one.name, one.e_certificate, later_days=one.later_days, most_bytes=one.most_bytes, most_files=one.most_files
        )
        for one in materials
    ]


def scanned(filled: Filled) -> list[str]:
    """Numbers of the materials that were scanned and whose file is here, in order."""
    rows = [row for row in filled.document.get("materials", []) if isinstance(row, dict)]
    return [row["code"] for row in rows if row.get("source") == SCANNED and row.get("code") in filled.files]


def attached(filled: Filled) -> list[tuple[str, str]]:
    """(number of the material, SHA-256) of each file that goes along: a material's first, then its further ones."""
    return [
        (code, sha256)
        for code in scanned(filled)
        for sha256 in dict.fromkeys([filled.files[code], *(file for file, _ in filled.more.get(code, ()))])
    ]


def on_the_form(findings: Iterable[Finding], filled: Filled) -> list[Finding]:
    """Findings of a request as findings of the form: what is said of a file stands at the material that lacks it."""
    rows = filled.document.get("materials", [])
    places = {row.get("code"): index for index, row in enumerate(rows) if isinstance(row, dict)}
    codes = [code for code, _ in attached(filled)]
    moved = [_moved(finding, places, codes) for finding in findings]
    said = {finding.pointer for finding in moved if finding.code != "file_missing"}
    return [finding for finding in moved if finding.code != "file_missing" or finding.pointer not in said]


def _moved(finding: Finding, places: Mapping[Any, int], codes: Sequence[str]) -> Finding:
    parts = finding.pointer.split("/")
    if parts[1:2] == ["promised"]:
        return Finding("/answers/materials", finding.code, finding.detail)
    if parts[1:2] == ["attachments"] and len(parts) > 2 and parts[2].isdecimal() and int(parts[2]) < len(codes):
        index = places[codes[int(parts[2])]]
        return Finding(f"/answers/materials/{index}/sm3", finding.code, finding.detail)
    if finding.code == "file_missing" and parts[1:3] == ["answers", "materials"] and len(parts) == 4:
        return Finding(f"{finding.pointer}/sm3", finding.code, finding.detail)
    return finding


@dataclass(frozen=True)
class Checked:
    """预审: what must be put right, which materials are missing, what the handler may ask about, and what the window has
    still to do itself; each with its link."""

    must: Sequence[Fault]
    missing: Sequence[Fault]
    hints: Sequence[Fault]
    ours: Sequence[Fault]

    @property
    def count(self) -> int:
        """How many things the handler would send back."""
        return len(self.must) + len(self.missing) + len(self.hints)


def looked_through(
    view: FormView, others: Sequence[Fault], errors: Sequence[Finding], warnings: Sequence[Finding]
) -> Checked:
    """The list of a form that was drawn."""
    ours = [one for one in errors if one.pointer.startswith(OURS)]
    theirs = [one for one in errors if not one.pointer.startswith(OURS)]
    missing = [one for one in warnings if one.code == "material_missing"]
    hints = [one for one in warnings if one.code != "material_missing"]
    must = [*others, *forms.faults(view, theirs)]
    return Checked(must, forms.faults(view, missing), forms.faults(view, hints), forms.faults(view, ours))


def all_faults(view: FormView, others: Sequence[Fault]) -> list[Fault]:
    """The lines of the error summary: files that could not be taken, then the form's own."""
    return [*others, *view.faults]
