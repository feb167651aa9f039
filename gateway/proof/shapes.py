"""The shapes of a package's own JSON, held against one schema before anything is read from it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from messaging import strict_json

FORMATS = frozenset({"tongban-evidence/1"})  # what this version can read
_SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("manifest.schema.json").read_text(encoding="utf-8"))


class Misshapen(Exception):
    """Not the JSON that has to stand here."""


class UnknownFormat(Exception):
    """The package is of a kind that this version does not know; the text is what it calls itself."""


def manifest(raw: bytes) -> dict[str, Any]:
    """manifest.json. Raises UnknownFormat and Misshapen."""
    value = _loaded(raw)
    if not isinstance(value, dict):
        raise Misshapen
    if not isinstance(value.get("format"), str) or value["format"] not in FORMATS:
        raise UnknownFormat(str(value.get("format")))
    return _held("", value)


def audited(raw: bytes) -> list[dict[str, Any]]:
    """audit.jsonl. Raises Misshapen."""
    return [_held("audited", value) for value in _lines(raw)]


def roots(raw: bytes) -> list[dict[str, Any]]:
    """roots.jsonl. Raises Misshapen."""
    return [_held("any_root", value) for value in _lines(raw)]


def document(raw: bytes) -> dict[str, Any]:
    """Any JSON object. Raises Misshapen."""
    value = _loaded(raw)
    if not isinstance(value, dict):
        raise Misshapen
    return value


def _lines(raw: bytes) -> list[Any]:
    *lines, rest = raw.split(b"\n")
    if rest:
        raise Misshapen
    return [_loaded(line) for line in lines]


def _loaded(raw: bytes) -> Any:
    try:
        return strict_json.loads(raw)
    except strict_json.Malformed:
        raise Misshapen from None


def _held(part: str, value: Any) -> dict[str, Any]:
    if not _validator(part).is_valid(value):
        raise Misshapen
    found: dict[str, Any] = value
    return found


@cache
def _validator(part: str) -> Draft202012Validator:
    schema = {"$ref": f"#/$defs/{part}", "$defs": _SCHEMA["$defs"]} if part else _SCHEMA
    return Draft202012Validator(schema, offline=True)
