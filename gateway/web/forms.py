"""Forms: JSON Schema in, entry form, read-only view and document out. The one door that pages use.

    schema = forms.read(form.schema)                     # once for each form version
    view = forms.entry(schema, forms.Filled(document))   # a form opened afresh or from a draft
    filled = forms.parse(schema, (await request.post()).items())
    view = forms.entry(schema, filled, findings=findings)   # shown again: by a condition, a row button, or with faults
    shown = forms.shown(schema, document, mask=…)        # read-only, for the case page and the slip

Pages draw a view with the macros of `templates/macros/fields.html`, a read-only view with `macros/shown.html`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.web import forms_faults, forms_labels, forms_tree
from gateway.web.forms_faults import faults
from gateway.web.forms_fields import Choice, Fault, Field, Finding, FormView, Material, Notice, Options, Row, Section
from gateway.web.forms_filled import ASIDE, Filled
from gateway.web.forms_headings import headed
from gateway.web.forms_parse import parse
from gateway.web.forms_schema import FormSchema
from gateway.web.forms_shown import Shown, shown
from gateway.web.forms_supplement import Supplement, supplement, supplement_answers

__all__ = [
    "Choice", "Fault", "Field", "Filled", "Finding", "FormSchema", "FormView", "Material", "Notice", "Options", "Row",
    "Section", "Shown", "Supplement", "entry", "faults", "label", "parse", "read", "shown", "supplement",
    "supplement_answers",
]  # fmt: skip


def read(schema: Mapping[str, Any]) -> FormSchema:
    """Keep the result for as long as the form version lives: it caches its conditions."""
    return FormSchema(schema)


def entry(
    schema: FormSchema,
    filled: Filled,
    *,
    options: Options | None = None,
    findings: Iterable[Finding] = (),
    prefix: str = "/answers",
) -> FormView:
    """The form to fill in. Pointers of `findings` begin with `prefix` where they name a place in the document."""
    options, findings = options or Options(), list(findings)
    if findings:  # faults count rows as the document does
        filled = filled.without_empty_rows()
    tree = forms_tree.build(schema, filled, options, forms_faults.by_pointer(findings, prefix))
    view = FormView(
        schema.title,
        sections(tree),
        [],
        [(ASIDE + name, text) for name, texts in filled.aside.items() for text in texts],
        [],
        options.regions,
        focus=_focus(tree, filled.focus),
    )
    view.kept = [field.name for field in view.fields() if field.kept]
    view.faults = faults(view, findings, prefix)
    return view


def sections(tree: Sequence[Field]) -> list[Section]:
    """Top-level fields under their headings."""
    by_part = {field.name.split("/")[1]: field for field in tree}
    return [Section(f"s-{key}", title, [by_part[part] for part in parts]) for key, title, parts in headed(by_part)]


def label(schema: FormSchema, document: Any, pointer: str, prefix: str = "/answers") -> str | None:
    """What a JSON Pointer is called in Chinese (股东名册 第 2 行·出资期限); None for a place the form does not have."""
    return forms_labels.of_pointer(schema, document, forms_faults.place(pointer, prefix))


def _focus(tree: Sequence[Field], name: str | None) -> str | None:
    """Id of the first field of row `name`, or of the array when a row went."""
    for field in (inner for top in tree for inner in top.walk()):
        if field.name == name:
            return field.target
        for row in field.rows:
            if row.name == name:
                return row.target
    return None
