"""Which of an application's files were looked at for viruses, told beside each of them in its answer. Pure."""

from collections.abc import Collection, Iterator
from typing import Any

from gateway.applications.case import Json

ATTACHMENT = frozenset({"sha256", "size", "name", "media_type"})  # members of a file wherever it is named


def digests(shown: Json) -> set[str]:
    """Of every file that the answer names."""
    return set(_digests(shown))


def marked(shown: Json, scanned: Collection[str]) -> Json:
    """The answer, and in it of each file `scanned`: whether it is among those. What was given stays as it is."""
    return {name: _marked(value, scanned) for name, value in shown.items()}


def _digests(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.keys() >= ATTACHMENT:
            yield str(value["sha256"])
        value = list(value.values())
    for one in value if isinstance(value, list) else []:
        yield from _digests(one)


def _marked(value: Any, scanned: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_marked(one, scanned) for one in value]
    if not isinstance(value, dict):
        return value
    own = {"scanned": value["sha256"] in scanned} if value.keys() >= ATTACHMENT else {}
    return {**marked(value, scanned), **own}
