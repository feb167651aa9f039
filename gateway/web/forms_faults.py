"""The error summary of a form: each fault in the page's order, in the words at its field, with a link to it."""

from collections.abc import Iterable

from gateway.web.forms_fields import Fault, Finding, FormView

PREFIX = "/answers"


def place(pointer: str, prefix: str = PREFIX) -> str:
    """A finding's pointer as one into the document: `/answers/applicant/name` and, where answers are named by their
    pointers as in a supplement, `/answers/~1applicant~1name` are both `/applicant/name`."""
    inner = pointer.removeprefix(prefix)
    return inner[1:].replace("~1", "/").replace("~0", "~") if inner.startswith("/~1") else inner


def by_pointer(findings: Iterable[Finding], prefix: str = PREFIX) -> dict[str, list[str]]:
    """Texts by their place in the document."""
    texts: dict[str, list[str]] = {}
    for finding in findings:
        texts.setdefault(place(finding.pointer, prefix), []).append(finding.detail)
    return texts


def faults(view: FormView, findings: Iterable[Finding], prefix: str = PREFIX) -> list[Fault]:
    """The lines of the summary. What no field stands for comes first and has no link; a missing group is linked to its
    first field, a fault in one line or tick to the field that holds it."""
    fields = list(view.fields())
    order = {field.name: at for at, field in enumerate(fields)}
    by_place = {field.pointer: field for field in fields if field.pointer}
    rows = {row.pointer: row for field in fields for row in field.rows if row.pointer}
    lines: list[tuple[int, Fault]] = []
    for finding in findings:
        pointer = place(finding.pointer, prefix)
        if pointer in rows:
            at = order[rows[pointer].name.rpartition("/")[0]]
            lines.append((at, Fault(finding.detail, "#" + rows[pointer].target)))
            continue
        while pointer and pointer not in by_place:
            pointer = pointer.rpartition("/")[0]
        field = by_place.get(pointer)
        fault = Fault(finding.detail, f"#{field.target}" if field else None)
        lines.append((order[field.name] if field else -1, fault))
    return [fault for _, fault in sorted(lines, key=lambda line: line[0])]
