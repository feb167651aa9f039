"""Actor: who does a deed, as every deed is told it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["person", "system", "partner"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at a page, home's own system, or a partner's system. Values only; it is looked up anew for each request."""

    kind: Kind
    jurisdiction: str  # the county they act for, never one that they name themselves
    name: str  # as shown: a person's name, or the client's id
    username: str | None = None  # persons
    client_id: str | None = None  # systems
    role: str | None = None  # persons: one of roles.ROLES
    scopes: frozenset[str] = frozenset()  # systems
    session_id: str | None = None
    window: str | None = None  # persons: the window they sit at
    department: str | None = None  # persons
    phone: str | None = None  # persons: their office telephone, told to the other side as a contact
    ip: str | None = None  # where the request came from, for audit lines

    @property
    def id(self) -> str:
        """The one name that audit lines, drafts and idempotency keys are kept under."""
        return self.username or f"client:{self.client_id}"
