"""JSON as RFC 8259 means it, for bytes from outside: one reading only, bounded, and never an unexpected exception.

What two parsers could read differently is refused: duplicate names, NaN, numbers that a double cannot hold, lone
surrogates, a byte order mark, any encoding but UTF-8. What could exhaust us is refused before it is parsed.
"""

import json
import math
import re
from array import array
from collections.abc import Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 64  # nested arrays and objects
MAX_WHOLE = 2**53 - 1  # the largest integer that every JSON implementation keeps exactly (RFC 7493)
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "not_json": "内容不是合法的 JSON",
        "not_utf8": "内容不是 UTF-8 编码",
        "byte_order_mark": "内容开头有字节顺序标记（BOM），请去掉",
        "duplicate_key": "同一个对象里有重复的成员名",
        "too_deep": "嵌套层数过多",
        "not_a_number": "含有 NaN 或 Infinity，JSON 不允许",
        "number_too_large": "数值超出可准确表示的范围",
        "lone_surrogate": "含有不成对的代理字符（\\uD800–\\uDFFF）",
    }
)

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")  # one level down, one level up, as signed bytes


class Malformed(ValueError):
    """Bytes that are not acceptable JSON. `reason` is a key of REASONS, `text` says it in Chinese; no value is echoed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason, self.text = reason, REASONS[reason]


def loads(raw: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value that the bytes stand for: dict, list, str, int, float, bool or None.

    Bound the size before calling; time and memory are linear in it. Raises Malformed, and nothing else.
    """
    text = _decoded(raw)
    if deeper_than(raw, max_depth):
        raise Malformed("too_deep")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_whole, parse_float=_real, parse_constant=_no_constant
        )
    except Malformed:
        raise
    except (ValueError, RecursionError):
        raise Malformed("not_json") from None
    if b"\\ud" in raw or b"\\uD" in raw:
        _refuse_surrogates(value)
    return value


def _decoded(raw: bytes) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Malformed("byte_order_mark")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not_utf8") from None


def deeper_than(raw: bytes, max_depth: int) -> bool:
    """Do arrays and objects nest deeper than that? Looks at brackets outside strings only; the bytes may be no JSON."""
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return False
    steps = array("b", _STRING.sub(b"", raw).translate(_STEPS, _NOT_BRACKETS))
    depth = 0
    for start in range(0, len(steps), 4096):  # stops soon after the first that is too deep
        depths = list(accumulate(steps[start : start + 4096], initial=depth))
        if max(depths) > max_depth:
            return True
        depth = depths[-1]
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Malformed("duplicate_key")
    return made


def _whole(digits: str) -> int:
    if len(digits) > 17 or not -MAX_WHOLE <= (value := int(digits)) <= MAX_WHOLE:
        raise Malformed("number_too_large")
    return value


def _real(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise Malformed("number_too_large")
    return value


def _no_constant(_: str) -> NoReturn:
    raise Malformed("not_a_number")


def _refuse_surrogates(value: Any) -> None:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise Malformed("lone_surrogate") from None
