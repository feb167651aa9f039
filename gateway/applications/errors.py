"""What can go wrong in the case room, named by what happened. Doors decide how to say it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a request: a JSON Pointer into it, a code, and a sentence for people."""

    pointer: str
    code: str
    detail: str


class CaseError(Exception):
    """Base of all of them."""


class Invalid(CaseError):
    """The request breaks rules; all findings at once."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(", ".join(f"{f.pointer} {f.code}" for f in findings))
        self.findings = findings


class NotFound(CaseError):
    """There is no such case, or it is not theirs to see."""


class WrongState(CaseError):
    """Not possible in the case's present state; the text says why, in Chinese."""


class Forbidden(CaseError):
    """The person's role does not allow this."""


class IdempotencyReused(CaseError):
    """The Idempotency-Key was used before with another body."""


class InFlight(CaseError):
    """The same request is still running; try again in `seconds`."""

    def __init__(self, seconds: int = 1) -> None:
        super().__init__(f"in flight, again in {seconds} s")
        self.seconds = seconds


class Busy(CaseError):
    """The database cannot be written just now; nothing was changed."""

    def __init__(self, seconds: int = 2) -> None:
        super().__init__("busy")
        self.seconds = seconds
