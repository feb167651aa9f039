"""What may be done with a case now, by whom, and what to do next."""

from dataclasses import dataclass, replace
from datetime import date

from gateway.applications import corrections, lifecycle, standing
from gateway.applications.case import Case
from gateway.applications.lifecycle import State
from gateway.auth import roles


@dataclass(frozen=True)
class Deed:
    """A deed of the window that has a page of its own under the case."""

    name: str  # deed of the case room
    said: str  # type of the message; of a deed that says nothing: a type that may be said when it may be done
    path: str
    label: str
    icon: str


DEEDS = (
    Deed("supplement", "application.supplemented", "supplement", "提交补正", "upload"),
    Deed("hand_over", "result.handed_over", "handover", "送达申请人", "check"),
    Deed("correct", "note.sent", "correction", "窗口更正", "copy"),
    Deed("urge", "application.urged", "urges", "催办", "bell"),
    Deed("note", "note.sent", "notes", "留言", "send"),
    Deed("log_contact", "note.sent", "contacts", "告知记录", "user"),
    Deed("withdraw", "application.withdrawn", "withdrawal", "申请撤回", "close"),
    Deed("rate", "application.rated", "rating", "评价", "check"),
)


def possible(case: Case, role: str | None) -> list[Deed]:
    """Deeds that this role may do in the present state, the most likely first."""
    return [
        replace(deed, label="提交更正") if deed.name == "supplement" and case.returned_to_window else deed
        for deed in DEEDS
        if roles.may(role, deed.name)
        and lifecycle.may_say(case.state, deed.said)
        and not (deed.name == "correct" and case.state not in corrections.STATES)
        and not (deed.name == "withdraw" and case.withdrawal_waits)
        and not (deed.name == "supplement" and _several_ask(case))
        and not (deed.name == "rate" and case.application.rating is not None)
    ]


def _several_ask(case: Case) -> bool:
    """Of a joint case: each of them is answered by itself."""
    return [one["state"] for one in case.said.get("parts") or []].count(State.SUPPLEMENT.value) > 1


def next_step(case: Case, today: date) -> str:
    """What the window does now, in one sentence; no action is an answer too."""
    return standing.of(case, today).next
