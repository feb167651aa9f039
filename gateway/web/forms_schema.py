"""A form's JSON Schema read together with the document so far: what is asked, required and forbidden now.

Conditions (`allOf`, `if`/`then`/`else`) are folded into one plain node for the present value, so that whoever draws or
parses a form never meets them. Understood: `$ref` into the same file, `allOf`, `if`/`then`/`else`, and `{"not": {}}`
as "forbidden". Folding looks for what a person is asked; the verdict on a document is the validator's alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema_rs

Node = dict[str, Any]

BRANCHES = frozenset({"allOf", "if", "then", "else", "$ref"})


class FormSchema:
    """One form. `title` is its Chinese name; `raw` the schema as published."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.raw: Node = dict(schema)
        self.title = str(schema.get("title", ""))
        self._verdicts: dict[str, jsonschema_rs.Validator] = {}

    def node(self, raw: Any, value: Any) -> Node:
        """`raw` folded for the present `value` (None when there is none yet).

        Of an array, `items` is folded for an empty row and `x-item` is what to fold for a row's own value.
        """
        found = self._resolve(raw)
        node: Node = {key: part for key, part in found.items() if key not in BRANCHES}
        for branch in self._branches(found, value):
            node = merge(node, self.node(branch, value))
        if "items" in node:
            node["x-item"] = node["items"]
            node["items"] = self.node(node["items"], None)
        return node

    def properties(self, raw: Any) -> dict[str, Any]:
        """Every property that `raw` names, under whatever condition, in the schema's order."""
        named: dict[str, Any] = {}
        for part in self._parts(raw):
            branches = [{"properties": self.properties(part[word])} for word in ("then", "else") if word in part]
            for source in (part, *branches):
                named |= {name: node for name, node in source.get("properties", {}).items() if name not in named}
        return named

    def dependent(self, raw: Any) -> set[str]:
        """Properties that only some condition requires: asked for when it holds, out of sight when not."""
        always: set[str] = set()
        sometimes: set[str] = set()
        for part in self._parts(raw):
            always |= set(part.get("required", []))
            branches = [branch for word in ("then", "else") if word in part for branch in self._parts(part[word])]
            sometimes |= {name for branch in branches for name in branch.get("required", [])}
        return sometimes - always

    def deciding(self, raw: Any) -> set[str]:
        """Properties that some condition of `raw` looks at: a change of one may change the form."""
        conditions = [part["if"] for part in self._parts(raw) if isinstance(part.get("if"), dict)]
        return {
            name
            for condition in conditions
            for name in [*condition.get("properties", {}), *condition.get("required", [])]
        }

    def _parts(self, raw: Any) -> Iterator[Node]:
        """`raw` and all that it adds unconditionally."""
        found = self._resolve(raw)
        yield found
        for part in found.get("allOf", []):
            yield from self._parts(part)

    def _resolve(self, raw: Any) -> Node:
        """`raw` with its `$ref` replaced; words beside a reference win, and `x-ref` remembers its name."""
        if raw is True:
            return {}
        if raw is False:
            return {"not": {}}
        if "$ref" not in raw:
            return dict(raw)
        reference = str(raw["$ref"])
        target: Any = self.raw
        for step in reference.removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        beside = {key: part for key, part in raw.items() if key != "$ref"} | {"x-ref": reference.rsplit("/", 1)[-1]}
        return merge(beside, self._resolve(target))

    def _branches(self, found: Node, value: Any) -> Iterator[Any]:
        if "if" in found:
            branch = found.get("then" if self._holds(found["if"], value) else "else")
            if branch is not None:
                yield branch
        yield from found.get("allOf", [])

    def _holds(self, condition: Any, value: Any) -> bool:
        key = json.dumps(condition, sort_keys=True)
        if key not in self._verdicts:
            whole = {"$defs": self.raw.get("$defs", {}), "allOf": [condition]}
            self._verdicts[key] = jsonschema_rs.validator_for(whole)
        return self._verdicts[key].is_valid({} if value is None else value)


def merge(first: Node, second: Node) -> Node:
    """Both nodes hold: one that asks for what either asks."""
    node = dict(first)
    for key, part in second.items():
        node[key] = _both(key, node[key], part) if key in node else part
    return node


def _both(key: str, first: Any, second: Any) -> Any:
    joined = JOINS.get(key)
    return joined(first, second) if joined else second


def _properties(first: Node, second: Node) -> Node:
    shared = {name: {"allOf": [first[name], second[name]]} for name in first if name in second}
    return {**second, **first, **shared}


# how two values of one keyword are joined; of any other the later one holds
JOINS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("title", "description", "x-ref"), lambda first, second: first),
    **dict.fromkeys(("minItems", "minLength", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxItems", "maxLength", "maximum", "exclusiveMaximum"), min),
    "properties": _properties,
    "items": lambda first, second: {"allOf": [first, second]},
    "required": lambda first, second: [*first, *(name for name in second if name not in first)],
    "enum": lambda first, second: [option for option in first if option in second],
}


def forbidden(node: Node) -> bool:
    """Whether a value must not be given at all."""
    return node.get("not") == {}


def options(node: Node) -> list[Any] | None:
    """The values one may choose from, or None for free entry."""
    if "enum" not in node:
        return [node["const"]] if "const" in node and not isinstance(node["const"], bool) else None
    chosen = list(node["enum"])
    return [option for option in chosen if option == node["const"]] if "const" in node else chosen
