"""Safe repairs of text: each is one small function, and a table per kind of cell says in which order they are tried."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from matters_map.workbooks.finding import Said

Step = tuple[str, Callable[[str], str]]  # (code, repair): the code is said when the repair changes the text

STARTS_FORMULA = "=+-@\t\r＝＋－＠"
_PREFIX = re.compile(r"^[=+\-@\t\r＝＋－＠]+\s*(?=\S)")
_ESCAPED = re.compile(rf"'+[{re.escape(STARTS_FORMULA)}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffe\uffff]")
_CONTINUED = re.compile(r"\s*[(（]续[)）]\s*$")


def escaped(text: str) -> str:
    """Text that no spreadsheet takes for a formula: with an apostrophe before it where it would be one."""
    risky = text[:1] in STARTS_FORMULA if text else False
    return f"'{text}" if risky or _ESCAPED.match(text) else text


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    return text[1:] if _ESCAPED.match(text) else text


def without_prefix(text: str) -> str:
    """Without the marks at the beginning that make a formula."""
    return _PREFIX.sub("", text)


def without_control(text: str) -> str:
    """Without characters that nobody sees; a line break stays, in one form."""
    return _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def on_one_line(text: str) -> str:
    """A name broken over lines, or continued, as one."""
    return _CONTINUED.sub("", re.sub(r"[ \t]*\n\s*", "", text)) if "\n" in text or _CONTINUED.search(text) else text


def tight(text: str) -> str:
    """Without white space at the ends, and inside only between Latin words."""
    return re.sub(r"(?<![!-~])\s+|\s+(?![!-~])", "", text.strip())


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


def half_width(text: str) -> str:
    """Full-width letters, digits and marks as half-width ones (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", text)


def half_brackets(text: str) -> str:
    return text.replace("（", "(").replace("）", ")")


TEXT: tuple[Step, ...] = (
    ("TEXT_CONTROL", without_control),
    ("TEXT_WHITESPACE", str.strip),
    ("FORMULA_PREFIX", without_prefix),
)
NAME: tuple[Step, ...] = (
    ("TEXT_CONTROL", without_control),
    ("NAME_LINEBREAK", on_one_line),
    ("NAME_WHITESPACE", tight),
    ("FORMULA_PREFIX", without_prefix),
)
CODE: tuple[Step, ...] = (
    ("CODE_WHITESPACE", without_space),
    ("FULLWIDTH_CODE", half_width),
    ("CODE_CASE", str.upper),
)


def repaired(text: str, steps: Sequence[Step]) -> tuple[str, tuple[Said, ...]]:
    """The text after all repairs, and what each one that changed it says; all expect the last text."""
    codes = []
    for code, repair in steps:
        changed = repair(text)
        if changed != text:
            codes.append(code)
        text = changed
    return text, tuple(Said(code, text) for code in codes)
