"""办理分工 as pages show it: who does which step, and of a joint case each part with where it stands. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.joint import ENDING_TEXT
from gateway.applications.lifecycle import OPEN, State
from gateway.web import chips, clocks_shown
from matters_map import duties as shared
from matters_map import joint
from matters_map.matters import Matter

Json = dict[str, Any]
AT: Mapping[str, str] = {joint.ORIGIN: "收件地", joint.HANDLER: "所选业务属地"}


def of_line(matter: Matter) -> str | None:
    """A line that several places share, in one sentence; None: one place handles the whole."""
    if matter.line.joint is None:
        return None
    try:
        plan = joint.of(matter)
    except ValueError:
        return None
    if plan is None:
        return None
    told = [
        f"{_stage(part.stage, plan)}{_at(part.at)}{'（牵头）' if number == plan.lead else ''}{joint.does_text(part.does)}"
        for number, part in enumerate(plan.parts, 1)
    ]
    return "；".join(told) + f"。{joint.JOINS[plan.join]}。"


def _stage(stage: int, plan: joint.Joint) -> str:
    staged = any(one.stage > 1 for one in plan.parts)
    return f"第 {stage} 步 " if staged else ""


def _at(at: str) -> str:
    return "申请表所填地区" if at.startswith("/") else AT.get(at, place(at))


def duties_of_line(matter: Matter) -> list[tuple[str, str]]:
    """(duty, who) of a line; one place that handles the whole is leader and each at once."""
    given = matter.duties
    if matter.line.joint is None:
        given = {duty: "handler" if who in ("lead", "each") else who for duty, who in given.items()}
    return shared.told(given)


def duties(case: Case) -> list[tuple[str, str]]:
    """(duty, who) of a case, with the names of the places."""
    names = {
        "origin": f"{place(case.application.origin)}窗口",
        "handler": case.handler_name,
        "lead": _lead(case),
        "each": "各承办地分别",
    }
    words = {who: names.get(who, text) for who, text in shared.WHO.items()}
    if not case.is_whole:
        words["each"] = case.handler_name
    return [(label, words[case.duties[duty]]) for duty, label in shared.DUTIES.items()]


def _lead(case: Case) -> str:
    told = case.told_of_joint
    return place(str(told["lead"])) + "（牵头）" if told else case.handler_name


def places(case: Case) -> str:
    """Who decides: one place, or all of a joint case."""
    parts = case.said.get("parts") or []
    return "、".join(dict.fromkeys(one["handler"]["name"] for one in parts)) or case.handler_name


def rule(case: Case) -> str | None:
    """How a joint case's parts belong together."""
    kept = case.application.joint
    return joint.JOINS[kept["join"]] if kept and case.is_whole else None


def legs(case: Case, now: datetime) -> list[Json]:
    """The parts of a joint case, in their order; nothing for any other."""
    return [_leg(case, part, now) for part in case.said.get("parts") or []]


def _leg(case: Case, part: Mapping[str, Any], now: datetime) -> Json:
    state, at_home = State(part["state"]), part["handler"]["code"] == case.house.home
    tone = chips.state(part["state"], part["outcome"]).tone
    latest = {clock["kind"]: clock for clock in part["clocks"]}
    ticking = [clocks_shown.shown(clock, local_day(now), case.house) for clock in latest.values()]
    return {
        "number": part["number"],
        "place": part["handler"]["name"],
        "lead": part["lead"],
        "stage": part["stage"],
        "does": joint.does_text(part["does"]),
        "state": part["state"],
        "chip": chips.Chip(part["state_text"], "plain" if state is State.DRAFT else tone),
        "delivery": part["delivery"],
        "waits": part["with"],
        "their_number": part["their_number"],
        "clocks": [clock for clock in ticking if clock.state == "running"],
        "result": part["result"],
        "asks": state is State.SUPPLEMENT,
        "living": state in OPEN,
        "at_home": at_home,
    }


def joint_told(case: Case) -> Json | None:
    """At the handler of one part: who leads, what is ours, and what it may know of the parts before."""
    told = case.told_of_joint
    if told is None:
        return None
    return {
        "lead": place(str(told["lead"])),
        "leads": told["lead"] == case.leg.handler,
        "stage": told["stage"],
        "does": joint.does_text(told["does"]),
        "earlier": [_earlier(one) for one in told.get("earlier") or []],
    }


def _earlier(one: Mapping[str, Any]) -> Json:
    certificates = [
        " ".join(str(part[name]) for name in ("name", "number") if part.get(name))
        for part in one.get("certificates") or []
    ]
    lines = [
        ("结果", ENDING_TEXT.get(str(one.get("outcome")), one.get("outcome"))),
        ("受理编号", one.get("reference")),
        ("决定时间", str(one["decided_at"])[:16].replace("T", " ") if one.get("decided_at") else None),
        ("说明", one.get("text")),
        ("法律依据", one.get("legal_basis")),
        ("证照", "；".join(certificates)),
    ]
    return {
        "place": place(str(one["handler"])),
        "does": joint.does_text(one["does"]),
        "lines": [(label, text) for label, text in lines if text],
        "documents": one.get("documents") or [],
    }
