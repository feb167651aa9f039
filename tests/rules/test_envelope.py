"""How a message's envelope is built and read."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import contract, envelope
from messaging.attributes import REASONS
from messaging.envelope import BadEnvelope
from messaging.strict_json import Malformed

AT = datetime(2026, 11, 24, 1, 30, 0, 987654, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ORDER = [
    *[
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "recipient",
        "replaces",
    ],
    *["sequence", "sequencetype", "seen", "traceparent", "data"],
]


def accepted(**changes: Any) -> bytes:
    """枣阳 says that it accepted a case of 随县."""
    said: dict[str, Any] = {
        "id": "01JDEXAMPLE0000000000000A1",
        "source": "420683",
        "type": "application.accepted",
        "subject": "421321202611242000001G",
        "time": AT,
        "recipient": "421321",
        "sequence": 1,
        "seen": 1,
        "replaces": None,
        "traceparent": TRACE,
        "data": contract.example("application.accepted"),
    }
    return envelope.build(**said | changes)


def altered(**members: Any) -> bytes:
    """The same message with members of the JSON replaced; `...` removes one."""
    value = json.loads(accepted()) | members
    return json.dumps({name: part for name, part in value.items() if part is not ...}).encode()


def test_members_stand_in_the_order_of_the_contract() -> None:
    value = json.loads(accepted())
    assert list(value) == ORDER
    assert value | {"data": None} == {
        "specversion": "1.0",
        "id": "01JDEXAMPLE0000000000000A1",
        "source": "urn:jurisdiction:420683",
        "type": "cn.tongban.application.accepted.v1",
        "subject": "421321202611242000001G",
        "time": "2026-11-24T09:30:00+08:00",
        "datacontenttype": "application/json",
        "dataschema": "urn:tongban:schema:application.accepted:v1",
        "recipient": "urn:jurisdiction:421321",
        "replaces": None,
        "sequence": "1",
        "sequencetype": "Integer",
        "seen": 1,
        "traceparent": TRACE,
        "data": None,
    }


def test_what_was_built_is_read_back() -> None:
    said = envelope.parse(accepted(sequence=2**53, replaces="01JDEXAMPLE0000000000000A0"))
    assert (said.sender, said.recipient, said.type, said.version) == ("420683", "421321", "application.accepted", 1)
    assert (said.source, said.audience) == ("urn:jurisdiction:420683", "urn:jurisdiction:421321")
    assert (said.sequence, said.seen, said.replaces) == (2**53, 1, "01JDEXAMPLE0000000000000A0")
    assert said.time == AT.replace(microsecond=0)
    assert said.known
    assert said.numbered
    assert said.data == contract.example("application.accepted")


def test_the_same_words_give_the_same_bytes() -> None:
    assert accepted() == accepted()
    assert envelope.sha256_hex(accepted()) == envelope.sha256_hex(accepted())
    assert envelope.sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_receipt_has_no_number() -> None:
    raw = accepted(type="receipt", subject="receipt", sequence=None, seen=None, data=contract.example("receipt"))
    assert not {"sequence", "sequencetype", "seen"} & json.loads(raw).keys()
    said = envelope.parse(raw)
    assert said.sequence is None
    assert not said.numbered


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "a b"}, "id"),
        ({"source": "42068"}, "source"),
        ({"recipient": "随县"}, "recipient"),
        ({"subject": ""}, "subject"),
        ({"sequence": 0}, "sequence"),
        ({"sequence": 2**53 + 1}, "sequence"),
        ({"sequence": None}, "sequence_missing"),
        ({"type": "receipt"}, "sequence_forbidden"),
        ({"type": "Application"}, "type"),
        ({"seen": -1}, "seen"),
        ({"data": {"text": "长" * 400_000}}, "too_large"),
        ({"data": {"a": json.loads("[" * 63 + "]" * 63)}}, "too_deep"),
    ],
    ids=str,
)
def test_our_own_message_is_held_to_the_rules_before_it_exists(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadEnvelope) as refused:
        accepted(**changes)
    assert refused.value.reason == reason


@pytest.mark.parametrize("value", [2**53, AT, {1}, "\ud800"], ids=["whole", "time", "set", "surrogate"])
def test_data_that_json_cannot_say_exactly_is_not_sent(value: Any) -> None:
    with pytest.raises(TypeError):
        accepted(data={"value": value})


def test_a_time_without_offset_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="without offset"):
        envelope.rfc3339(AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"specversion": ...}, "specversion"),
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": 1.0}, "specversion"),
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": "a" * 65}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": 7}, "id"),
        ({"source": ...}, "source"),
        ({"source": "420683"}, "source"),
        ({"source": "urn:jurisdiction:4206830"}, "source"),
        ({"source": "urn:jurisdiction:４２０６８３"}, "source"),
        ({"source": "URN:jurisdiction:420683"}, "source"),
        ({"source": "urn:jurisdiction:420683\n"}, "source"),
        ({"recipient": None}, "recipient"),
        ({"recipient": ["urn:jurisdiction:421321"]}, "recipient"),
        ({"type": ...}, "type"),
        ({"type": "application.accepted"}, "type"),
        ({"type": "cn.tongban.application.accepted"}, "type"),
        ({"type": "cn.tongban.application.accepted.v0"}, "type"),
        ({"type": "cn.tongban.application.accepted.v01"}, "type"),
        ({"type": "cn.tongban..v1"}, "type"),
        ({"type": "cn.tongban.Application.v1"}, "type"),
        ({"type": "com.example.application.accepted.v1"}, "type"),
        ({"type": "cn.tongban." + "a" * 120 + ".v1"}, "type"),
        ({"subject": ...}, "subject"),
        ({"subject": "a" * 65}, "subject"),
        ({"subject": "421321 1"}, "subject"),
        ({"subject": "\u202e1"}, "subject"),
        ({"time": ...}, "time"),
        ({"time": "2026-11-24T09:30:00"}, "time"),
        ({"time": "2026-11-24 09:30:00+08:00"}, "time"),
        ({"time": "2026-02-30T09:30:00+08:00"}, "time"),
        ({"time": "2026-11-24T25:00:00Z"}, "time"),
        ({"time": "20261124T093000Z"}, "time"),
        ({"time": "2026-11-24"}, "time"),
        ({"time": 1795483800}, "time"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"dataschema": {}}, "dataschema"),
        ({"dataschema": "u" * 257}, "dataschema"),
        ({"sequence": 1}, "sequence"),
        ({"sequence": "0"}, "sequence"),
        ({"sequence": "01"}, "sequence"),
        ({"sequence": "-1"}, "sequence"),
        ({"sequence": "+1"}, "sequence"),
        ({"sequence": "1.0"}, "sequence"),
        ({"sequence": "１"}, "sequence"),
        ({"sequence": "9007199254740993"}, "sequence"),
        ({"sequence": "9" * 5000}, "sequence"),
        ({"sequence": ..., "sequencetype": ...}, "sequence_missing"),
        ({"sequence": None, "sequencetype": None}, "sequence_missing"),
        ({"sequencetype": "integer"}, "sequencetype"),
        ({"sequencetype": 1}, "sequencetype"),
        ({"type": "cn.tongban.receipt.v1"}, "sequence_forbidden"),
        ({"type": "cn.tongban.resend.requested.v1"}, "sequence_forbidden"),
        ({"type": "cn.tongban.receipt.v1", "sequence": ...}, "sequencetype"),
        ({"seen": -1}, "seen"),
        ({"seen": "1"}, "seen"),
        ({"seen": True}, "seen"),
        ({"seen": 1.0}, "seen"),
        ({"replaces": ""}, "replaces"),
        ({"replaces": 5}, "replaces"),
        ({"data": ...}, "data"),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": "{}"}, "data"),
        ({"data_base64": "e30="}, "attribute"),
        ({"Sequence": "1"}, "attribute"),
        ({"名称": "1"}, "attribute"),
        ({"": "1"}, "attribute"),
        ({"extra": {}}, "attribute"),
        ({"extra": [1]}, "attribute"),
        ({"extra": 0.5}, "attribute"),
    ],
    ids=str,
)
def test_what_is_no_envelope_is_refused_with_its_reason(members: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadEnvelope) as refused:
        envelope.parse(altered(**members))
    assert refused.value.reason == reason
    assert refused.value.text == REASONS[reason]


@pytest.mark.parametrize(
    "members",
    [
        {"sequencetype": ...},
        {"seen": ...},
        {"seen": None},
        {"seen": 0},
        {"replaces": ...},
        {"datacontenttype": ...},
        {"dataschema": ...},
        {"dataschema": None},
        {"traceparent": ...},
        {"time": "2026-11-24t01:30:00.123456789z"},
        {"tenant": "a", "retries": 3, "urgent": False, "note1": None},
        {"data": {}},
    ],
    ids=str,
)
def test_what_may_be_left_out_or_added_is_taken(members: dict[str, Any]) -> None:
    assert envelope.parse(altered(**members)).sequence == 1


@pytest.mark.parametrize("trace", ["", "00-zz", TRACE.upper(), 5, {"a": 1}])
def test_a_trace_that_cannot_be_read_fails_no_message(trace: Any) -> None:
    assert envelope.parse(altered(traceparent=trace)).traceparent is None


def test_three_failures_stay_apart() -> None:
    with pytest.raises(Malformed):
        envelope.parse(accepted()[:-1])
    with pytest.raises(Malformed, match="duplicate_key"):
        envelope.parse(accepted().replace(b'"id":', b'"id":"other","id":'))
    for not_an_object in (b"[]", b"1", b'"a"', b"null"):
        with pytest.raises(BadEnvelope, match="not_an_object"):
            envelope.parse(not_an_object)
    unknown = envelope.parse(altered(type="cn.tongban.weather.told.v3"))
    assert (unknown.known, unknown.type, unknown.version) == (False, "weather.told", 3)
    newer = envelope.parse(altered(type="cn.tongban.application.accepted.v2"))
    assert (newer.known, newer.type, newer.version) == (True, "application.accepted", 2)


def test_an_unknown_type_says_itself_whether_it_is_numbered() -> None:
    assert envelope.parse(altered(type="cn.tongban.weather.told.v1")).sequence == 1
    outside = envelope.parse(altered(type="cn.tongban.weather.told.v1", sequence=..., sequencetype=...))
    assert not outside.numbered
    assert not contract.blocks(outside)


def test_more_than_a_mebibyte_is_refused_unread() -> None:
    envelope.parse(accepted() + b" " * (envelope.MAX_BYTES - len(accepted())))
    with pytest.raises(BadEnvelope, match="too_large"):
        envelope.parse(b"{" * (envelope.MAX_BYTES + 1))


@given(
    st.sampled_from([*ORDER, "extra"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.none()),
)
def test_whatever_stands_in_a_member_the_answer_is_an_envelope_or_one_of_two_refusals(name: str, value: Any) -> None:
    try:
        said = envelope.parse(altered(**{name: value}))
    except (BadEnvelope, Malformed):
        return
    assert said.data == contract.example("application.accepted")
