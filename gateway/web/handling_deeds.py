"""The handler's deeds on a case, at the officer's inbox and at a partner's desk alike: which may be done now, and what next."""

from dataclasses import dataclass, replace
from datetime import date

from gateway.applications import lifecycle, standing
from gateway.applications.case import Case
from gateway.applications.deeds import decide_at_once
from gateway.applications.lifecycle import State
from gateway.auth import roles


@dataclass(frozen=True)
class Deed:
    """A deed with a page of its own under the case."""

    name: str  # deed of the case room; of the two answers to a withdrawal the first stands for both
    said: str  # type of the message
    path: str
    label: str
    icon: str
    done: str  # told above the case when it was done


DEEDS = (
    Deed("grant_withdrawal", "withdrawal.granted", "withdrawal-answer", "答复撤回申请", "info", "已答复撤回申请。"),
    Deed(
        "decide_at_once",
        "application.accepted",
        "at-once",
        "即办：受理并办结",
        "check",
        "已受理并办结，结果已送回收件地窗口。",
    ),
    Deed("accept", "application.accepted", "acceptance", "受理", "check", "已受理，收件地窗口随即看到。"),
    Deed("resume", "procedure.resumed", "resumption", "恢复办理", "play", "特别程序已结束，时限继续计算。"),
    Deed("decide", "application.decided", "decision", "办结", "paper", "已办结，结果已送回收件地窗口。"),
    Deed("request_supplement", "supplement.requested", "supplement-notice", "告知补正", "upload", "补正告知已发出。"),
    Deed("decline", "application.declined", "declination", "不予受理", "close", "不予受理已告知收件地窗口。"),
    Deed("suspend", "procedure.suspended", "suspension", "特别程序", "pause", "已进入特别程序，期间不计入时限。"),
    Deed("extend_limit", "limit.extended", "extension", "延长期限", "clock", "延长期限已告知收件地窗口。"),
    Deed("note", "note.sent", "notes", "留言", "send", "留言已发出。"),
)
BY_PATH = {deed.path: deed for deed in DEEDS}
ANSWERED_FIRST = frozenset(
    {"grant_withdrawal", "decide_at_once", "decide", "decline"}
)  # of these, the answer alone while one waits
MAIN = frozenset(
    {"grant_withdrawal", "decide_at_once", "accept", "resume", "decide"}
)  # drawn as the button one most likely wants


def possible(case: Case, role: str | None) -> list[Deed]:
    """Deeds that this role may do in the present state, the most likely first."""
    return [deed for deed in DEEDS if roles.may(role, deed.name) and _now(case, deed)]


def _now(case: Case, deed: Deed) -> bool:
    if (deed.name == "grant_withdrawal") != withdrawal_waits(case) and deed.name in ANSWERED_FIRST:
        return False
    if deed.name == "decide_at_once" and not decide_at_once.possible(case):
        return False
    return lifecycle.may_say(case.state, deed.said)


def withdrawal_waits(case: Case) -> bool:
    """Does the applicant's wish to withdraw wait for the handler's answer?"""
    return case.state in lifecycle.OPEN and case.withdrawal_waits


def overdue(case: Case, today: date) -> bool:
    """Has the day passed by which the applicant was to supplement?"""
    asked = case.said.get("supplement")
    return case.state is State.SUPPLEMENT and asked is not None and str(asked["due_by"]) < today.isoformat()


def next_step(case: Case, today: date) -> str:
    """What the handler does now, in one sentence; no action is an answer too."""
    return standing.line(replace(standing.facts(case, today), origin=False)).next
