"""A finding: what is wrong with one value of a request, named by a JSON Pointer."""

from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """`code` is the JSON Schema keyword, `unknown`, or the name of a rule; `detail` is Chinese and holds no value."""

    pointer: str
    code: str
    detail: str

    def to_json(self) -> dict[str, str]:
        """`{"pointer","code","detail"}`"""
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


def pointer_of(path: Sequence[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def path_of(pointer: str) -> tuple[str, ...]:
    """The parts of a JSON Pointer, list positions still as text."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
