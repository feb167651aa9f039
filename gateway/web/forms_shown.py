"""The read-only view of a document: labels and values, personal ones masked unless the page may show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.web import forms_labels, forms_values
from gateway.web.forms_fields import SERVER_FILLED
from gateway.web.forms_filled import child
from gateway.web.forms_headings import headed
from gateway.web.forms_schema import FormSchema, Node

# what a reference or property name says about a value; `x-sensitive` in the schema overrides
SENSITIVE = {
    "idno": "id_number",
    "idNumber": "id_number",
    "mobile": "phone",
    "bank": "bank",
    "address": "address",
    "name": "name",
    "anyName": "name",
}
PERSONS = ("person", "agent")  # groups whose `name` is a person's
NOT_SHOWN = ("sm3",)

Mask = Callable[[str, str], str]  # (kind of value, value) -> what is shown of it


@dataclass
class Shown:
    """One line of the view, a group of lines, or a table of rows.

    `sensitive` is the kind of personal value (id_number, phone, bank, address, name) or None; `masked` tells that
    `text` is not the whole of it, so that the page offers to reveal `pointer`.
    """

    kind: str  # value, group, table
    pointer: str
    label: str
    text: str = ""
    sensitive: str | None = None
    masked: bool = False
    parts: list["Shown"] = field(default_factory=list)  # of a group
    columns: list[str] = field(default_factory=list)  # of a table
    rows: list[list["Shown | None"]] = field(default_factory=list)  # of a table: one cell for each column


def shown(
    schema: FormSchema,
    document: Mapping[str, Any],
    *,
    mask: Mask | None = None,
    regions: Mapping[str, str] | None = None,
    without: tuple[str, ...] = SERVER_FILLED,
) -> list[Shown]:
    """What the document says: one group for each heading. `without` names root properties to leave out.

    `mask` is asked for every personal value; None shows all of them.
    """
    parts = _View(schema, mask, regions or {}).parts(schema.raw, document, "")
    by_name = {part.pointer[1:]: part for part in parts if part.pointer[1:] not in without}
    return [_headed(title, [by_name[name] for name in names]) for _, title, names in headed(by_name)]


def _headed(title: str, parts: list[Shown]) -> Shown:
    """A group or table that is alone under its heading takes the heading's place."""
    if len(parts) == 1 and parts[0].kind != "value":
        parts[0].label = title
        return parts[0]
    return Shown("group", "", title, parts=parts)


class _View:
    def __init__(self, schema: FormSchema, mask: Mask | None, regions: Mapping[str, str]) -> None:
        self.schema, self.mask, self.regions = schema, mask, regions

    def parts(self, raw: Any, value: Mapping[str, Any], pointer: str) -> list[Shown]:
        node = self.schema.node(raw, value)
        named = {**self.schema.properties(raw), **node.get("properties", {})}
        person = node.get("x-ref") in PERSONS
        return [
            self._one(part, part_raw, value[part], child(pointer, part), person)
            for part, part_raw in named.items()
            if part in value and part not in NOT_SHOWN
        ]

    def _one(self, part: str, raw: Any, value: Any, pointer: str, person: bool) -> Shown:
        node = self.schema.node(raw, value)
        label = forms_labels.of_node(node, part)
        if isinstance(value, dict):
            return Shown("group", pointer, label, parts=self.parts(raw, value, pointer))
        if isinstance(value, list) and any(isinstance(row, dict) for row in value):
            return self._table(node, value, pointer, label)
        text = forms_values.say(node, value, self.regions)
        kind = sensitivity(node, part, person)
        seen = self.mask(kind, text) if kind and self.mask else text
        return Shown("value", pointer, label, seen, kind, masked=seen != text)

    def _table(self, node: Node, rows: list[Any], pointer: str, label: str) -> Shown:
        cells = [
            {cell.label: cell for cell in self.parts(node["x-item"], row, child(pointer, index))}
            for index, row in enumerate(rows)
            if isinstance(row, dict)
        ]
        order = [
            forms_labels.of_node(self.schema.node(raw, None), part)
            for part, raw in self.schema.properties(node["x-item"]).items()
        ]
        columns = [column for column in order if any(column in row for row in cells)]
        return Shown(
            "table", pointer, label, columns=columns, rows=[[row.get(column) for column in columns] for row in cells]
        )


def sensitivity(node: Node, part: str, person: bool) -> str | None:
    """The kind of personal value a leaf holds. A name is personal only in a group that describes a person."""
    if "x-sensitive" in node:
        return str(node["x-sensitive"]) or None
    if node.get("x-check") == "GB11643":
        return "id_number"
    reference = SENSITIVE.get(str(node.get("x-ref")))
    kind = reference or SENSITIVE.get(part)
    return None if kind == "name" and not person and reference != "name" else kind
