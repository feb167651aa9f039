"""What must be true of a form's schema before it may serve: said in Chinese to whoever adds the form."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from matters_map import rules
from matters_map.schema_walk import compiled

# Keywords that the walk through a schema does not follow, so that a rule could miss a value under them.
REFUSED = frozenset(
    {
        "anyOf",
        "oneOf",
        "dependentSchemas",
        "dependentRequired",
        "prefixItems",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "$dynamicRef",
    }
)
LONGEST_PATTERN = 300  # characters
_SUBSCHEMAS = ("items", "if", "then", "else", "not", "contains")
_NAMED_SUBSCHEMAS = ("properties", "$defs")


def lint(schema: Mapping[str, Any]) -> list[str]:
    """Problems of a form's schema, empty when it may serve. Patterns run in linear time or do not compile at all."""
    try:
        compiled(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return ["表单不是正确的 JSON Schema 2020-12，或引用了别处的内容，或用了回溯引用之类的正则写法"]
    nodes = list(_nodes("#", schema))
    return [*_keyword_problems(nodes), *_rule_problems(schema, nodes)]


def _nodes(place: str, node: Any) -> Iterator[tuple[str, Any]]:
    yield place, node
    if not isinstance(node, Mapping):
        return
    for keyword in _SUBSCHEMAS:
        if keyword in node:
            yield from _nodes(f"{place}/{keyword}", node[keyword])
    for keyword in _NAMED_SUBSCHEMAS:
        for name, child in node.get(keyword, {}).items():
            yield from _nodes(f"{place}/{keyword}/{name}", child)
    for number, child in enumerate(node.get("allOf", ())):
        yield from _nodes(f"{place}/allOf/{number}", child)


def _keyword_problems(nodes: list[tuple[str, Any]]) -> Iterator[str]:
    for place, node in nodes:
        if not isinstance(node, Mapping):
            yield f'{place}：请用 {{"not": {{}}}} 代替 false，用 {{}} 代替 true'
            continue
        for keyword in sorted(REFUSED & set(node)):
            yield f"{place}：不能使用 {keyword}"
        if not str(node.get("$ref", "#/$defs/")).startswith("#/$defs/"):
            yield f"{place}：$ref 只能指向 #/$defs/"
        if len(node.get("pattern", "")) > LONGEST_PATTERN:
            yield f"{place}：正则超过 {LONGEST_PATTERN} 个字符"


def _rule_problems(schema: Mapping[str, Any], nodes: list[tuple[str, Any]]) -> Iterator[str]:
    named = [spec.get("rule") for spec in schema.get("x-rules", ())]
    for spec in schema.get("x-rules", ()):
        if spec.get("rule") not in rules.NEEDED:
            yield f"x-rules：没有 {spec.get('rule')} 这条规则"
            continue
        missing = [member for member in rules.NEEDED[spec["rule"]] if member not in spec]
        if missing:
            yield f"x-rules：{spec['rule']} 缺少 {'、'.join(missing)}"
    marks = {str(node["x-check"]) for _, node in nodes if isinstance(node, Mapping) and "x-check" in node}
    yield from (f"x-rules：标有 x-check {mark}，但没有写明这条规则" for mark in sorted(marks - set(named)))
