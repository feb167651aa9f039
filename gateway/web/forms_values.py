"""One field's text and value: what a clerk types becomes JSON, and JSON becomes what a clerk reads.

What cannot be read stays as it was typed, so that the validator names it and nothing typed is ever lost.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.web import forms_schema
from gateway.web.forms_schema import Node

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,10})?")
WHOLE = re.compile(r"-?\d{1,15}")
DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D{0,2}|(\d{4})(\d{2})(\d{2})")
MONTH = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{0,2}|(\d{4})(\d{2})")
REGION = re.compile(r"([1-9]\d{5})(\D.*)?")
MATERIAL = r"^M\d{2}$"  # the pattern of a material's number
BLANKS = re.compile(r"\s+")


def kind(node: Node) -> str:
    """How a folded node is asked for: group, rows, materials, consent, lines, checks, tick, yesno, radios, select,
    fixed, integer, number, date, month, region, material (the number of one), textarea or text. `x-widget` overrides."""
    if "x-widget" in node:
        return str(node["x-widget"])
    if node.get("type") == "object" or "properties" in node:
        return "consent" if node.get("x-ref") == "consent" else "group"
    if node.get("type") == "array":
        return _array_kind(node.get("items", {}))
    if node.get("type") == "boolean":
        return "tick" if node.get("const") is True else "yesno"
    choice = forms_schema.options(node)
    if choice is not None:
        return _choice_kind(node, choice)
    if node.get("type") in ("integer", "number"):
        return str(node["type"])
    return _text_kind(node)


def _choice_kind(node: Node, choice: list[Any]) -> str:
    """Few short words side by side, otherwise a list to open."""
    if len(choice) == 1 and "enum" not in node:
        return "fixed"
    return "radios" if len(choice) <= 4 and sum(len(show(option)) for option in choice) <= 30 else "select"


def _array_kind(items: Any) -> str:
    """`items` must be folded by the caller."""
    if not isinstance(items, dict) or kind(items) not in ("group", "radios", "select"):
        return "lines"
    if kind(items) == "group":
        return "materials" if items.get("x-ref") == "material" else "rows"
    return "checks"


def _text_kind(node: Node) -> str:
    pattern = str(node.get("pattern", ""))
    if node.get("format") == "date":
        return "date"
    if (
        pattern
        and re.search(pattern, "2020-01")
        and not re.search(pattern, "2020-01-01")
        and not re.search(pattern, "x")
    ):
        return "month"
    if node.get("x-ref") == "region":
        return "region"
    if pattern == MATERIAL:
        return "material"
    return "textarea" if node.get("maxLength", 0) > 200 else "text"


def read(node: Node, text: str, regions: Mapping[str, str]) -> Any:
    """The value of one typed text; None when nothing was typed. `regions`: code -> name."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        return None
    asked = kind(node)
    if asked in ("tick", "yesno"):
        return {"true": True, "false": False}.get(text, text)
    for option in forms_schema.options(node) or node.get("enum", []):
        if text == show(option):
            return option
    if node.get("type") in ("integer", "number"):
        return _number(text, whole=node["type"] == "integer")
    if asked in ("date", "month"):
        return _day(text) if asked == "date" else _month(text)
    if asked == "region":
        return _region(text, regions)
    return _plain(node, text)


def _number(text: str, *, whole: bool) -> int | float | str:
    digits = BLANKS.sub("", unicodedata.normalize("NFKC", text)).replace(",", "")
    if WHOLE.fullmatch(digits):
        return int(digits)
    return float(digits) if not whole and NUMBER.fullmatch(digits) else text


def _day(text: str) -> str:
    """20080301, 2008-3-1, 2008.3.1, 2008年3月1日 -> 2008-03-01; a day that does not exist stays as typed."""
    found = DAY.fullmatch(unicodedata.normalize("NFKC", text))
    if not found:
        return text
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text


def _month(text: str) -> str:
    """202003, 2020-3, 2020.3, 2020年3月 -> 2020-03."""
    found = MONTH.fullmatch(unicodedata.normalize("NFKC", text))
    if not found:
        return text
    year, month = (int(part) for part in found.groups() if part)
    return f"{year:04}-{month:02}" if 1 <= month <= 12 else text


def _region(text: str, regions: Mapping[str, str]) -> str:
    """`420683`, `420683 枣阳市` or a name that stands for one place only -> the code."""
    found = REGION.fullmatch(unicodedata.normalize("NFKC", text))
    if found:
        return found[1]
    codes = [code for code, name in regions.items() if name == text]
    return codes[0] if len(codes) == 1 else text


def _plain(node: Node, text: str) -> str:
    """Half-width and without blanks where the pattern knows neither; an ID number's last x in capitals."""
    pattern = str(node.get("pattern", ""))
    if pattern and pattern.isascii() and r"\s" not in pattern and " " not in pattern:
        text = BLANKS.sub("", unicodedata.normalize("NFKC", text))
    if node.get("x-check") == "GB11643" and text.endswith("x"):
        text = text[:-1] + "X"
    return text


def show(value: Any) -> str:
    """A value as its field holds it (also the form value of an option)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return "\n".join(show(part) for part in value)
    return str(value)


def show_region(value: Any, regions: Mapping[str, str]) -> str:
    """`420683 枣阳市` where the name is known."""
    text = show(value)
    return f"{text} {regions[text]}" if text in regions else text


def say(node: Node, value: Any, regions: Mapping[str, str]) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "已确认" if value and kind(node) == "tick" else "是" if value else "否"
    if isinstance(value, list):
        return "、".join(show(part) for part in value)
    if kind(node) == "region":
        name = regions.get(show(value))
        return f"{name}（{value}）" if name else show(value)
    return show(value)
