"""Forms: a JSON Schema per kind of application, with versions; the plain form serves what has none of its own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PLAIN = "plain"


class UnknownForm(KeyError):
    """There is no such form or no such version of it."""


@dataclass(frozen=True, eq=False)
class Form:
    """One version of a form; `schema` is JSON Schema 2020-12 with `x-check`, `x-error` and `x-rules`."""

    id: str
    version: int
    schema: Mapping[str, Any]

    @property
    def basic_code(self) -> str | None:
        """The local basic code that the form was made for; None for a form that serves any matter."""
        code = self.schema.get("properties", {}).get("matterCode", {}).get("const")
        return code if isinstance(code, str) else None

    def to_json(self) -> dict[str, Any]:
        """`{"id","version","schema"}`"""
        return {"id": self.id, "version": self.version, "schema": self.schema}


class Forms:
    """All forms. New cases take the latest version; a case keeps the one it began under."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._versions = {(form.id, form.version): form for form in forms}
        self._latest: dict[str, Form] = {}
        for form in sorted(self._versions.values(), key=lambda one: one.version):
            self._latest[form.id] = form
        self._by_code = {form.basic_code: form for form in self._latest.values() if form.basic_code}

    def __iter__(self) -> Iterator[Form]:
        return iter(self._versions.values())

    def latest(self, form_id: str) -> Form:
        """The newest version of a form. Raises UnknownForm."""
        try:
            return self._latest[form_id]
        except KeyError as error:
            raise UnknownForm(form_id) from error

    def get(self, form_id: str, version: int) -> Form:
        """One version of a form. Raises UnknownForm."""
        try:
            return self._versions[form_id, version]
        except KeyError as error:
            raise UnknownForm(form_id, version) from error

    def for_basic_code(self, code: str) -> Form:
        """The form made for this local basic code, else the plain one. Raises UnknownForm if that is missing too."""
        return self._by_code.get(code) or self.latest(PLAIN)
