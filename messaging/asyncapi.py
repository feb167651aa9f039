"""The AsyncAPI 3.0 document: what a partner's system finds on its two ends of the bus. Built from the contract."""

import json
from datetime import datetime
from typing import Any

from messaging import contract, envelope
from messaging.contract import KNOWN, MessageType

Json = dict[str, Any]
SCHEMAS = "#/components/schemas/"
SIGNATURE = "tongban-signature"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=contract.SHANGHAI)
ROLES = {"origin": "收件地", "handler": "业务属地", "both": "双方"}
ABOUT = """\
每个协作地区在消息总线上有自己的虚拟主机 `partner-<区划代码>`：从队列 `to-partner` 读取，向交换机 `from-partner` 发布（路由键不用，
mandatory）。报文是 CloudEvents 1.0 结构化 JSON，附分离式签名（RFC 7797）于消息头 `tongban-signature`；签名针对原始字节，转发和保存都不得改动。
`sequence` 在一个会话（同一 `subject`、同一发送方、同一接收方）内从 1 起连续编号；重复收到同一 `id` 只生效一次。
收到并存妥后以 `receipt` 回执。附件不经总线传送，报文只写明其 SHA-256。同样的报文也可经 HTTP 收发，见 /api/docs。
"""


def document() -> Json:
    """The whole document, as plain JSON; every reference in it is local."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:tongban:asyncapi",
        "info": {
            "title": "Tongban 通办：协作地区报文",
            "version": f"{contract.VERSION}.0.0",
            "description": ABOUT,
        },
        "defaultContentType": envelope.CONTENT_TYPE,
        "channels": {
            "toPartner": _channel(
                "to-partner", "queue", "通办发给协作地区的报文；协作地区读取后确认，并以 receipt 回执"
            ),
            "fromPartner": _channel("from-partner", "exchange", "协作地区发给通办的报文"),
        },
        "operations": {
            "sendToPartner": _operation("send", "toPartner", "通办向协作地区发出报文；未收到回执前按原字节重发"),
            "receiveFromPartner": _operation(
                "receive", "fromPartner", "通办收取协作地区的报文；先存妥，再验签、生效、回执"
            ),
        },
        "components": {
            "messages": {type_.name: _message(type_) for type_ in KNOWN.values()},
            "schemas": _schemas(),
        },
    }


def _channel(address: str, sort: str, about: str) -> Json:
    return {
        "address": address,
        "description": about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in KNOWN},
        "bindings": {"amqp": _binding(address, sort)},
    }


def _binding(address: str, sort: str) -> Json:
    if sort == "queue":
        return {"is": "queue", "queue": {"name": address, "durable": True, "exclusive": False, "autoDelete": False}}
    return {"is": "routingKey", "exchange": {"name": address, "type": "fanout", "durable": True, "autoDelete": False}}


def _operation(action: str, channel: str, about: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": about,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in KNOWN],
    }


def _message(type_: MessageType) -> Json:
    return {
        "name": type_.full_name,
        "title": contract.schema(type_.name)["title"],
        "summary": type_.meaning,
        "description": _rules(type_),
        "tags": [{"name": type_.name.partition(".")[0]}],
        "contentType": envelope.CONTENT_TYPE,
        "headers": {"$ref": SCHEMAS + "headers"},
        "payload": _payload(type_),
        "bindings": {"amqp": {"messageType": type_.full_name}},
        "examples": [
            {"name": type_.name, "headers": {SIGNATURE: "eyJhbGciOiJFZERTQSJ9..c2ln"}, "payload": _example(type_)}
        ],
    }


def _rules(type_: MessageType) -> str:
    numbered = "在会话内编号" if type_.numbered else "不在会话之内，没有序号"
    blocks = "无法处理时会话暂停，等待修复、替换或搁置" if type_.blocks else "无法处理时不阻塞会话"
    return f"由{ROLES[type_.from_role]}发出；{numbered}；{blocks}。"


def _payload(type_: MessageType) -> Json:
    """The envelope with this type's data. `allOf`, because the envelope's own schema stands once."""
    own: Json = {
        "type": {"const": type_.full_name},
        "dataschema": {"const": contract.schema_urn(type_.name)},
        "data": {"$ref": SCHEMAS + type_.name},
    }
    required = ["sequence", "seen"] if type_.numbered else []
    return {"allOf": [{"$ref": SCHEMAS + "envelope"}, {"type": "object", "required": required, "properties": own}]}


def _example(type_: MessageType) -> Json:
    """A message between two of the sample counties; the bytes are built as real ones are."""
    origin, handler = "421321", "420683"
    source = origin if type_.from_role == "origin" else handler
    subject = "421321202611242000001G"
    if type_.name.startswith(("agreement.", "matter.")):
        subject = "zaoyang"
    elif type_.name == "receipt":
        subject = "receipt"
    data = contract.example(type_.name)
    raw = envelope.build(
        id="01JDEXAMPLE0000000000000A1",
        source=source,
        type=type_.name,
        subject=subject,
        time=AT,
        recipient=handler if source == origin else origin,
        sequence=1 if type_.numbered else None,
        seen=0 if type_.numbered else None,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=data,
    )
    value: Json = json.loads(raw)
    return value


def _schemas() -> Json:
    """Envelope, headers, data of every type, and the parts that they share, under names without a version."""
    shared = {f"parts.{name}": part for name, part in contract.parts()["$defs"].items()}
    data = {name: contract.schema(name) for name in KNOWN}
    return {"envelope": _envelope(), "headers": _headers()} | {
        name: _localised({key: part for key, part in schema.items() if key not in ("$schema", "$id")})
        for name, schema in (shared | data).items()
    }


def _localised(node: Any) -> Any:
    """References into the parts' file become references into this document."""
    if isinstance(node, list):
        return [_localised(part) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": SCHEMAS + "parts." + node["$ref"].rpartition("/")[2]}
    return {name: _localised(part) for name, part in node.items()}


def _headers() -> Json:
    return {
        "type": "object",
        "required": [SIGNATURE],
        "properties": {
            SIGNATURE: {
                "title": "分离式 JWS",
                "description": "<protected>..<signature>；保护头只含 alg kid typ b64 crit iss aud jti iat",
                "type": "string",
                "pattern": r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$",
                "maxLength": 4096,
            }
        },
    }


def _envelope() -> Json:
    place = {"type": "string", "pattern": "^urn:jurisdiction:[0-9]{6}$"}
    id_ = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
    return {
        "title": "信封（CloudEvents 1.0）",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "recipient", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": id_ | {"description": "同一发送方内唯一，重发不变"},
            "source": place | {"description": "发送方"},
            "type": {"type": "string", "maxLength": 128},
            "subject": {"type": "string", "pattern": "^[!-~]{1,64}$", "description": "办件号（子办件号）或协议标识"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "dataschema": {"type": "string", "maxLength": 256},
            "recipient": place | {"description": "接收方"},
            "replaces": {"anyOf": [id_, {"type": "null"}], "description": "以同一序号替换被搁下的报文时，写其 id"},
            "sequence": {"type": "string", "pattern": "^[1-9][0-9]{0,15}$", "description": "会话内序号，1 至 2^53"},
            "sequencetype": {"const": "Integer"},
            "seen": {"type": ["integer", "null"], "minimum": 0, "description": "已生效的对方最大序号"},
            "traceparent": {"type": ["string", "null"], "description": "W3C Trace Context"},
            "data": {"type": "object"},
        },
    }
