"""What a guest's own office is to its post: it decides what a message does and what is said back; it does no post."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from messaging.envelope import Envelope

Memo = Mapping[str, Any]  # what the office remembers of one subject, as JSON


class NotYet(Exception):
    """The message cannot be applied yet (an attachment is not here): it is held, and tried again."""


class CannotApply(Exception):
    """Verified, but it makes no sense here: it is parked with this reason, and the conversation waits for people."""


@dataclass(frozen=True)
class Say:
    """Words for the other side. `copies` above 1 sends the batch reversed, that many times (only simulators do)."""

    type: str
    data: Mapping[str, Any]
    copies: int = 1


@dataclass(frozen=True)
class Later:
    """A deed to be done after some seconds; it survives a restart."""

    seconds: float
    deed: str


@dataclass(frozen=True)
class Plan:
    """Everything that one message or one timer brings about. The post writes it down in one transaction."""

    say: tuple[Say, ...] = ()
    later: tuple[Later, ...] = ()
    memo: Memo | None = None  # the subject's new memo; None leaves it as it is
    forget: bool = False  # drop the subject's waiting timers first


NOTHING = Plan()


class Office(Protocol):
    """The business side of a guest. `hear`, `ring` and `adopted` are pure; the other two may go outside."""

    async def prepare(self, said: Envelope) -> None:
        """Bring here whatever the message names (attachments). Raises NotYet. May be called more than once."""

    def hear(self, said: Envelope, memo: Memo, now: datetime) -> Plan:
        """What a message does; called exactly once for each, in order. Raises CannotApply."""

    async def before(self, subject: str, deed: str, memo: Memo) -> None:
        """Put whatever the words of a timer's deed will name. May be called more than once.

        Raises NotYet when it has to wait, Unreachable when the host is away.
        """

    def ring(self, subject: str, deed: str, memo: Memo, now: datetime) -> Plan:
        """What a timer's deed does; called exactly once for each timer."""

    async def put_again(self, subject: str, type_: str, data: Mapping[str, Any]) -> None:
        """Put once more whatever this message of ours names: the host does not have it. Raises NotYet, Unreachable."""

    def adopted(self, said: Envelope, memo: Memo) -> Plan:
        """Our own message, lost with our books and sent back by the host: remember that it was said."""
