"""The form of a supplement: only the places that the notice names are open, the rest of the case stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.web import forms_faults, forms_tree
from gateway.web.forms_fields import Field, Finding, FormView, Material, Options, Section
from gateway.web.forms_filled import (
    ASIDE,
    COMMANDS,
    FILE,
    FILE_NAME,
    KEEP,
    MARKER,
    MORE,
    MORE_STEP,
    ROOT,
    Filled,
    collect,
    under,
)
from gateway.web.forms_parse import parse
from gateway.web.forms_schema import FormSchema
from gateway.web.forms_values import show

MATERIALS = "/materials"  # its pointer
MATERIALS_NAME = ROOT + MATERIALS


@dataclass(frozen=True)
class Supplement:
    """What a posted supplement says: `answers` (pointer -> value, None: the value was taken out) and material rows."""

    answers: dict[str, Any]
    materials: list[dict[str, Any]]
    filled: Filled  # to draw the form again


def supplement(
    schema: FormSchema,
    filled: Filled,
    pointers: Sequence[str],
    materials: Sequence[str] = (),
    *,
    options: Options | None = None,
    findings: Iterable[Finding] = (),
) -> FormView:
    """The open part of the form: fields at or under `pointers`, and one row for each named material.

    `filled` is `Filled(document)` of the case, or `.filled` of what was posted. Findings name their places as in the
    body of a supplement: `/answers/~1tradeName` or `/tradeName`, `/materials/0/certId`.
    """
    findings, document = list(findings), filled.document
    pointers, materials = _split(document, pointers, materials)
    asked = replace(options or Options(), materials=_asked(document, options or Options(), materials), asked=pointers)
    if MATERIALS_NAME not in filled.slots:
        filled = replace(filled, document={**document, "materials": _rows(document, materials)})
    tree = forms_tree.build(schema, filled, asked, forms_faults.by_pointer(findings))
    fields = [field for top in tree for field in _open(top, pointers, bool(materials))]
    sections = [
        Section("s-answers", "需要更正的内容", [field for field in fields if field.kind != "materials"]),
        Section("s-materials", "需要补交的材料", [field for field in fields if field.kind == "materials"]),
    ]
    aside = [(ASIDE + name, text) for name, texts in filled.aside.items() for text in texts]
    view = FormView(schema.title, [section for section in sections if section.fields], [], aside, [], asked.regions)
    view.kept = [field.name for field in view.fields() if field.kept]
    view.faults = forms_faults.faults(view, findings)
    return view


def supplement_answers(
    schema: FormSchema,
    document: dict[str, Any],
    pairs: Iterable[tuple[str, Any]],
    pointers: Sequence[str],
    materials: Sequence[str] = (),
    *,
    options: Options | None = None,
    digests: Mapping[str, str] | None = None,
) -> Supplement:
    """Read a posted supplement of the case's `document`; what is posted for places that are not open is ignored."""
    pointers, materials = _split(document, pointers, materials)
    tops = [*map(_name, pointers), *([MATERIALS_NAME] if materials else [])]
    posted = {name: texts for name, texts in collect(pairs).items() if _is_open(name, texts, tops)}
    rest = {name: texts for name, texts in flatten(document).items() if not _within(name, [*tops, MATERIALS_NAME])}
    both = [(name, text) for name, texts in {**rest, **posted}.items() for text in texts]
    filled = parse(schema, both, regions=(options or Options()).regions, digests=digests)
    rows = filled.document.get("materials", []) if materials else []
    return Supplement({pointer: _at(filled.document, pointer) for pointer in pointers}, rows, filled)


def _split(
    document: Mapping[str, Any], pointers: Sequence[str], materials: Sequence[str]
) -> tuple[list[str], list[str]]:
    """A pointer to a material's row stands for that material."""
    answers, names = [], list(materials)
    for pointer in map(forms_faults.place, pointers):
        if not under(pointer, MATERIALS):
            answers.append(pointer)
            continue
        row = _at(document, "/".join(pointer.split("/")[:3]))
        rows = row if isinstance(row, list) else [row]
        names += [row["name"] for row in rows if isinstance(row, dict) and row.get("name") not in (None, *names)]
    return answers, names


def flatten(value: Any, name: str = ROOT) -> dict[str, list[str]]:
    """The form fields that a document would post; rows are keyed r1, r2 …"""
    if isinstance(value, dict):
        return {inner: texts for part, v in value.items() for inner, texts in flatten(v, f"{name}/{part}").items()}
    if isinstance(value, list) and any(isinstance(row, dict) for row in value):
        fields = {name + MARKER: [f"r{n}" for n in range(1, len(value) + 1)]}
        for n, row in enumerate(value, 1):
            fields |= flatten(row, f"{name}/r{n}")
        return fields
    return {name: [show(part) for part in value] if isinstance(value, list) else [show(value)]}


def _asked(document: Mapping[str, Any], options: Options, names: Sequence[str]) -> list[Material]:
    """The named materials, each with the number it has in the case or, if never handed in, in the matter's list."""
    listed = {material.name: (material, f"M{n:02}") for n, material in enumerate(options.materials, 1)}
    given = {
        row["name"]: str(row.get("code"))
        for row in document.get("materials", [])
        if isinstance(row, dict) and "name" in row
    }
    taken = {*given.values(), *(code for _, code in listed.values())}
    free = (code for n in range(1, 1000) if (code := f"M{n:02}") not in taken)
    found: list[Material] = []
    for name in names:
        material, code = listed.get(name, (Material(name), ""))
        found.append(replace(material, code=given.get(name) or code or next(free)))
    return found


def _rows(document: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    rows = document.get("materials", [])
    return [row for row in rows if isinstance(row, dict) and row.get("name") in names]


def _open(field: Field, pointers: Sequence[str], materials: bool) -> list[Field]:
    """The parts of a field that may be changed, each under its full name; an open group keeps its frame."""
    if field.kind == "materials":
        return [field] if materials else []
    if field.pointer is not None and _within(field.pointer, pointers):
        field.label = field.path
        return [field]
    inner = [*field.fields, *(part for row in field.rows for part in row.fields)]
    return [found for part in inner for found in _open(part, pointers, materials)]


def _is_open(name: str, texts: Sequence[str], tops: Sequence[str]) -> bool:
    if name == MORE_STEP or name.startswith((FILE, FILE_NAME, MORE)):
        return MATERIALS_NAME in tops
    if name == KEEP or name in COMMANDS:
        return all(_within(text, tops) for text in texts)
    return _within(name.removeprefix(ASIDE), tops)


def _within(name: str, tops: Sequence[str]) -> bool:
    return any(under(name, top) for top in tops)


def _name(pointer: str) -> str:
    """A pointer's form name: `/shareholders/1/uscc` -> `answers/shareholders/r2/uscc`."""
    return ROOT + "/".join(f"r{int(step) + 1}" if step.isdecimal() else step for step in pointer.split("/"))


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        if isinstance(document, list):
            document = document[int(step)] if step.isdecimal() and int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
