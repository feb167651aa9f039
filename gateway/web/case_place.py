"""Where a case has its page: in the window's list or in the inbox, and what a page about it says of that."""

from typing import Any

from gateway.applications.case import Case


def address(case: Case) -> str:
    """The case's own page."""
    return f"{'/applications' if case.is_origin else '/inbox'}/{case.number}"


def around(case: Case) -> dict[str, Any]:
    """`here`, the list's `title` and `list_address`, and of the case `address`, `number` and `matter`."""
    origin = case.is_origin
    return {
        "here": "applications" if origin else "inbox",
        "title": "办件" if origin else "外地来件",
        "list_address": "/applications" if origin else "/inbox",
        "address": address(case),
        "number": case.number,
        "matter": case.application.matter_name,
    }
