"""What a check found, in Chinese and English; nothing that a package says reaches a terminal unfiltered."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST = 200  # characters of a text from the package


def plain(value: Any) -> str:
    """A text from the package, fit for a terminal: no control or direction marks, and not endless."""
    text = "".join(one if one.isprintable() else "\ufffd" for one in str(value)[: LONGEST + 1])
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


@dataclass(frozen=True)
class Finding:
    """One sentence of the report. `check` names the check, `where` the file, message or line that it is about."""

    check: str
    where: str
    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """As `--json` gives it."""
        return asdict(self)


@dataclass(frozen=True)
class Confirmation:
    """The other side's signed word that it has a message."""

    message: str
    type: str
    sequence: int | None
    sender: str
    by: str  # the jurisdiction that confirmed
    at: str  # when it stored the message, by its own clock
    outcome: str
    receipt: str
    custodial: bool

    def to_json(self) -> dict[str, Any]:
        """As `--json` gives it."""
        return asdict(self)


@dataclass
class Report:
    """Everything that was found. Proven: borne out. Noted: true, but less than one might think. The rest is not proven."""

    proven: list[Finding] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)
    failed: list[Finding] = field(default_factory=list)
    missing: list[Finding] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)  # number, issuer, as_of, keys: what the package is

    @property
    def ok(self) -> bool:
        """Does everything hold, and is nothing missing?"""
        return not self.failed and not self.missing

    def prove(self, check: str, zh: str, en: str) -> None:
        """Something is borne out."""
        self.proven.append(Finding(check, "", zh, en))

    def note(self, check: str, where: Any, zh: str, en: str) -> None:
        """Something has to be known when the rest is read."""
        self.noted.append(Finding(check, plain(where), zh, en))

    def fail(self, check: str, where: Any, zh: str, en: str) -> None:
        """Something contradicts what was signed or said."""
        self.failed.append(Finding(check, plain(where), zh, en))

    def miss(self, check: str, where: Any, zh: str, en: str) -> None:
        """Something that has to be there is not."""
        self.missing.append(Finding(check, plain(where), zh, en))

    def wrong(self, check: str) -> bool:
        """Did this check, or a part of it (`check` or `check.…`), find anything against the package?"""
        return any(one.check == check or one.check.startswith(f"{check}.") for one in self.against())

    def against(self) -> Iterator[Finding]:
        """What fails and what is missing."""
        yield from self.failed
        yield from self.missing
