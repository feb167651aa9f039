"""The entries of the top bar, and which role sees which."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    key: str  # what a page passes as `here`
    label: str
    href: str
    icon: str
    roles: frozenset[str]


SEE_CASES = frozenset({"clerk", "officer", "coordinator", "auditor"})
ENTRIES = (
    Entry("applications", "办件", "/applications", "list", SEE_CASES),
    Entry("new", "新建办件", "/applications/new", "plus", frozenset({"clerk"})),
    Entry("papers", "文书", "/papers", "print", frozenset({"clerk", "officer"})),
    Entry("inbox", "外地来件", "/inbox", "inbox", frozenset({"officer", "auditor"})),
    Entry("daily", "台账", "/ledger", "clock", SEE_CASES),
    Entry("desk", "待办来件", "/desk", "inbox", frozenset({"partner_operator"})),
    Entry(
        "agreements", "协议清单", "/agreements", "paper", SEE_CASES | {"signatory", "administrator", "partner_operator"}
    ),
    Entry("calendar", "工作日历", "/calendar", "clock", frozenset({"coordinator", "auditor", "administrator"})),
    Entry("post", "投递异常", "/post", "alert", frozenset({"coordinator", "auditor", "administrator"})),
)


def entries(role: str | None) -> list[Entry]:
    """What a person of this role may go to; nobody's bar is empty but that of a visitor."""
    return [entry for entry in ENTRIES if role in entry.roles]
