"""Corrections of a case as both sides see them: which place, what stood there and what stands there now, masked alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.applications import corrections, supplements
from gateway.applications.case import Case, Json
from gateway.web import forms, forms_faults, masking
from gateway.web.forms import FormSchema, Shown
from matters_map import regions

# Headings and groups that the page shows elsewhere are looked through here too
WITHOUT = tuple(forms.Options().hidden)


def shown(schema: FormSchema, case: Case, role: str | None) -> list[Json]:
    """`[{"at","by","reason","taken","items":[{"what","before","after"}]}]`, newest first."""
    full = masking.names_in_full(role)
    return [
        {
            "at": one["at"],
            "by": one["by"],
            "reason": one["reason"] if full else "",
            "taken": one["taken"],
            "items": [_item(schema, case, item, role) for item in one["items"]],
        }
        for one in reversed(corrections.kept(case))
    ]


def _item(schema: FormSchema, case: Case, item: Mapping[str, Any], role: str | None) -> Json:
    document, pointer = case.document["answers"], str(item["pointer"])
    return {
        "what": forms.label(schema, document, pointer) or pointer,
        "before": _seen(schema, document, pointer, item["before"], role),
        "after": _seen(schema, document, pointer, item["after"], role),
    }


def _seen(schema: FormSchema, document: Json, pointer: str, value: Any, role: str | None) -> str:
    """The value as the form says it, were it in its place."""
    try:
        there = supplements.set_pointers(document, {pointer: value})
    except supplements.NoPlace:
        return "***"
    leaf = leaves(forms.shown(schema, there, mask=masking.for_role(role), regions=regions.in_use(), without=WITHOUT))
    found = leaf.get(forms_faults.place(pointer))
    return found.text if found is not None else "***"


def leaves(parts: Sequence[Shown]) -> dict[str, Shown]:
    """Pointer into the document -> the value that stands there."""
    found: dict[str, Shown] = {}
    for part in parts:
        inner = part.parts if part.kind == "group" else [cell for row in part.rows for cell in row if cell is not None]
        found |= {part.pointer: part} if part.kind == "value" else leaves(inner)
    return found
