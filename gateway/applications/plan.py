"""What a deed wants: values only, so that a plan can be read, tested and written with many others at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.applications.papers.content import Draft

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Word:
    """A message to the other side."""

    type: str
    data: Json


@dataclass(frozen=True)
class Who:
    """The one who did it, as the time line and the audit line name him."""

    jurisdiction: str
    kind: str  # person | system | partner
    name: str

    def to_json(self) -> dict[str, str]:
        """As in the API's events."""
        return {"jurisdiction": self.jurisdiction, "kind": self.kind, "name": self.name}

    def __str__(self) -> str:
        return f"{self.kind}:{self.jurisdiction}:{self.name}"


@dataclass(frozen=True)
class Mark:
    """One step of the time line."""

    type: str
    text: str
    data: Json = field(default_factory=dict)
    who: Who | None = None  # when it was not the one who did the deed, as in an answer that goes by itself
    state: str | None = None  # that this step led to, when the deed went on from there


@dataclass(frozen=True)
class Note:
    """One audit line. `detail` holds digests, ids and codes only."""

    what: str
    why: str | None = None
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """New values, messages to send, steps and audit lines of one deed on one leg."""

    who: Who
    leg: Json = field(default_factory=dict)  # columns of case_leg
    application: Json = field(default_factory=dict)  # plain columns of case_application
    said: Json | None = None  # the whole new value
    document: Json | None = None
    person: Json | None = None
    hand_over: Json | None = None
    rating: Json | None = None
    words: tuple[Word, ...] = ()
    marks: tuple[Mark, ...] = ()
    notes: tuple[Note, ...] = ()
    papers: tuple[Draft, ...] = ()  # issued with the deed
    prints: tuple[tuple[str, int], ...] = ()  # (number, version) of papers that are printed once more
    mentions: tuple[tuple[str, str], ...] = ()  # (sha256, jurisdiction that may read it)
