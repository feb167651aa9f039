"""容缺、承诺后补: a material that the list lets come later, promised with its last day, and met by what comes then.

Pure rules. A promise is `{"name","due_on"}` in the case's document; it is met when a material of that name was supplied.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tortoise.expressions import Q

from gateway.applications.case import Case
from gateway.applications.clocks import local_day
from gateway.applications.errors import Finding
from gateway.applications.ladder import Ladder
from gateway.applications.lifecycle import TO_DO
from gateway.applications.plan import Mark, Note, Plan, Who
from gateway.applications.tables import Leg
from matters_map.calendar import Calendar
from matters_map.deadlines import due, working_days_between
from matters_map.matters import Material, Matter

LATER = "承诺后补"  # its kind on the wire
NEAR, OVER = 1, 2  # what was told of the nearest promise

Json = dict[str, Any]


def read(
    body: Mapping[str, Any], matter: Matter | None, answers: Mapping[str, Any], today: date, calendar: Calendar
) -> tuple[list[Json], list[Finding]]:
    """`[{"material","due_on"?}…]` of a filing as promises, the last day being the latest that the list allows."""
    found: list[Json] = []
    findings: list[Finding] = []
    listed = dict(codes(matter))
    given = [one for one in answers.get("materials") or [] if isinstance(one, Mapping)]
    here = {one.get("code") for one in given} | {one.get("name") for one in given}
    for place, entry in enumerate(body.get("promised") or []):
        at = f"/promised/{place}"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("material"), str):
            findings.append(Finding(f"{at}/material", "required", "请说明是哪一份材料"))
            continue
        material = listed.get(entry["material"])
        if material is None or material.later_days is None:
            name = material.name if material else entry["material"]
            findings.append(Finding(f"{at}/material", "not_later", f"清单不允许“{name}”后补，请现在提供"))
        elif entry["material"] in here or material.name in here:
            findings.append(Finding(f"{at}/material", "given", f"“{material.name}”已经提供，不用再承诺后补"))
        else:
            latest = due(today, material.later_days, calendar).due
            day = _day(entry.get("due_on"), latest)
            if day is None or not today <= day <= latest:
                says = f"“{material.name}”应在 {latest.isoformat()} 以前补交，日期请写成 2026-12-01"
                findings.append(Finding(f"{at}/due_on", "due_on", says))
            else:
                found.append({"material": entry["material"], "name": material.name, "due_on": day.isoformat()})
    return found, findings


def codes(matter: Matter | None) -> list[tuple[str, Material]]:
    """The list's materials by number, M01 first."""
    return [(f"M{n:02}", one) for n, one in enumerate(matter.materials if matter else (), 1)]


def _day(text: Any, otherwise: date) -> date | None:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def on_the_wire(promised: Sequence[Mapping[str, Any]]) -> list[Json]:
    """As application.submitted names them, behind the materials that are here."""
    return [{"name": one["name"], "kind": LATER, "due_on": one["due_on"]} for one in promised]


def told(materials: Sequence[Mapping[str, Any]]) -> list[Json]:
    """The promises among the materials of application.submitted."""
    return [{"name": one["name"], "due_on": one["due_on"]} for one in materials if is_one(one)]


def is_one(material: Mapping[str, Any]) -> bool:
    """Is this material of the wire promised and not here?"""
    return bool(material.get("due_on")) and not material.get("attachment") and not material.get("certificate")


def owed(document: Mapping[str, Any], more: Sequence[Mapping[str, Any]] = ()) -> list[Json]:
    """Promises that are not met, the nearest first; `more` are materials that come with the word at hand."""
    here = {one["name"] for one in [*(document.get("supplied") or []), *more]}
    waiting = [one for one in document.get("promised") or [] if one["name"] not in here]
    return sorted(waiting, key=lambda one: str(one["due_on"]))


def columns(case: Case, document: Mapping[str, Any], more: Sequence[Mapping[str, Any]] = ()) -> Json:
    """The leg's columns for the nearest promise; nothing when the case has none."""
    if not document.get("promised"):
        return {}
    waiting = owed(document, more)
    nearest = date.fromisoformat(waiting[0]["due_on"]) if waiting else None
    return {} if nearest == case.leg.material_due else {"material_due": nearest, "material_told": 0}


# told in time


async def near_legs(now: datetime, steps: Ladder, after: int = 0, most: int = 500) -> Sequence[Leg]:
    """Legs with a promise whose day is near or past and of which that was not told, behind the one with the id `after`."""
    rows = Leg.filter(
        ~Q(role="origin", part__gt=0),  # of a joint case the window is told of the whole
        id__gt=after, material_due__lte=steps.horizon(local_day(now)), material_told__lt=OVER, state__in=TO_DO,
    )  # fmt: skip
    return await rows.order_by("id").limit(most).only("id", "number", "partner", "material_due", "material_told")


def level(due_on: date | None, today: date, steps: Ladder, calendar: Calendar) -> int:
    """How near the day is: 0, NEAR or OVER."""
    if due_on is None:
        return 0
    if due_on < today:
        return OVER
    return NEAR if working_days_between(today, due_on, calendar) <= steps.amber else 0


def plan(case: Case, now: datetime) -> Plan:
    """What is told of the nearest promise, once for each step."""
    who, leg = Who(case.house.home, "system", "时限"), case.leg
    step = level(leg.material_due, local_day(now), case.house.ladder, case.house.calendar)
    if leg.material_due is None or step <= leg.material_told:
        return Plan(who)
    names = "、".join(
        f"“{one['name']}”" for one in owed(case.document) if one["due_on"] <= leg.material_due.isoformat()
    )
    text = f"承诺后补的材料{names}" + (
        f"应于 {leg.material_due} 前补交，期限临近" if step == NEAR else f"到期未补（{leg.material_due}）"
    )
    detail = {"kind": "material", "due": leg.material_due.isoformat(), "level": step}
    return Plan(
        who,
        leg={"material_told": step},
        marks=(Mark("clock.material", text, detail),),
        notes=(Note("clock.material", None, detail),),
    )
