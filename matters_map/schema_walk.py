"""Walking a form's schema together with a document: which subschemas speak about which value."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from matters_map.findings import Path

Node = Mapping[str, Any]
_DESCENTS = frozenset({"properties", "items"})  # keywords that lead to another value


def compiled(schema: Node) -> jsonschema_rs.Draft202012Validator:
    """A validator that fetches nothing, judges formats, and matches patterns in linear time.

    Raises jsonschema_rs.ValidationError or ReferencingError for a schema that cannot be used.
    """
    return jsonschema_rs.Draft202012Validator(
        dict(schema), offline=True, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )


class SchemaWalk:
    """One form's schema, with its conditions compiled once."""

    def __init__(self, schema: Node) -> None:
        self.schema = schema
        self._conditions: dict[int, jsonschema_rs.Draft202012Validator] = {}

    def at(self, path: Sequence[str | int]) -> Any:
        """The subschema or keyword at a path inside the schema."""
        found: Any = self.schema
        for part in path:
            found = found[part]
        return found

    def visit(self, document: Any) -> Iterator[tuple[Path, Node, Any]]:
        """(path, subschema, value) for each subschema that applies to each value; conditions are decided."""
        return self._visit((), self.schema, document)

    def _visit(self, path: Path, node: Node, value: Any) -> Iterator[tuple[Path, Node, Any]]:
        yield path, node, value
        for same in self._alongside(node, value):
            yield from self._visit(path, same, value)
        if isinstance(value, dict):
            for name, child in node.get("properties", {}).items():
                if name in value:
                    yield from self._visit((*path, name), child, value[name])
        if isinstance(value, list) and "items" in node:
            for place, item in enumerate(value):
                yield from self._visit((*path, place), node["items"], item)

    def _alongside(self, node: Node, value: Any) -> Iterator[Node]:
        if "$ref" in node:
            yield self.resolved(node["$ref"])
        yield from node.get("allOf", ())
        if "if" in node:
            branch = "then" if self._holds(node["if"], value) else "else"
            if branch in node:
                yield node[branch]

    def _holds(self, condition: Node, value: Any) -> bool:
        validator = self._conditions.get(id(condition))
        if validator is None:
            validator = compiled({**condition, "$defs": self.schema.get("$defs", {})})
            self._conditions[id(condition)] = validator
        return validator.is_valid(value)

    def resolved(self, reference: str) -> Node:
        """The subschema that a local reference (`#/$defs/person`) names."""
        node: Node = self.at(reference.removeprefix("#/").split("/"))
        return node

    def speaking(self, evaluation_path: Sequence[str | int]) -> list[Node]:
        """The subschemas on the way to a failed keyword that speak about the value itself, the outermost first."""
        nodes: list[Node] = [self.schema]
        found: Any = self.schema
        steps = iter(evaluation_path[:-1])
        for step in steps:
            if step == "$ref":
                found = self.resolved(found[step])
                nodes.append(found)
            elif step in _DESCENTS:
                found = found[step][next(steps)] if step == "properties" else found[step]
                nodes = [found]
            else:
                found = found[step][next(steps)] if step == "allOf" else found[step]
                nodes.append(found)
        return nodes

    def fields(self, path: Path) -> list[Node]:
        """What describes the field at an instance path: the property itself, then what it refers to.

        Conditions are left aside; an empty list when the form does not know the field.
        """
        nodes = self._with_references(self.schema)
        for part in path:
            nodes = [deeper for child in _children(nodes, part) for deeper in self._with_references(child)]
        return nodes

    def _with_references(self, node: Node) -> list[Node]:
        nodes = [node]
        while "$ref" in nodes[-1]:
            nodes.append(self.resolved(nodes[-1]["$ref"]))
        return nodes

    def order(self, path: Path) -> tuple[int, ...]:
        """A sorting key that puts paths in the order of the form."""
        return tuple(self._place(path[:depth]) for depth in range(1, len(path) + 1))

    def _place(self, path: Path) -> int:
        last = path[-1]
        if isinstance(last, int):
            return last
        for node in self.fields(path[:-1]):
            names = list(node.get("properties", {}))
            if last in names:
                return names.index(last)
        return 10_000


def _children(nodes: Sequence[Node], part: str | int) -> list[Node]:
    if isinstance(part, int):
        return [node["items"] for node in nodes if "items" in node][:1]
    return [node["properties"][part] for node in nodes if part in node.get("properties", {})][:1]
