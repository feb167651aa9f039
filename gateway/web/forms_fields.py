"""What a drawn form is made of: fields, rows, sections. Templates read these and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

SERVER_FILLED = ("matterCode", "targetRegion", "acceptRegion")


class Finding(Protocol):
    """A fault of the document: where (JSON Pointer), and what a person should do."""

    @property
    def pointer(self) -> str: ...
    @property
    def detail(self) -> str: ...


@dataclass(frozen=True)
class Material:
    """One material of the matter's list; row M01, M02 … in the list's order."""

    name: str
    e_certificate: bool = False  # an e-certificate can stand in for it
    required: bool | None = None  # None: the list does not say
    code: str | None = None  # None: M and its place in the list
    later_days: int | None = None  # it may be promised and come so many working days later
    most_bytes: int | None = None  # of one file
    most_files: int | None = None


@dataclass(frozen=True)
class Notice:
    """What the applicant is told about personal data; told, never agreed to."""

    version: str  # 2026-01
    paragraphs: Sequence[str]


@dataclass(frozen=True)
class Options:
    """What a form needs beside its schema."""

    materials: Sequence[Material] = ()
    notice: Notice | None = None
    regions: Mapping[str, str] = field(default_factory=dict)  # code -> name, offered where a place is asked for
    defaults: Mapping[str, Any] = field(default_factory=dict)  # pointer -> value of a field seen for the first time
    hidden: Sequence[str] = SERVER_FILLED  # properties of the document that the server fills
    asked: Sequence[str] = ()  # pointers to show although no condition asks for them


@dataclass(frozen=True)
class Choice:
    """One option of radios, a select or checkboxes; `value` is what is posted."""

    value: str
    label: str
    chosen: bool


@dataclass
class Field:
    """One field, or a group of them, as it stands on the page.

    `kind` as in forms_values.kind. `pointer` names the place in the document (None inside an empty row), `name` the
    form field, `id` its element (`f-applicant-idNumber`); the error link goes to `target`.
    """

    kind: str
    name: str
    id: str
    pointer: str | None
    label: str
    path: str  # label with those above it: 申请人·证件号码
    required: bool = False
    value: str = ""  # as the field holds it
    choices: list[Choice] = field(default_factory=list)
    hint: str | None = None
    width: str = "l"  # s, m, h (half a line), l (a whole line)
    numeric: bool = False  # offer a number pad
    deciding: bool = False  # a change may change the form
    kept: bool = False  # no condition asks for it; shown because it holds a value
    errors: list[str] = field(default_factory=list)
    fields: list["Field"] = field(default_factory=list)  # of a group
    rows: list["Row"] = field(default_factory=list)  # of rows and materials
    most_rows: int | None = None
    note: Notice | None = None  # of consent

    @property
    def target(self) -> str:
        """Id of the element that a link to this field focuses: of a group the first field in it."""
        if self.kind in ("group", "consent"):
            return next((inner.target for inner in self.fields if inner.kind != "fixed"), self.id)
        if self.kind in ("rows", "materials") and self.rows:
            return self.rows[0].target
        return self.id

    def walk(self) -> Iterator["Field"]:
        """This field and all within, in the page's order."""
        yield self
        for inner in [*self.fields, *(part for row in self.rows for part in row.fields)]:
            yield from inner.walk()

    def part(self, name: str) -> "Field | None":
        """The inner field of property `name`."""
        return next((inner for inner in self.fields if inner.name.rpartition("/")[2] == name), None)


@dataclass
class Row:
    """One row of a repeating group. `name` is what the remove and copy buttons post."""

    key: str
    name: str
    id: str
    pointer: str | None  # None while the row is empty
    title: str  # 第 2 行, or the material's name
    fields: list[Field]
    code: str = ""  # of a material: M01
    listed: Material | None = None  # of a material: its line in the matter's list
    file: str = ""  # of a material: SHA-256 of the upload
    file_name: str = ""
    more: Sequence[tuple[str, str]] = ()  # of a material: SHA-256 and name of its further files
    later: str | None = None  # of a material: promised for later, by this day when one is said
    errors: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        return next((inner.target for inner in self.fields if inner.kind != "fixed"), self.id)

    def part(self, name: str) -> Field | None:
        """The field of property `name` in this row."""
        return next((inner for inner in self.fields if inner.name.rpartition("/")[2] == name), None)


@dataclass
class Section:
    """A stretch of the page under one heading."""

    id: str
    title: str
    fields: list[Field]

    @property
    def faults(self) -> int:
        """How many fields of it are faulty."""
        return sum(bool(inner.errors) for top in self.fields for inner in top.walk())


@dataclass(frozen=True)
class Fault:
    """One line of the error summary, in the same words as at the field; `href` is None where no field stands for it."""

    text: str
    href: str | None


@dataclass
class FormView:
    """A whole form, ready for the macros of `templates/macros/fields.html`."""

    title: str
    sections: list[Section]
    faults: list[Fault]
    aside: list[tuple[str, str]]  # hidden fields: name with its ~, value
    kept: list[str]  # hidden fields _keep
    regions: Mapping[str, str]
    focus: str | None = None  # id to focus after a row button

    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            for top in section.fields:
                yield from top.walk()
