"""A form as it stands on the screen: the document so far, its rows with their keys, and what was put aside.

Names of form fields are `answers` and a JSON Pointer in which a row is named by a key that stays when other rows go
(`answers/shareholders/r2/name`), so that a row keeps its identity in the browser. They do not begin with a slash, which
readers of multipart forms take off. Besides:

- `answers/shareholders/-` = `r2`, once for each row, in order; `M01` keys are the materials of the matter's list, `x1`
  others
- `~answers/agent/name` = a value typed before the field went out of sight; it comes back with the field and is never
  submitted
- `_keep` = a name shown although no condition asks for it, because it holds a value
- `_add` = array name, `_remove`, `_copy` = row name: buttons that change rows
- `later:M01` = the material is promised for later, `lateron:M01` the day by which it comes
- `file:M01` = SHA-256 of an uploaded scan, `filename:M01` its name for display
- `more:M01` = SHA-256, a space and the name of a further file of the same material, once for each, in order
- `_more` = `M01`, a file's SHA-256 and `up` or `drop`: a button at such a file
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ROOT = "answers"
ASIDE = "~"
MARKER = "/-"
KEEP = "_keep"
COMMANDS = ("_add", "_remove", "_copy")
File = tuple[str, str]  # SHA-256, name
FILE = "file:"
FILE_NAME = "filename:"
MORE = "more:"
MORE_STEP = "_more"
LATER = "later:"
LATER_ON = "lateron:"

Values = dict[str, list[str]]


@dataclass(frozen=True)
class Slot:
    """One row on the screen; `index` is its place in the document, None while it is empty."""

    key: str
    index: int | None


@dataclass(frozen=True)
class Filled:
    """`Filled(document)` is a form opened afresh; `forms.parse` gives the one that was posted."""

    document: dict[str, Any]
    slots: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)  # array name -> rows in order
    aside: Mapping[str, list[str]] = field(default_factory=dict)  # name -> values out of sight
    names: frozenset[str] = frozenset()  # every name that was posted
    files: Mapping[str, str] = field(default_factory=dict)  # material code -> SHA-256
    file_names: Mapping[str, str] = field(default_factory=dict)  # material code -> name of the uploaded file
    more: Mapping[str, tuple[File, ...]] = field(default_factory=dict)  # material code -> its further files
    later: Mapping[str, str] = field(default_factory=dict)  # material code -> day by which it comes, or ''
    command: str | None = None  # add, remove, copy: the clerk changed rows and has not submitted
    focus: str | None = None  # name of the row to go to after a command

    def without_empty_rows(self) -> "Filled":
        """The same form, but rows are where the document has them; materials keep their list."""
        kept = {
            name: tuple(slot for slot in rows if slot.index is not None or not slot.key.startswith("r"))
            for name, rows in self.slots.items()
        }
        return replace(self, slots={name: rows for name, rows in kept.items() if rows})


def child(name: str, part: str | int) -> str:
    """The pointer or name one step below."""
    return f"{name}/{str(part).replace('~', '~0').replace('/', '~1')}"


def under(name: str, top: str) -> bool:
    return name == top or name.startswith(top + "/")


def collect(pairs: Iterable[tuple[str, Any]]) -> Values:
    """Posted pairs by name; uploads among them are left out."""
    values: Values = {}
    for name, value in pairs:
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    return values


def bring_back(values: Values) -> Values:
    """Values put aside stand for fields that were not posted themselves."""
    plain = {name: texts for name, texts in values.items() if not name.startswith(ASIDE)}
    spare = {name.removeprefix(ASIDE): texts for name, texts in values.items() if name.startswith(ASIDE)}
    return {**{name: texts for name, texts in spare.items() if name not in plain}, **plain}


def command(values: Values) -> tuple[str | None, str | None]:
    """Carry out a row button on `values`; returns what was done and the row's name (of an added or copied one)."""
    for word in COMMANDS:
        target = (values.pop(word, None) or [""])[0]
        if not target.startswith(ROOT + "/"):
            continue
        if word == "_add":
            return "add", _new_row(values, target, None)
        array, _, key = target.rpartition("/")
        if key not in values.get(array + MARKER, []):
            continue
        if word == "_copy":
            return "copy", _new_row(values, array, key)
        values[array + MARKER].remove(key)
        for name in [name for name in values if under(name, target)]:
            del values[name]
        return "remove", array
    return None, None


def further(values: Values) -> tuple[dict[str, tuple[File, ...]], bool]:
    """Further files of each material, after the button that was pressed at one of them, if any."""
    code, sha256, step = (*(values.pop(MORE_STEP, None) or [""])[0].split(" "), "", "", "")[:3]
    texts = values.get(MORE + code, [])
    place = next((place for place, text in enumerate(texts) if sha256 and text.startswith(sha256 + " ")), None)
    if place is not None and step == "drop":
        del texts[place]
    elif place is not None and step == "up" and place > 0:
        texts[place - 1], texts[place] = texts[place], texts[place - 1]
    found = {name.removeprefix(MORE): list_ for name, list_ in values.items() if name.startswith(MORE)}
    return {code: tuple(_file(text) for text in list_ if text) for code, list_ in found.items()}, bool(code)


def _file(text: str) -> File:
    sha256, _, name = text.partition(" ")
    return sha256, name


def _new_row(values: Values, array: str, like: str | None) -> str:
    """Add a row to `array`, after row `like` and with its values when given."""
    keys = values.setdefault(array + MARKER, [])
    letter = "x" if any(key[:1] in ("M", "x") for key in keys) else "r"
    taken = [int(key[1:]) for key in keys if key[:1] == letter and key[1:].isdecimal()]
    key = f"{letter}{max(taken, default=0) + 1}"
    keys.insert(keys.index(like) + 1 if like in keys else len(keys), key)
    if like is not None:
        source, target = f"{array}/{like}", f"{array}/{key}"
        copied = {target + name[len(source) :]: list(texts) for name, texts in values.items() if under(name, source)}
        values.update(copied)
    return f"{array}/{key}"
