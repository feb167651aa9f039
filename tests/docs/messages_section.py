"""docs/messages.md: the envelope and every message type with its members and its example, as the contract says it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from messaging import contract, envelope
from messaging.contract import KNOWN, PARTS, MessageType

WHO = {"origin": "收件地 → 业务属地", "handler": "业务属地 → 收件地", "both": "双方都可以说"}
KINDS = {"string": "文本", "integer": "整数", "number": "数", "boolean": "布尔", "array": "列表", "object": "对象"}
Json = Mapping[str, Any]


def text() -> str:
    """The whole section."""
    return "\n".join([*_envelope(), *_list(), *(line for one in KNOWN.values() for line in _type(one)), *_parts()])


def _envelope() -> Iterator[str]:
    data = contract.example("application.accepted")
    raw = envelope.build(
        id="01JDEXAMPLE0000000000000B1",
        source="420683",
        type="application.accepted",
        subject="421321202611242000001G",
        time=datetime.fromisoformat("2026-11-24T10:12:05+08:00"),
        recipient="421321",
        sequence=1,
        seen=1,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data=data,
    )
    yield "## 一份完整的报文"
    yield ""
    yield "排版只为阅读；线上是紧凑的一行，签的就是那些字节。"
    yield ""
    yield from _json(orjson.loads(raw))


def _list() -> Iterator[str]:
    yield "## 类型一览"
    yield ""
    yield "| 类型 | 中文 | 谁说 | 有序号 | 改变状态 | 不能处理时后面的等待 |"
    yield "|---|---|---|---|---|---|"
    for one in KNOWN.values():
        marks = " | ".join("是" if mark else "—" for mark in (one.numbered, one.changes_state, one.blocks))
        yield f"| [`{one.name}`](#{_anchor(one.name)}) | {contract.schema(one.name)['title']} | {WHO[one.from_role]} | {marks} |"
    yield ""


def _anchor(name: str) -> str:
    """As GitHub makes it from the heading: lower case, dots away."""
    return name.replace(".", "") + "-" + str(contract.schema(name)["title"])


def _type(one: MessageType) -> Iterator[str]:
    schema = contract.schema(one.name)
    yield f"## `{one.name}` {schema['title']}"
    yield ""
    yield f"{WHO[one.from_role]}。{one.meaning}。"
    yield ""
    yield from _members(schema)
    yield from _json(contract.example(one.name))


def _parts() -> Iterator[str]:
    yield "## 共用的部分"
    yield ""
    for name, part in contract.parts()["$defs"].items():
        about = f"。{part['description']}" if "description" in part else ""
        yield f"**{part.get('title', name)}** `{name}`{about}"
        yield ""
        if "properties" in part:
            yield from _members(part)


def _members(schema: Json) -> Iterator[str]:
    yield "| 成员 | 必有 | 是什么 | 含义 |"
    yield "|---|---|---|---|"
    yield from _rows(schema, "")
    yield ""


def _rows(schema: Json, before: str) -> Iterator[str]:
    for name, member in schema.get("properties", {}).items():
        told = {**_target(member), **member}
        needed = "是" if name in schema.get("required", ()) else ""
        meaning = "：".join(str(told[key]) for key in ("title", "description") if key in told)
        yield f"| `{before}{name}` | {needed} | {_kind(member)} | {meaning} |"
        yield from _rows(member, f"{before}{name}.")
        yield from _rows(member.get("items", {}), f"{before}{name}[].")


def _kind(member: Json) -> str:
    if "$ref" in member:
        return str(_target(member).get("title", "文本"))
    if "anyOf" in member:
        return "或".join(dict.fromkeys(_kind(one) for one in member["anyOf"]))
    if "enum" in member:
        return " ".join(f"`{value}`" for value in member["enum"])
    if "type" not in member:
        return "任意值"
    kinds = member["type"] if isinstance(member["type"], list) else [member["type"]]
    words = "或".join("`null`" if kind == "null" else KINDS[kind] for kind in kinds)
    if "maxLength" in member:
        words += f"，至多 {member['maxLength']} 字"
    if "items" in member and "$ref" in member["items"]:
        words = f"{words}（{_kind(member['items'])}）"
    return words


def _target(member: Json) -> Json:
    """What a member refers to among the shared parts."""
    reference = str(member.get("$ref", ""))
    if not reference.startswith((PARTS, "#")):
        return {}
    found: Json = contract.parts()["$defs"][reference.rpartition("/")[2]]
    return {name: value for name, value in found.items() if name in {"title"}}


def _json(value: Any) -> Iterator[str]:
    yield "```json"
    yield json.dumps(value, ensure_ascii=False, indent=2)
    yield "```"
    yield ""
