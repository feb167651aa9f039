"""What the strict reader of JSON takes, what it refuses, and that refusing is quick."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.strict_json import MAX_WHOLE, REASONS, Malformed, loads

NOT_JSON: list[bytes] = [
    b"",
    b" ",
    b"\n",
    b"[",
    b"]",
    b"{",
    b"}",
    b"[1,]",
    b"[,1]",
    b"[1,,2]",
    b"[1 2]",
    b"[1]]",
    b"[1][2]",
    b"{}{}",
    b"[}",
    b"{]",
    b'{"a":1,}',
    b'{,"a":1}',
    b'{"a"}',
    b'{"a":}',
    b'{"a" 1}',
    b'{"a"::1}',
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{null:1}",
    b'{"a":1 "b":2}',
    b'{"a":1,"b"',
    b'"',
    b'"a',
    b'"\\"',
    b'"\\x41"',
    b'"\\a"',
    b'"\\u12"',
    b'"\\u 123"',
    b'"\\u+123"',
    b'"\\uZZZZ"',
    b'"\\U0041"',
    b'"a\nb"',
    b'"a\tb"',
    b'"a\x00b"',
    b'"\x1f"',
    b"'a'",
    b"\x00",
    b"[1]\x00",
    b"\x0c[1]",
    b"[\x0b1]",
    "[\u00a01]".encode(),
    "[1]\u3000".encode(),
    "[\u20601]".encode(),
    "[１]".encode(),
    "[1，2]".encode(),
    b"01",
    b"-",
    b"-01",
    b"+1",
    b"--1",
    b"1.",
    b".5",
    b"-.5",
    b"1e",
    b"1e+",
    b"1.e1",
    b"1e1.5",
    b"0x10",
    b"1_000",
    b"1 000",
    b"0b1",
    b"1L",
    b"True",
    b"TRUE",
    b"nul",
    b"nulll",
    b"undefined",
    b"inf",
    b"nan",
    b"/* c */ 1",
    b"[1] // c",
    b"# c\n1",
    b"<a/>",
    b"\xe2\x80\x9ca\xe2\x80\x9d",
    b"*",
    b"[1]x",
    b"\\u0022a\\u0022",
]

OTHERWISE_REFUSED: list[tuple[bytes, str]] = [
    (b"NaN", "not_a_number"),
    (b"[Infinity]", "not_a_number"),
    (b'{"a":-Infinity}', "not_a_number"),
    (b"1e400", "number_too_large"),
    (b"[-1e999]", "number_too_large"),
    (b"9007199254740992", "number_too_large"),
    (b"-9007199254740992", "number_too_large"),
    (b"9" * 5000, "number_too_large"),
    (b"-" + b"9" * 100_000, "number_too_large"),
    (b"1" * 50 + b".5e400", "number_too_large"),
    (b'{"a":1,"a":1}', "duplicate_key"),
    (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    (b'[{"x":{"b":1,"c":2,"b":3}}]', "duplicate_key"),
    (b'"\\ud800"', "lone_surrogate"),
    (b'"\\uDFFF"', "lone_surrogate"),
    (b'["a\\ud83dz"]', "lone_surrogate"),
    (b'{"\\udc00\\ud800":1}', "lone_surrogate"),
    (b'"\\ud83d\\ud83d\\ude00"', "lone_surrogate"),
    (b"\xef\xbb\xbf{}", "byte_order_mark"),
    (b"\xef\xbb\xbf", "byte_order_mark"),
    ("{}".encode("utf-16"), "not_utf8"),
    ("{}".encode("utf-16-le"), "not_json"),
    ("{}".encode("utf-16-be"), "not_json"),
    ("{}".encode("utf-32"), "not_utf8"),
    (b'"\xff"', "not_utf8"),
    (b'"\xc0\xaf"', "not_utf8"),
    (b'"\xed\xa0\x80"', "not_utf8"),
    (b'"\xf4\x90\x80\x80"', "not_utf8"),
    (b'"\xe4\xb8"', "not_utf8"),
    ("“张三”".encode("gb18030"), "not_utf8"),
    (b"[" * 65 + b"]" * 65, "too_deep"),
    (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
    (b'[{"a":' * 33 + b"1" + b"}]" * 33, "too_deep"),
    (b"[" * 100_000, "too_deep"),
    (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    (b'{"a":' * 100_000, "too_deep"),
    (b'[{"":' * 50_000, "too_deep"),
    (b"]" * 100_000, "not_json"),
]

TAKEN: list[tuple[bytes, Any]] = [
    (b"null", None),
    (b" true\r\n", True),
    (b"0", 0),
    (b"-0", 0),
    (b"-0.0", -0.0),
    (b"1E2", 100.0),
    (b"1e-400", 0.0),
    (b"9007199254740991", MAX_WHOLE),
    (b"-9007199254740991", -MAX_WHOLE),
    (b'"\\u0000"', "\x00"),
    (b'"\x7f"', "\x7f"),
    (b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'),
    (b'"\\ud83d\\ude00"', "\U0001f600"),
    ('"赵𬱖测"'.encode(), "赵𬱖测"),
    ('"\ufeff\uffff\u2028"'.encode(), "\ufeff\uffff\u2028"),
    (b'{"":{"":[]}}', {"": {"": []}}),
    (b'{"a":{"b":1},"b":{"b":2}}', {"a": {"b": 1}, "b": {"b": 2}}),
    (b'"[[[[{{{{"', "[[[[{{{{"),
    (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
    (b'["' + b'[{\\"' * 500 + b'"]', ['[{"' * 500]),
    (b"[" + b",".join([b"[{}]"] * 500) + b"]", [[{}]] * 500),
    (b'["421321200001019998"]', ["421321200001019998"]),
]


@pytest.mark.parametrize("raw", NOT_JSON, ids=lambda raw: repr(raw[:24]))
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        loads(raw)
    assert refused.value.reason == "not_json"


@pytest.mark.parametrize(("raw", "reason"), OTHERWISE_REFUSED, ids=lambda part: repr(part[:24]))
def test_what_could_be_read_in_two_ways_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        loads(raw)
    assert refused.value.reason == reason
    assert refused.value.text == REASONS[reason]


@pytest.mark.parametrize(("raw", "value"), TAKEN, ids=lambda part: repr(part)[:24])
def test_what_is_json_is_taken(raw: bytes, value: Any) -> None:
    assert loads(raw) == value


def test_a_refusal_never_echoes_what_was_sent() -> None:
    with pytest.raises(Malformed) as refused:
        loads('{"张三":1,"张三":"421321200001019998"}'.encode())
    assert "张三" not in str(refused.value) + refused.value.text


def test_the_depth_that_is_allowed_is_the_callers_choice() -> None:
    assert loads(b"[[]]", max_depth=2) == [[]]
    with pytest.raises(Malformed, match="too_deep"):
        loads(b"[[[]]]", max_depth=2)


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 500_000 + b"]" * 500_000,
        b"[{" * 250_000 + b"}]" * 250_000,
        b"[" * 100 + b"[]," * 300_000,
        b'"' + b'\\"' * 500_000,
        b'["' * 300_000,
        b"[" * 65 + b'\\"' * 500_000,
        b"9" * 1_000_000,
        b"{" + b'"a":1,' * 150_000 + b'"a":1}',
        b"[" + b'"\\ud83d\\ude00",' * 70_000 + b"1]",
        b"[" * 63 + b"[]" * 400_000,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_a_megabyte_made_to_hurt_is_answered_at_once(bomb: bytes) -> None:
    started = time.perf_counter()
    try:
        loads(bomb)
    except Malformed:
        refused = True
    else:
        refused = False
    assert time.perf_counter() - started < 1.0
    assert refused or b"ude00" in bomb


def test_a_million_keys_cost_a_few_seconds_at_most() -> None:
    raw = b"{" + b",".join(b'"%d":0' % number for number in range(1_000_000)) + b"}"
    started = time.perf_counter()
    assert len(loads(raw)) == 1_000_000
    assert time.perf_counter() - started < 5.0


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_WHOLE, MAX_WHOLE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(_values, st.booleans())
def test_every_json_value_comes_back_as_it_went(value: Any, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0d8 1e-.+nt', max_size=80).map(str.encode))
def test_no_bytes_whatever_raise_anything_but_malformed(raw: bytes) -> None:
    try:
        ours = loads(raw)
    except Malformed:
        return
    assert json.loads(raw) == ours
