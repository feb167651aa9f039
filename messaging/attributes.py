"""Each attribute of an envelope, read strictly: pure functions that give its value or raise BadEnvelope."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from messaging import contract

MAX_NUMBER = 2**53
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "too_large": "报文超过 1 MiB",
        "too_deep": "报文嵌套层数过多",
        "not_an_object": "报文应为一个 JSON 对象",
        "specversion": "specversion 应为 1.0",
        "id": "id 应为 1–64 个字母、数字或 . _ -",
        "source": "source 应为 urn:jurisdiction:六位区划代码",
        "recipient": "recipient 应为 urn:jurisdiction:六位区划代码",
        "type": "type 应为 cn.tongban.<名称>.v<版本>",
        "subject": "subject 应为 1–64 个不含空格的可见 ASCII 字符",
        "time": "time 应为带时区偏移的 RFC 3339 时刻",
        "datacontenttype": "datacontenttype 应为 application/json",
        "dataschema": "dataschema 应为不超过 256 个字符的文本",
        "sequence": "sequence 应为文本形式的正整数，不超过 2^53",
        "sequence_missing": "这类报文须有 sequence",
        "sequence_forbidden": "这类报文不在会话之内，不应有 sequence",
        "sequencetype": "sequencetype 只与 sequence 一起使用，值为 Integer",
        "seen": "seen 应为不小于 0 的整数，不超过 2^53",
        "replaces": "replaces 应为被替换报文的 id",
        "data": "data 应为一个对象",
        "attribute": "扩展属性名只能用小写字母和数字，值只能是文本、整数或布尔值",
    }
)

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PLACE = re.compile(r"urn:jurisdiction:([0-9]{6})")
_TYPE = re.compile(r"cn\.tongban\.([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\.v([1-9][0-9]{0,3})")
_SUBJECT = re.compile(r"[!-~]{1,64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,15}")
_TIME = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_EXTENSION = re.compile(r"[a-z0-9]{1,64}")
_ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "recipient", "replaces"}
    | {"sequence", "sequencetype", "seen", "traceparent", "data"}
)


class BadEnvelope(ValueError):
    """JSON, but no envelope of ours. `reason` is a key of REASONS, `text` says it in Chinese; no value is echoed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason, self.text = reason, REASONS[reason]


def kind(value: Any) -> tuple[str, int]:
    """`cn.tongban.application.accepted.v1` -> (`application.accepted`, 1)."""
    match = _match(_TYPE, value, "type")
    require(len(match[0]) <= 128, "type")
    return match[1], int(match[2])


def place(value: Any, reason: str) -> str:
    """`urn:jurisdiction:420683` -> `420683`; `reason` is `source` or `recipient`."""
    return _match(_PLACE, value, reason)[1]


def identifier(value: Any, reason: str) -> str:
    """A message's id; `reason` is `id` or `replaces`."""
    return _match(_ID, value, reason)[0]


def subject(value: Any) -> str:
    """A leg's number, an agreement's id, or a word for what stands outside a conversation."""
    return _match(_SUBJECT, value, "subject")[0]


def time(value: Any) -> datetime:
    """An aware instant."""
    try:
        return datetime.fromisoformat(_match(_TIME, value, "time")[0].upper())
    except ValueError:  # the 30th of February
        raise BadEnvelope("time") from None


def sequence(members: Mapping[str, Any], type_: str) -> int | None:
    """The number in the conversation. A known type has one or has none; of an unknown one the envelope itself tells."""
    value, sort = members.get("sequence"), members.get("sequencetype")
    known = contract.KNOWN.get(type_)
    if value is None:
        require(known is None or not known.numbered, "sequence_missing")
        require(sort is None, "sequencetype")
        return None
    require(known is None or known.numbered, "sequence_forbidden")
    require(sort in (None, "Integer"), "sequencetype")
    number = int(_match(_NUMBER, value, "sequence")[0])
    require(number <= MAX_NUMBER, "sequence")
    return number


def seen(value: Any) -> int | None:
    """The highest number that the sender had applied; None when it does not say."""
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:  # bool is an int in Python, but not in JSON
        raise BadEnvelope("seen")
    return value


def trace(value: Any) -> str | None:
    """A trace context that cannot be read is dropped, as W3C Trace Context asks: no message fails for it."""
    return value if isinstance(value, str) and _TRACE.fullmatch(value) else None


def dataschema(value: Any) -> str | None:
    """What the sender calls the schema of its data; it is not used."""
    if value is not None and not (isinstance(value, str) and len(value) <= 256):
        raise BadEnvelope("dataschema")
    return value


def data(value: Any) -> dict[str, Any]:
    """The data, not yet held against its contract."""
    if not isinstance(value, dict):
        raise BadEnvelope("data")
    return value


def check_extensions(members: Mapping[str, Any]) -> None:
    """Attributes of others are let pass in the form that CloudEvents gives them."""
    for name, value in members.items():
        if name not in _ATTRIBUTES:
            plain = value is None or isinstance(value, str | bool | int)
            require(plain and _EXTENSION.fullmatch(name) is not None, "attribute")


def require(holds: bool, reason: str) -> None:
    """Raises BadEnvelope with the reason unless it holds."""
    if not holds:
        raise BadEnvelope(reason)


def _match(pattern: re.Pattern[str], value: Any, reason: str) -> re.Match[str]:
    match = pattern.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadEnvelope(reason)
    return match
