"""Reading a deed's body: which members it may have, which it must, and what they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.clocks import utc
from gateway.applications.errors import Finding, Invalid
from matters_map.findings import pointer_of

Kinds = type | tuple[type, ...]
NAMES = {str: "文字", int: "整数", list: "列表", dict: "对象", bool: "是或否"}


def read(
    body: Mapping[str, Any], required: Mapping[str, Kinds], optional: Mapping[str, Kinds] | None = None
) -> dict[str, Any]:
    """The body without members that are null. Raises Invalid with every finding: unknown, required, type."""
    known = {**required, **(optional or {})}
    findings = [Finding(pointer_of([name]), "unknown", "不认识的字段") for name in body if name not in known]
    values = {name: value for name, value in body.items() if value is not None and name in known}
    findings += [Finding(f"/{name}", "required", "请填写") for name in required if values.get(name) in (None, "")]
    for name, value in values.items():
        if not isinstance(value, known[name]) or (isinstance(value, bool) and known[name] is int):
            findings.append(Finding(f"/{name}", "type", f"应为{_named(known[name])}"))
    if findings:
        raise Invalid(findings)
    return values


def _named(kinds: Kinds) -> str:
    first = kinds[0] if isinstance(kinds, tuple) else kinds
    return NAMES.get(first, "其他类型")


def moment(values: Mapping[str, Any], now: datetime, called: str = "时间") -> datetime:
    """When it was done, `at`: RFC 3339 with an offset, not ahead of now, which it is when nothing is given. Raises Invalid."""
    if not values.get("at"):
        return now
    try:
        said = datetime.fromisoformat(values["at"])
        at = utc(said)
    except (ValueError, OverflowError):
        raise Invalid([Finding("/at", "format", "时间应写成 2026-11-24T09:30:00+08:00")]) from None
    if said.tzinfo is None or at > now:
        raise Invalid([Finding("/at", "format", f"{called}应带时区，且不能晚于现在")])
    return at


def short(values: Mapping[str, Any], **limits: int) -> None:
    """Raises Invalid for texts over their limit in characters."""
    long = [
        Finding(f"/{name}", "maxLength", f"不能超过 {most} 个字")
        for name, most in limits.items()
        if len(values.get(name) or "") > most
    ]
    if long:
        raise Invalid(long)
