"""Forms drawn as pages draw them, and posted as a browser would post them."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from gateway.web import forms
from matters_map import regions

SAMPLES = Path("matters_map/samples/forms")
EXAMPLES = Path("tests/data/forms")
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SAMPLES.glob("*.schema.json"))
REGIONS = {code: name for code in ("421321", "420683", "411330", "420882") if (name := regions.name_of(code))}
Pairs = list[tuple[str, str]]


def schema_of(name: str) -> forms.FormSchema:
    """One of the sample forms."""
    return forms.read(json.loads((SAMPLES / f"{name}.schema.json").read_text(encoding="utf-8")))


def examples_of(name: str) -> dict[str, Any]:
    """Valid and invalid documents of a sample form."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.examples.json").read_text(encoding="utf-8"))
    return found


class Controls(HTMLParser):
    """What a browser would post for the controls of a page, and the ids and labels it holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pairs: Pairs = []
        self.ids: list[str] = []
        self.types: dict[str, str] = {}  # name -> type of its control
        self.buttons: Pairs = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.ids.append(found["id"])
        name = found.get("name", "")
        if tag == "input" and name:
            self._input(found, name)
        elif tag == "button" and name:
            self.buttons.append((name, found.get("value", "")))
        elif tag == "select":
            self._select, self._options, self.types[name] = name, [], "select"
        elif tag == "option" and self._select is not None:
            self._options.append((found.get("value", ""), "selected" in found))
        elif tag == "textarea":
            self._area, self._text, self.types[name] = name, "", "textarea"

    def _input(self, found: dict[str, str], name: str) -> None:
        kind = found.get("type", "text")
        self.types[name] = kind
        if kind in ("radio", "checkbox"):
            if "checked" in found:
                self.pairs.append((name, found.get("value", "on")))
        elif kind != "file":
            self.pairs.append((name, found.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select is not None:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [self._options[0][0]]
            self.pairs.append((self._select, chosen[0]))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self.pairs.append((self._area, self._text.removeprefix("\n")))
            self._area = None


def change(pairs: Pairs, name: str, *values: str) -> Pairs:
    """The same form with other values in one field."""
    return [pair for pair in pairs if pair[0] != name] + [(name, value) for value in values]


def without_server_filled(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in forms.Options().hidden}


def leaves(value: Any) -> Iterator[Any]:
    """Every value of a document that is no object or list."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value
