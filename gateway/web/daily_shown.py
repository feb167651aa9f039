"""The pages of a working day beside the cases: 台账, 交接班, 常用语, 不在岗, 评价; which of them a role sees."""

from datetime import date
from typing import Any

from gateway.auth import roles

TABS = (
    ("ledger", "当日台账", "/ledger", "ledger.view"),
    ("shift", "交接班", "/shifts", "shift"),
    ("phrases", "常用语", "/phrases", "phrase"),
    ("absence", "不在岗", "/absence", "absence"),
    ("ratings", "好差评", "/ratings", "ratings.view"),
)


def tabs(here: str, role: str | None) -> list[dict[str, Any]]:
    """For parts.tabs."""
    return [
        {"label": label, "href": href, "current": key == here}
        for key, label, href, deed in TABS
        if roles.may(role, deed)
    ]


def day(text: str, today: date) -> date:
    """The day that an address asks for; today for what is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return today


def cell(text: str) -> str:
    """A cell of a CSV that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
