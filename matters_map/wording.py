"""The Chinese text of a schema error: never a value, always the field and what would mend it.

A subschema may bring its own words: `"x-error": "…"`, or by keyword `"x-error": {"required": "…"}`.
"""

from collections.abc import Callable
from typing import Any

from matters_map.findings import Path
from matters_map.schema_walk import Node, SchemaWalk

_FEW = 6  # choices that still fit into a sentence
NOT_IN_FORM = "表单中没有这一项，请删去"
_KINDS = {
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "“是”或“否”",
    "array": "列表",
    "object": "一组信息",
}


def own_words(nodes: list[Node], keyword: str) -> str | None:
    """What the first of these subschemas that has words for the keyword says itself."""
    for node in nodes:
        words = node.get("x-error")
        found = words.get(keyword) if isinstance(words, dict) else words
        if isinstance(found, str):
            return found
    return None


def sentence(walk: SchemaWalk, path: Path, own: str | None, text: str) -> str:
    """The whole text: `own` words stand after the row or group they are in, others also after the field's title."""
    where = _labels(walk, path[:-1])
    if own is None and path:
        where = _labels(walk, path)
    return f"{where}：{own or text}" if where else own or text


def _labels(walk: SchemaWalk, path: Path) -> str:
    """申请人·手机号码, or for a row 股东名册第 2 行·名称; the document itself has no label."""
    label = ""
    for depth in range(1, len(path) + 1):
        part = path[depth - 1]
        if isinstance(part, int):
            label += f"第 {part + 1} 行"
        else:
            label += ("·" if label else "") + title(walk, path[:depth])
    return label


def title(walk: SchemaWalk, path: Path) -> str:
    """The field's title; 该项 for a field that has none, since its name may be the sender's own text."""
    for node in walk.fields(path):
        if isinstance(node.get("title"), str):
            return str(node["title"])
    return "该项"


def general(keyword: str, limit: Any, nodes: list[Node]) -> str:
    """The text for a keyword with its value in the schema; `nodes` describe the field (for `required`)."""
    if keyword == "required":
        return "请选择" if any(_is_choice(node) for node in nodes) else "请填写"
    text = _GENERAL.get(keyword)
    return text(limit) if text else "填写有误"


def _is_choice(node: Node) -> bool:
    return "enum" in node or node.get("type") == "boolean" or "enum" in node.get("items", {})


def _type(limit: Any) -> str:
    kinds: list[str] = limit if isinstance(limit, list) else [limit]
    return f"应为{'或'.join(_KINDS.get(kind, kind) for kind in kinds)}"


def _enum(limit: list[Any]) -> str:
    words = [str(choice) for choice in limit]
    return f"请选择{'、'.join(words)}之一" if len(words) <= _FEW else "请从给出的选项中选择"


def _const(limit: Any) -> str:
    if isinstance(limit, bool):
        return "应为“是”" if limit else "应为“否”"
    return f"应为“{limit}”"


def _format(limit: str) -> str:
    return "没有这一天，请核对年月日" if limit == "date" else "格式不正确"


_GENERAL: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "format": _format,
    "pattern": lambda _: "格式不正确",
    "minLength": lambda limit: f"至少 {limit} 个字",
    "maxLength": lambda limit: f"最多 {limit} 个字",
    "minimum": lambda limit: f"不能小于 {limit}",
    "maximum": lambda limit: f"不能大于 {limit}",
    "exclusiveMinimum": lambda limit: f"应大于 {limit}",
    "exclusiveMaximum": lambda limit: f"应小于 {limit}",
    "multipleOf": lambda limit: f"应为 {limit} 的整数倍",
    "minItems": lambda limit: f"至少 {limit} 项",
    "maxItems": lambda limit: f"最多 {limit} 项",
    "uniqueItems": lambda _: "有重复的项，请删去",
    "contains": lambda _: "缺少必需的一项",
    "minContains": lambda _: "缺少必需的一项",
    "maxContains": lambda _: "必需的一项重复了",
    "not": lambda _: "此处不应填写，请删去",
}
