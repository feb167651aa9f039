"""A message's content as somebody may see it who mends the post: its shape whole, its personal values hidden."""

import json
from collections.abc import Mapping
from typing import Any

HIDDEN = "＊＊＊"
# members whose values are codes, times, digests or words about the matter, never about a person
PLAIN = frozenset(
    {
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "recipient", "replaces",
        "sequence", "sequencetype", "seen", "traceparent", "agreement", "version", "matter", "origin_code", "handler_code",
        "mode", "received_at", "asked_at", "accepted_at", "decided_at", "promised_by", "due_by", "at", "from", "until",
        "kind", "id_type", "outcome", "addressed_to", "pointer", "material", "sha256", "size", "media_type", "stored_at",
        "highest_applied", "working_days", "step", "method", "notice_version", "code", "hash",
    }
)  # fmt: skip
HIDDEN_WHOLE = frozenset({"answers"})  # what citizens wrote: every leaf


def shown(text: str) -> str:
    """The message indented for reading, in full; as it came when it is not JSON."""
    try:
        return _written(json.loads(text))
    except ValueError:
        return text


def masked(text: str) -> str:
    """The same with every value hidden that may say something about a person."""
    try:
        return _written(_mask(json.loads(text), plain=False))
    except ValueError:
        return HIDDEN


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _mask(value: Any, *, plain: bool, whole: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _mask(part, plain=name in PLAIN and not whole, whole=whole or name in HIDDEN_WHOLE)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_mask(part, plain=plain, whole=whole) for part in value]
    return value if plain or value is None or isinstance(value, bool) else HIDDEN
