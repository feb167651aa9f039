"""Reads a case's form for its papers, with the same words that the pages use."""

from collections.abc import Callable, Sequence

from gateway.applications.case import Case
from gateway.applications.papers import content
from gateway.applications.papers.content import Part
from gateway.web import case_shown, forms
from gateway.web.forms import Shown
from matters_map import regions
from matters_map.forms import Forms

WITHOUT = (*forms.Options().hidden, "consent")


class FormReader:
    """`library` gives the forms of now; a case keeps the version that it began under."""

    def __init__(self, library: Callable[[], Forms]) -> None:
        self._library = library

    def label(self, case: Case, pointer: str) -> str | None:
        """申请人·手机号码 for `/answers/applicant/mobile`; None for a place that the form does not have."""
        return forms.label(case_shown.schema_of(self._library(), case), case.document["answers"], pointer)

    def whole(self, case: Case) -> Sequence[Part]:
        """Everything that was filled in, nothing masked."""
        schema = case_shown.schema_of(self._library(), case)
        shown = forms.shown(schema, case.document["answers"], regions=regions.in_use(), without=WITHOUT)
        return [part for one in shown for part in _parts(one)]


def _parts(one: Shown, before: str = "") -> list[Part]:
    """Lines of a group under its heading, then what stands in it as a group or table of its own."""
    label = f"{before}·{one.label}" if before else one.label
    if one.kind == "table":
        rows = [[cell.text if cell is not None else "" for cell in row] for row in one.rows]
        return [content.table(label, one.columns, rows)]
    if one.kind == "value":
        return [content.line(label, one.text)]
    lines = [(part.label, part.text) for part in one.parts if part.kind == "value"]
    inner = [found for part in one.parts if part.kind != "value" for found in _parts(part, label)]
    return ([content.group(label, lines)] if lines else []) + inner
