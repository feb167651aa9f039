"""A case as the side shows it that decides: the officer's inbox, and the desk of a partner. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from gateway.applications import effects, promises
from gateway.applications.case import Case, place
from gateway.applications.clocks import local_day
from gateway.applications.lifecycle import OPEN
from gateway.auth.actor import Actor
from gateway.web import case_shown, forms, handling_deeds, masking, originals_shown, sharing_shown, timeline_shown
from gateway.web.forms import Shown
from matters_map.forms import Forms

Json = dict[str, Any]


def whole(case: Case, events: Sequence[Mapping[str, Any]], library: Forms, actor: Actor, now: datetime) -> Json:
    """Everything that the live part of the page draws, seen from the actor's county."""
    shown = case_shown.whole(case, events, library, actor.role, now)
    shown["way"][1]["label"] = "接收"
    today = local_day(now)
    return shown | {
        "notices": notices(case, today),
        "events": _steps(events, actor, full=masking.names_in_full(actor.role)),
        "next_step": handling_deeds.next_step(case, today),
        "origin": place(case.application.origin),
        "facts": [(LABELS.get(label, label), text) for label, text in shown["facts"]],
        "originals": originals_shown.shown(case, as_handler=True),
        "joint": sharing_shown.joint_told(case),
        "supplied": bool(case.document.get("supplied")),
    }


def _steps(events: Sequence[Mapping[str, Any]], actor: Actor, *, full: bool) -> list[Json]:
    """The time line with the actor's own county on its own side."""
    steps = timeline_shown.steps(events, actor.jurisdiction, full=full)
    for step in steps:
        step["system"] = SYSTEMS.get((step["side"], step["system"]), step["system"])
    return steps


LABELS = {
    "对方编号": "本地编号",
    "对方联系人": "本地联系人",
}  # as the window calls a fact -> as the side that decides does
# As the window calls the system that a step came from -> as the other county sees it
SYSTEMS = {("home", "对方系统"): None, ("away", "本地业务系统接口"): "对方业务系统接口"}


def notices(case: Case, today: date) -> list[tuple[str, str]]:
    """(tone, sentence) that stand above everything else."""
    leg, found = case.leg, []
    if handling_deeds.withdrawal_waits(case):
        found.append(("warn", f"申请人申请撤回，{place(case.application.origin)}窗口在等答复。"))
    if leg.deemed_accepted_on:
        found.append(("bad", f"超过五个工作日没有答复，依法自 {leg.deemed_accepted_on:%Y-%m-%d} 起视为受理。"))
    if leg.silent_since and case.state in OPEN:
        found.append(("bad", "超过五个工作日没有反馈，请尽快答复。"))
    if effects.WRONGLY in (leg.irregular or ""):
        found.append(("bad", "收件地窗口在期限内已收到补正，逾期终止有误，请与对方窗口联系纠正。"))
    for one in promises.owed(case.document) if case.state in OPEN else ():
        found.append(("info", f"容缺受理：“{one['name']}”承诺 {one['due_on']} 前补交，还没有收到。"))
    if handling_deeds.overdue(case, today):
        found.append(("warn", "补正期限已过，申请人还没有补正。"))
    return found


NOT_NAMED = (*forms.Options().hidden, "materials", "consent")


def places_to_name(schema: forms.FormSchema, case: Case) -> Json:
    """What a supplement notice may point at: `{"fields":[(value, label)],"materials":[(value, label)]}`."""
    document = case.document["answers"]
    parts = forms.shown(schema, document, without=NOT_NAMED)
    pointers = [leaf.pointer for part in parts for leaf in _leaves(part)]
    fields = [(f"p:/answers{pointer}", forms.label(schema, document, pointer) or pointer) for pointer in pointers]
    given = [str(row["name"]) for row in document.get("materials") or [] if isinstance(row, dict) and row.get("name")]
    listed = [one.name for one in case.matter.materials] if case.matter else []
    return {"fields": fields, "materials": [(f"m:{name}", name) for name in dict.fromkeys(given + listed)]}


def _leaves(part: Shown) -> list[Shown]:
    if part.kind == "value":
        return [part]
    inner = part.parts if part.kind == "group" else [cell for row in part.rows for cell in row if cell is not None]
    return [leaf for one in inner for leaf in _leaves(one)]
