"""Schema and document so far → the fields of the page, with their present state."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.web import forms_labels, forms_rows, forms_schema, forms_values
from gateway.web.forms_fields import Choice, Field, Options, Row
from gateway.web.forms_filled import ROOT, Filled, Slot, child, under
from gateway.web.forms_schema import FormSchema, Node

UNSAFE = re.compile(r"[^\w-]+")
YES_NO = ((True, "是"), (False, "否"))
TALL = ("lines", "textarea")
SHORT = ("date", "month", "integer", "number")
SHORT_REFS = ("name", "anyName", "idno", "mobile", "bank", "uscc")
CHOICES_IN = (("m", 215), ("h", 445))  # width of a field -> pixels of choices that it holds in one line


def build(schema: FormSchema, filled: Filled, options: Options, errors: Mapping[str, Sequence[str]]) -> list[Field]:
    """The fields of the form's top level. `errors`: JSON Pointer -> texts."""
    return _Builder(schema, filled, options, errors).parts(schema.raw, filled.document, Place("", ROOT, ""))


@dataclass(frozen=True)
class Place:
    """Where a field is: in the document (None inside an empty row), among the form's names, and in words."""

    pointer: str | None
    name: str
    path: str

    def step(self, part: str, index: int | str | None, path: str) -> "Place":
        """One step down: `part` among the names, `index` in the document."""
        pointer = None if self.pointer is None or index is None else child(self.pointer, index)
        return Place(pointer, child(self.name, part), path)


class _Builder:
    def __init__(
        self, schema: FormSchema, filled: Filled, options: Options, errors: Mapping[str, Sequence[str]]
    ) -> None:
        self.schema, self.filled, self.options, self.errors = schema, filled, options, errors

    def parts(self, raw: Any, value: Any, place: Place) -> list[Field]:
        """The visible fields of an object."""
        value = value if isinstance(value, dict) else {}
        node, dependent, deciding = self.schema.node(raw, value), self.schema.dependent(raw), self.schema.deciding(raw)
        fields: list[Field] = []
        for part, part_raw in {**self.schema.properties(raw), **node.get("properties", {})}.items():
            part_node = self.schema.node(part_raw, value.get(part))
            label = forms_labels.of_node(part_node, part)
            inner = place.step(part, part, forms_labels.BETWEEN.join(filter(None, (place.path, label))))
            required = part in node.get("required", [])
            idle = part in dependent and not required
            unasked = idle and part not in value and not self._asked(inner.pointer)
            if forms_schema.forbidden(part_node) or unasked or (not place.pointer and part in self.options.hidden):
                continue
            field = self._field(label, part_raw, value.get(part), inner)
            field.required, field.kept, field.deciding = required, idle, part in deciding
            fields.append(field)
        return fields

    def _asked(self, pointer: str | None) -> bool:
        """Whether the page wants this place shown whatever the conditions say."""
        return pointer is not None and any(
            under(pointer, asked) or under(asked, pointer) for asked in self.options.asked
        )

    def _field(self, label: str, raw: Any, value: Any, place: Place) -> Field:
        if value is None and place.name not in self.filled.names:
            value = self.options.defaults.get(place.pointer or "")
        node = self.schema.node(raw, value)
        kind = forms_values.kind(node)
        field = Field(kind, place.name, element_id(place.name), place.pointer, label, place.path)
        field.hint = node.get("x-hint") or node.get("description")
        field.errors = self._errors(place.pointer)
        if kind in ("group", "consent"):
            field.fields = self.parts(raw, value, place)
        elif kind in ("rows", "materials"):
            field.rows = list(self._rows(node, kind, value if isinstance(value, list) else [], place))
            field.most_rows = node.get("maxItems")
        else:
            self._leaf(field, node, value)
        if kind == "consent":
            self._consent(field)
        return field

    def _errors(self, pointer: str | None) -> list[str]:
        return [] if pointer is None else list(self.errors.get(pointer, ()))

    def _leaf(self, field: Field, node: Node, value: Any) -> None:
        field.value = forms_values.show(value)
        if field.kind == "region":
            field.value = forms_values.show_region(value, self.options.regions)
        if field.kind == "fixed":
            field.value = field.value or forms_values.show(node.get("const"))
        field.choices = _choices(field.kind, node, value)
        if field.kind == "material":
            known = forms_rows.known(self.options.materials, self.filled.document.get("materials"))
            known |= {field.value: ""} if field.value and field.value not in known else {}
            field.choices = [Choice(code, f"{code} {name}".strip(), code == value) for code, name in known.items()]
        field.width = _width(field, node)
        field.numeric = field.kind in ("integer", "date", "month") or _only_digits(node)
        field.hint = field.hint or ("每行填一项" if field.kind == "lines" else None)
        if field.pointer is not None and isinstance(value, list):  # faults of single lines or ticks belong to the whole
            inner = (self._errors(child(field.pointer, index)) for index in range(len(value)))
            field.errors += [f"第 {n} 行：{text}" for n, texts in enumerate(inner, 1) for text in texts]

    def _consent(self, field: Field) -> None:
        field.note = self.options.notice
        version = field.part("noticeVersion")
        if version is not None:
            version.kind = "fixed"
            version.value = version.value or (field.note.version if field.note else "")

    def _rows(self, node: Node, kind: str, values: list[Any], place: Place) -> Iterable[Row]:
        materials = self.options.materials if kind == "materials" else ()
        slots = self.filled.slots.get(place.name) or forms_rows.slots(kind, values, materials)
        for number, slot in enumerate(slots, 1):
            value = values[slot.index] if slot.index is not None and slot.index < len(values) else {}
            if kind == "materials":
                yield self._material(node, number, slot, forms_rows.material(slot, value, values, materials), place)
            else:
                yield self._row(node, number, slot, value, place)

    def _row(self, node: Node, number: int, slot: Slot, value: Any, place: Place) -> Row:
        title = forms_labels.of_row(node, number, value)
        inner = place.step(slot.key, slot.index, forms_labels.row_path(place.path, title))
        fields = self.parts(node["x-item"], value, inner)
        row_id = element_id(inner.name).replace("f-", "r-", 1)
        return Row(slot.key, inner.name, row_id, inner.pointer, title, fields, errors=self._errors(inner.pointer))

    def _material(self, node: Node, number: int, slot: Slot, value: Any, place: Place) -> Row:
        """A row of the materials: its number is given, and so is the name of one in the matter's list."""
        row = self._row(node, number, slot, value, place)
        row.code = forms_values.show(value.get("code")) if isinstance(value, dict) else ""
        row.listed = forms_rows.listed(self.options.materials).get(slot.key)
        row.file = self.filled.files.get(row.code, "")
        row.file_name = self.filled.file_names.get(row.code, "")
        row.more = self.filled.more.get(row.code, ())
        row.later = self.filled.later.get(slot.key)
        for part in ("code", "name") if row.listed else ("code",):
            given = row.part(part)
            if given is not None:
                given.kind = "fixed"
        return row


def element_id(name: str) -> str:
    """answers/applicant/idNumber -> f-applicant-idNumber."""
    return "f" + UNSAFE.sub("_", name.removeprefix(ROOT).replace("/", "-"))


def _choices(kind: str, node: Node, value: Any) -> list[Choice]:
    """The options; a present value that a condition has excluded is still shown, so that it is not lost silently."""
    if kind == "yesno":
        return [Choice(forms_values.show(option), label, option is value) for option, label in YES_NO]
    if kind == "tick":
        return [Choice("true", "", value is True)]
    if kind not in ("radios", "select", "checks"):
        return []
    offered = list(forms_schema.options(node["items"] if kind == "checks" else node) or [])
    present = value if isinstance(value, list) else [] if value is None else [value]
    offered += [option for option in present if option not in offered]
    return [Choice(forms_values.show(option), forms_values.show(option), option in present) for option in offered]


def _width(field: Field, node: Node) -> str:
    """s, m, h or l: about as wide as what is typed, so that a line of the form holds what belongs together."""
    if field.choices and field.kind not in ("select", "material"):
        pixels = sum(15 * len(choice.label) + 55 for choice in field.choices)
        return next((width for width, most in CHOICES_IN if pixels <= most), "l")
    if field.kind in TALL or node.get("maxLength", 0) > 100:
        return "l"
    if field.kind in SHORT:
        return "s" if len(field.label) <= 7 else "m"
    return "m" if field.kind != "text" or _is_short(node) else "h"


def _is_short(node: Node) -> bool:
    return node.get("x-ref") in SHORT_REFS or 0 < node.get("maxLength", 0) <= 30 or _only_digits(node)


def _only_digits(node: Node) -> bool:
    pattern = str(node.get("pattern", ""))
    return bool(pattern) and pattern.isascii() and not re.search(r"[A-Za-z]", pattern.replace(r"\d", ""))
