"""The envelope: CloudEvents 1.0 in structured JSON, as two counties exchange it. Built once, read strictly, never altered."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from messaging import attributes, contract, strict_json
from messaging.attributes import BadEnvelope as BadEnvelope

MAX_BYTES = 1024 * 1024
ROOM = 4096  # bytes of a message that its other members may take beside the data
CONTENT_TYPE = "application/cloudevents+json"
_PLAIN = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_STRICT_INTEGER


@dataclass(frozen=True)
class Envelope:
    """A message that could be read. `known` says whether its type's name is; look at `version` before reading `data`."""

    id: str
    sender: str  # six-digit code
    recipient: str  # six-digit code
    type: str  # short name, as `application.accepted`, also for a type that is not known
    version: int
    subject: str
    time: datetime  # aware
    sequence: int | None  # None: stands outside a conversation
    seen: int | None  # the sender's highest applied number of ours
    replaces: str | None
    traceparent: str | None
    dataschema: str | None
    data: dict[str, Any]

    @property
    def known(self) -> bool:
        """Is the type's name in the contract? Its version may still not be."""
        return self.type in contract.KNOWN

    @property
    def numbered(self) -> bool:
        """Does it count in its conversation?"""
        return self.sequence is not None

    @property
    def source(self) -> str:
        """The sender as it stands in the envelope and in the signature's `iss`."""
        return urn(self.sender)

    @property
    def audience(self) -> str:
        """The recipient as it stands in the envelope and in the signature's `aud`."""
        return urn(self.recipient)


def build(
    *,
    id: str,
    source: str,
    type: str,
    subject: str,
    time: datetime,
    recipient: str,
    sequence: int | None,
    seen: int | None,
    replaces: str | None = None,
    traceparent: str | None = None,
    data: dict[str, Any],
) -> bytes:
    """The bytes of a message, fixed for good. `source` and `recipient` are six-digit codes, `type` is a short name.

    Holds everything except the meaning of `data` against the rules that readers apply. Raises BadEnvelope, and
    TypeError when `data` holds what JSON cannot say exactly.
    """
    members: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": urn(source),
        "type": contract.full_name(type),
        "subject": subject,
        "time": rfc3339(time),
        "datacontenttype": "application/json",
        "dataschema": contract.schema_urn(type),
        "recipient": urn(recipient),
        "replaces": replaces,
    }
    if sequence is not None:
        members |= {"sequence": str(sequence), "sequencetype": "Integer"}
    if seen is not None:
        members["seen"] = seen
    members |= {"traceparent": attributes.trace(traceparent), "data": data}
    _read(members)
    raw = orjson.dumps(members, option=_PLAIN)
    attributes.require(len(raw) <= MAX_BYTES, "too_large")
    attributes.require(not strict_json.deeper_than(raw, strict_json.MAX_DEPTH), "too_deep")
    return raw


def misfit(data: Mapping[str, Any]) -> str | None:
    """Why no message could carry this data (`too_large`, `too_deep`, `not_exact`: what JSON cannot say exactly), or None."""
    try:
        raw = orjson.dumps(data, option=_PLAIN)
    except TypeError:
        return "not_exact"
    if len(raw) > MAX_BYTES - ROOM:
        return "too_large"
    return "too_deep" if strict_json.deeper_than(raw, strict_json.MAX_DEPTH - 1) else None


def parse(raw: bytes) -> Envelope:
    """Read a message. Three failures stay apart: Malformed (not JSON), BadEnvelope (JSON, but no envelope), and an
    Envelope whose `known` is False or whose `version` is none of ours (readable, for the caller to judge).
    """
    if len(raw) > MAX_BYTES:
        raise BadEnvelope("too_large")
    value = strict_json.loads(raw)
    if not isinstance(value, dict):
        raise BadEnvelope("not_an_object")
    return _read(value)


def sha256_hex(raw: bytes) -> str:
    """The digest by which both sides name a message: SHA-256 of its raw bytes, in hex."""
    return hashlib.sha256(raw).hexdigest()


def urn(code: str) -> str:
    """`420683` -> `urn:jurisdiction:420683`."""
    return f"urn:jurisdiction:{code}"


def rfc3339(at: datetime) -> str:
    """An aware instant as JSON says it: RFC 3339, whole seconds, +08:00. ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a time without offset")
    return at.astimezone(contract.SHANGHAI).isoformat(timespec="seconds")


def _read(members: Mapping[str, Any]) -> Envelope:
    attributes.require(members.get("specversion") == "1.0", "specversion")
    attributes.require(members.get("datacontenttype") in (None, "application/json"), "datacontenttype")
    attributes.check_extensions(members)
    type_, version = attributes.kind(members.get("type"))
    replaces = members.get("replaces")
    return Envelope(
        id=attributes.identifier(members.get("id"), "id"),
        sender=attributes.place(members.get("source"), "source"),
        recipient=attributes.place(members.get("recipient"), "recipient"),
        type=type_,
        version=version,
        subject=attributes.subject(members.get("subject")),
        time=attributes.time(members.get("time")),
        sequence=attributes.sequence(members, type_),
        seen=attributes.seen(members.get("seen")),
        replaces=None if replaces is None else attributes.identifier(replaces, "replaces"),
        traceparent=attributes.trace(members.get("traceparent")),
        dataschema=attributes.dataschema(members.get("dataschema")),
        data=attributes.data(members.get("data")),
    )
