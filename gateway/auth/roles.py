"""Roles: one table that says what each may do. A deed that is not named here is nobody's."""

from collections.abc import Mapping
from types import MappingProxyType

# Role -> what it is called on pages
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "clerk": "窗口人员",
        "officer": "部门经办",
        "coordinator": "清单协调员",
        "signatory": "清单确认人",
        "partner_operator": "对方经办人",
        "auditor": "督查",
        "administrator": "系统管理员",
    }
)

_WINDOW = frozenset(
    {
        "submit",
        "draft",
        "supplement",
        "correct",
        "withdraw",
        "urge",
        "note",
        "hand_over",
        "rate",
        "move_original",
        "log_contact",
        "own",
        "note_vertical",
        "arrange",
    }
)
_DESK = frozenset(
    {
        "accept",
        "decline",
        "request_supplement",
        "suspend",
        "resume",
        "extend_limit",
        "decide",
        "decide_at_once",
        "grant_withdrawal",
        "refuse_withdrawal",
        "note",
        "hand_over",
        "move_original",
    }
)
_READ_CASES = frozenset({"view", "list", "evidence", "lists.view"})

# Role -> deeds. Three things are kept apart on purpose: who reads personal data, who runs the machine, who checks both.
MAY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "clerk": _WINDOW
        | _READ_CASES
        | {
            "phrase",
            "ledger.view",
            "shift",
            "absence",
            "reveal",
            "file.put",
            "file.get",
            "paper.issue",
            "paper.print",
            "type_in",
        },
        "officer": _DESK
        | _READ_CASES
        | {
            "arrange",
            "log_contact",
            "own",
            "note_vertical",
            "phrase",
            "ledger.view",
            "absence",
            "reveal",
            "file.put",
            "file.get",
            "paper.print",
        },
        # decides for a county without a system of its own, in our pages and for its cases only
        "partner_operator": _DESK | _READ_CASES | {"reveal", "file.put", "file.get", "lists.sign", "lists.return"},
        # edits and proposes lists, mends messages that stick; sees cases masked
        "coordinator": frozenset(
            {
                "view",
                "list",
                "ledger.view",
                "absence",
                "absence.edit",
                "assign",
                "ratings.view",
                "lists.view",
                "lists.edit",
                "lists.propose",
                "lists.return",  # of an own proposal: taken back
                "post.view",
                "post.settle",
                "post.reveal",
            }
        ),
        # confirms what the coordinator proposed; never the same person
        "signatory": frozenset({"lists.view", "lists.sign", "lists.return"}),
        # reads everything but personal data in full, changes nothing
        "auditor": frozenset(
            {
                "view",
                "list",
                "evidence",
                "ledger.view",
                "ratings.view",
                "lists.view",
                "post.view",
                "audit.view",
                "users.view",
            }
        ),
        # people, partners, machine; no case and no personal data
        "administrator": frozenset(
            {"users.view", "users.edit", "partners.edit", "calendar.edit", "post.view", "post.settle", "lists.view"}
        ),
    }
)

# Scope of a token -> deeds of the API
SCOPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "applications": _WINDOW | _READ_CASES | {"file.put", "file.get"},
        "agreements": frozenset({"lists.view", "lists.sign", "lists.return"}),
        "events": frozenset({"list"}),
        "messages": frozenset({"message", "file.put", "file.get"}),
        # the applicants' front: one question, answered without personal data to whoever has number and code
        "progress": frozenset({"progress"}),
    }
)


def may(role: str | None, deed: str) -> bool:
    """Whether a person in `role` may do `deed`; an unknown role or deed is a no."""
    return role is not None and deed in MAY.get(role, frozenset())


def scopes_allow(scopes: frozenset[str], deed: str) -> bool:
    """Whether a token with `scopes` may do `deed`."""
    return any(deed in SCOPES.get(scope, frozenset()) for scope in scopes)
