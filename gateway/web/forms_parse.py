"""A posted form becomes a document again, and what the present answers do not ask for is put aside."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.web import forms_schema, forms_values
from gateway.web.forms_filled import (
    FILE,
    FILE_NAME,
    KEEP,
    LATER,
    LATER_ON,
    MARKER,
    ROOT,
    Filled,
    Slot,
    Values,
    bring_back,
    child,
    collect,
    command,
    further,
    under,
)
from gateway.web.forms_schema import FormSchema

ROWS = ("rows", "materials")
SCANNED = "扫描上传"
DATE = {"type": "string", "format": "date"}
MOST_LINES = 1000


def parse(
    schema: FormSchema,
    pairs: Iterable[tuple[str, Any]],
    *,
    regions: Mapping[str, str] | None = None,
    digests: Mapping[str, str] | None = None,
) -> Filled:
    """The form as posted. Empty fields are absent; what cannot be read stays a string for the validator to name.

    `regions` (code -> name) lets a place be typed by name; `digests` (SHA-256 -> SM3) completes uploaded materials.
    """
    posted = collect(pairs)
    values = bring_back(posted)
    done, focus = command(values)
    more, pressed = further(values)
    reader = _Reader(schema, values, regions or {})
    reader.settle()
    files = {name.removeprefix(FILE): texts[0] for name, texts in values.items() if name.startswith(FILE) and texts[0]}
    names = {n.removeprefix(FILE_NAME): texts[0] for n, texts in values.items() if n.startswith(FILE_NAME)}
    _complete(reader.document, files, digests or {})
    return Filled(
        reader.document, reader.slots, reader.aside, frozenset(posted), files, names, more, _later(values),
        done or ("files" if pressed else None), focus,
    )  # fmt: skip


def _later(values: Values) -> dict[str, str]:
    """Materials that are promised for later, with the day as it was typed or as a date."""
    codes = [name.removeprefix(LATER) for name in values if name.startswith(LATER)]
    return {code: str(forms_values.read(DATE, values.get(LATER_ON + code, [""])[0], {}) or "") for code in codes}


def _complete(document: dict[str, Any], files: Mapping[str, str], digests: Mapping[str, str]) -> None:
    """Give each scanned material the SM3 of its file."""
    for row in document.get("materials", []):
        sha256 = files.get(str(row.get("code"))) if isinstance(row, dict) else None
        if sha256 is not None and sha256 in digests and row.get("source") == SCANNED:
            row["sm3"] = digests[sha256]


class _Reader:
    """Reads names into a document until no field in it is out of sight."""

    def __init__(self, schema: FormSchema, values: Values, regions: Mapping[str, str]) -> None:
        self.schema, self.values, self.regions = schema, values, regions
        self.kept = set(values.pop(KEEP, []))
        self.document: dict[str, Any] = {}
        self.slots: dict[str, tuple[Slot, ...]] = {}
        self.aside: Values = {}

    def settle(self) -> None:
        """Each round puts at least one name aside, so the rounds end."""
        hidden: set[str] = {ROOT}
        while hidden:
            self.slots = {}
            self.document = self._read(self.schema.raw, ROOT) or {}
            hidden = set(self._hidden(self.schema.raw, self.document, ROOT))
            for name in [name for name in self.values if any(under(name, top) for top in hidden)]:
                self.aside[name] = self.values.pop(name)

    def _read(self, raw: Any, name: str) -> Any:
        """The value of the field or part `name`; None when nothing was given."""
        node = self.schema.node(raw, None)
        kind = forms_values.kind(node)
        if kind in ("group", "consent"):
            return self._group(raw, name)
        if kind in ROWS:
            return self._rows(node, name, kind)
        texts = self.values.get(name, [])
        if kind in ("lines", "checks"):
            lines = [line for text in texts for line in (text.split("\n") if kind == "lines" else [text])][:MOST_LINES]
            found = [forms_values.read(node["items"], line, self.regions) for line in lines]
            return [value for value in found if value is not None] or None
        return next(
            (value for text in texts if (value := forms_values.read(node, text, self.regions)) is not None), None
        )

    def _group(self, raw: Any, name: str) -> dict[str, Any] | None:
        parts = {part: self._read(node, child(name, part)) for part, node in self.schema.properties(raw).items()}
        return {part: value for part, value in parts.items() if value is not None} or None

    def _rows(self, node: forms_schema.Node, name: str, kind: str) -> list[Any] | None:
        rows: list[Any] = []
        slots: list[Slot] = []
        for key in self.values.get(name + MARKER, []):
            row = self._read(node["x-item"], child(name, key))
            if row is None or (kind == "materials" and set(row) <= ({"code", "name"} if key[:1] == "M" else {"code"})):
                slots.append(Slot(key, None))
                continue
            slots.append(Slot(key, len(rows)))
            rows.append(row)
        if slots:
            self.slots[name] = tuple(slots)
        return rows or None

    def _hidden(self, raw: Any, value: Any, name: str) -> Iterable[str]:
        """Names of given values that the answers forbid, or that only an unmet condition asks for."""
        if isinstance(value, dict):
            yield from self._hidden_parts(raw, value, name)
        elif isinstance(value, list) and (slots := self.slots.get(name)):
            item = self.schema.node(raw, value)["x-item"]
            for slot in slots:
                if slot.index is not None:
                    yield from self._hidden(item, value[slot.index], child(name, slot.key))

    def _hidden_parts(self, raw: Any, value: dict[str, Any], name: str) -> Iterable[str]:
        node, dependent = self.schema.node(raw, value), self.schema.dependent(raw)
        named = {**self.schema.properties(raw), **node.get("properties", {})}
        for part in list(value):
            part_raw, part_name = named[part], child(name, part)
            part_node = self.schema.node(part_raw, value[part])
            idle = part in dependent and part not in node.get("required", []) and part_name not in self.kept
            if forms_schema.forbidden(part_node) or idle:
                yield part_name
                continue
            yield from self._hidden(part_raw, value[part], part_name)
            if isinstance(value[part], str):  # read again now that the conditions are known
                value[part] = forms_values.read(part_node, value[part], self.regions)
