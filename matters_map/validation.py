"""Checking a document against its form: every error at once, each with its pointer and a Chinese text.

The verdict is the schema's (JSON Schema 2020-12); then come the rules that it names in `x-rules`, for values that the
schema accepted. A missing property is named by its own pointer, a surplus or forbidden one by itself, anything else
where the value stands.
"""

import copy
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import jsonschema_rs

from matters_map import codes, rules, wording
from matters_map.findings import Finding, Path, pointer_of
from matters_map.forms import Form
from matters_map.schema_walk import Node, SchemaWalk, compiled

UNKNOWN = "unknown"  # code for a property that the form does not know
_FORBIDDEN = frozenset({UNKNOWN, "not"})  # nothing below such a value is worth a rule
Key = tuple[Path, str]  # where and which code


def check(form: Form, document: Any, on: date, pointer_prefix: str = "/answers") -> list[Finding]:
    """All findings, in the order of the form; empty when the document is right.

    `document` is the form's document as parsed JSON, already through `normalise`; `on` is the day of receipt in
    Asia/Shanghai. Pointers begin with `pointer_prefix`.
    """
    return _checker(form).findings(document, on, pointer_prefix)


def normalise(form: Form, document: Any) -> Any:
    """A copy in which the last `x` of every 身份证 number is `X`; nothing else is altered."""
    changed = copy.deepcopy(document)
    for path in _checker(form).marked(document, "GB11643"):
        holder = changed
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = codes.raised(holder[path[-1]])
    return changed


@lru_cache(maxsize=256)
def _checker(form: Form) -> "_Checker":
    return _Checker(form.schema)


class _Checker:
    """A form's schema and rules, compiled once per version."""

    def __init__(self, schema: Node) -> None:
        self._walk = SchemaWalk(schema)
        self._validator = compiled(schema)
        self._rules: list[rules.Spec] = list(schema.get("x-rules", ()))
        self._real_date = any(spec["rule"] == rules.REAL_DATE for spec in self._rules)

    def findings(self, document: Any, on: date, prefix: str) -> list[Finding]:
        found = self._schema_errors(document)
        for key, text in self._rule_errors(document, on, set(found)):
            found.setdefault(key, text)
        ordered = sorted(found.items(), key=lambda item: self._walk.order(item[0][0]))
        return [Finding(prefix + pointer_of(path), code, text) for (path, code), text in ordered]

    def marked(self, document: Any, name: str) -> list[Path]:
        """Paths of the text values that the schema marks with this `x-check`."""
        visited = self._walk.visit(document)
        places = (path for path, node, value in visited if node.get("x-check") == name and isinstance(value, str))
        return [path for path in dict.fromkeys(places) if path]

    def _schema_errors(self, document: Any) -> dict[Key, str]:
        found: dict[Key, str] = {}
        for error in self._validator.iter_errors(document):
            for path, code in _named(error):
                if code == "format" and self._real_date:
                    code = rules.REAL_DATE
                found.setdefault((path, code), self._text(error, path, code))
        return found

    def _text(self, error: jsonschema_rs.ValidationError, path: Path, code: str) -> str:
        if code == UNKNOWN:
            return wording.sentence(self._walk, path, wording.NOT_IN_FORM, "")
        fields = self._walk.fields(path)
        speaking = fields if code == "required" else [*self._walk.speaking(error.evaluation_path), *fields]
        own = wording.own_words(speaking, error.kind.name)
        general = wording.general(error.kind.name, self._walk.at(error.schema_path), fields)
        return wording.sentence(self._walk, path, own, general)

    def _rule_errors(self, document: Any, on: date, refused: set[Key]) -> Iterator[tuple[Key, str]]:
        for spec in self._rules:
            name = spec["rule"]
            for breach in (*self._marked_breaches(name, document), *rules.breaches(spec, document, on)):
                if not any(_refused(path, refused) for path in breach.looked_at):
                    own = spec.get("x-error") or (breach.text if name in rules.CHECKS else None)
                    yield (breach.at, name), wording.sentence(self._walk, breach.at, own, breach.text)

    def _marked_breaches(self, name: str, document: Any) -> Iterator[rules.Breach]:
        if name in rules.CHECKS:
            valid, text = rules.CHECKS[name]
            for path in self.marked(document, name):
                value = document
                for part in path:
                    value = value[part]
                if not valid(value):
                    yield rules.Breach(path, text, (path,))


def _named(error: jsonschema_rs.ValidationError) -> list[tuple[Path, str]]:
    """The properties that an error is about, with the code of each."""
    path, kind = tuple(error.instance_path), error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return [((*path, kind.property), "required")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return [((*path, name), UNKNOWN) for name in kind.unexpected]
    return [(path, kind.name)]


def _refused(path: Path, refused: Iterable[Key]) -> bool:
    return any(path == bad or (code in _FORBIDDEN and path[: len(bad)] == bad) for bad, code in refused)
