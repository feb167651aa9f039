"""How papers read a form: what a place in it is called, and all that was filled in. Forms are drawn one floor above."""

from collections.abc import Sequence
from typing import Protocol

from gateway.applications.case import Case
from gateway.applications.papers.content import Part


class Reader(Protocol):
    """Reads the form of a case. Pure: a case gives the same words each time."""

    def label(self, case: Case, pointer: str) -> str | None:
        """What a JSON Pointer into the request is called in Chinese."""

    def whole(self, case: Case) -> Sequence[Part]:
        """Everything that was filled in, nothing masked: groups of lines and tables."""
