"""Where a case has its page: in the window's list, in the inbox or at the desk, and what a page about it says of that."""

from dataclasses import dataclass
from typing import Any

from gateway.applications.case import Case


@dataclass(frozen=True)
class Place:
    """A list of cases: `key` is its entry of the bar."""

    key: str
    title: str
    address: str


WINDOW = Place("applications", "办件", "/applications")
INBOX = Place("inbox", "外地来件", "/inbox")
DESK = Place("desk", "待办来件", "/desk")


def place(case: Case, role: str | None = None) -> Place:
    """Where a reader in this role finds the case; without a role, where our own house does."""
    if role == "partner_operator":
        return DESK
    return WINDOW if case.is_origin else INBOX


def address(case: Case, role: str | None = None) -> str:
    """The case's own page."""
    return f"{place(case, role).address}/{case.number}"


def around(case: Case, role: str | None = None) -> dict[str, Any]:
    """`here`, the list's `title` and `list_address`, and of the case `address`, `number` and `matter`."""
    where = place(case, role)
    return {
        "here": where.key,
        "title": where.title,
        "list_address": where.address,
        "address": address(case, role),
        "number": case.number,
        "matter": case.application.matter_name,
    }
