"""Chinese names of the places in a form: `/shareholders/1/uscc` is 股东名册 第 2 行·统一社会信用代码.

The same words stand beside the field, in the error summary, in notices and on the time line.
"""

from typing import Any

from gateway.web import forms_values
from gateway.web.forms_schema import FormSchema, Node

UNTITLED = {"year": "年度", "grade": "等级"}  # properties that the sample forms leave without a title
SCAN = "扫描件"  # the form asks for a digest, the clerk for the file
BETWEEN = "·"


def of_node(node: Node, part: str) -> str:
    """The label of property `part`."""
    if part == "sm3":
        return SCAN
    return str(node.get("title") or UNTITLED.get(part, part))


def of_row(node: Node, number: int, row: Any) -> str:
    """The label of a row of array `node`: the material's own name, else 第 n 行. `number` counts from 1."""
    if forms_values.kind(node) == "materials" and isinstance(row, dict) and row.get("name"):
        return str(row["name"])
    return f"第 {number} 行"


def of_pointer(schema: FormSchema, document: Any, pointer: str) -> str | None:
    """The full label of a JSON Pointer into the document; None for a place the form does not have.

    Rows are counted as they stand in the document.
    """
    raw: Any = schema.raw
    labels: list[str] = []
    for step in _steps(pointer):
        node = schema.node(raw, document)
        if forms_values.kind(node) in ("group", "consent"):
            raw = {**schema.properties(raw), **node.get("properties", {})}.get(step)
            if raw is None:
                return None
            document = document.get(step) if isinstance(document, dict) else None
            labels.append(of_node(schema.node(raw, document), step))
        elif node.get("type") == "array" and step.isdecimal():
            raw, number = node.get("x-item", {}), int(step) + 1
            document = document[number - 1] if isinstance(document, list) and number <= len(document) else None
            labels[-1:] = [row_path(labels[-1], of_row(node, number, document))] if labels else []
        else:
            return None
    return BETWEEN.join(labels) or None


def row_path(array: str, row: str) -> str:
    """股东名册 第 2 行; a named material speaks for itself."""
    return f"{array} {row}" if row.startswith("第 ") else row


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
