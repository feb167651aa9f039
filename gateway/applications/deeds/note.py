"""留言: from window to window inside a case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case
from gateway.applications.deeds import body as bodies
from gateway.applications.errors import Finding, Invalid
from gateway.applications.plan import Plan, Who
from gateway.applications.speak import speak


def plan(
    case: Case, who: Who, body: Mapping[str, Any], now: datetime, files: Mapping[str, Any], phone: str = ""
) -> Plan:
    """`{"text","attachments":[sha256 or attachment]}`; the author is the person who writes."""
    values = bodies.read(body, {"text": str}, {"attachments": list})
    bodies.short(values, text=1000)
    data = {
        "text": values["text"],
        "attachments": named(values.get("attachments") or [], files, "/attachments"),
        "author": {"name": who.name, "phone": phone},
    }
    return speak(case, who, "note.sent", data, now)


def one_named(entry: Any, files: Mapping[str, Any], pointer: str) -> dict[str, Any]:
    """One attachment by digest, as messages name it. Raises Invalid when it was not put before."""
    digest = entry.get("sha256") if isinstance(entry, Mapping) else entry
    if digest not in files:
        raise Invalid([Finding(pointer, "file_missing", "没有找到这个文件，请先上传")])
    return dict(files[str(digest)])


def named(entries: list[Any], files: Mapping[str, Any], pointer: str) -> list[dict[str, Any]]:
    """Attachments by digest, as messages name them. Raises Invalid for one that was not put before."""
    digests = [entry.get("sha256") if isinstance(entry, Mapping) else entry for entry in entries]
    wrong = [
        Finding(f"{pointer}/{place}", "file_missing", "没有找到这个文件，请先上传")
        for place, digest in enumerate(digests)
        if digest not in files
    ]
    if wrong:
        raise Invalid(wrong)
    return [dict(files[str(digest)]) for digest in digests]
